"""What listens to recordings, reads pictures and reads aloud, as the settings and this installation allow."""

from importlib.util import find_spec

from core.engine.calibration.machine import cores
from core.engine.manifest import Kind
from core.engine.shelf import Shelf, check_kind
from core.media.listener import Listener
from core.media.reader import PictureReader
from core.media.speaker import Speaker
from core.settings import Settings

SCAN_SECONDS = 300.0
"""That a page may take: a second or some on an idle machine, and much longer beside answers."""
VOICE, VISION = ("faster_whisper",), ("rapidocr", "onnxruntime", "PIL", "zxingcpp")
"""What the extras of these names bring, to listen and to look,"""
ALOUD = ("hibari", "av")
"""and what `voice` brings to read aloud."""


def has(modules: tuple[str, ...]) -> bool:
    """Whether an extra is installed."""
    return all(find_spec(each) is not None for each in modules)


def open_listener(settings: Settings) -> Listener | None:
    """Hears recordings, where the extra and the model are here; takes memory from the first one on.

    Raises:
        ModelError: FRONTDESK_SPEECH names a model that does not listen.
    """
    model = Shelf(settings.home).get(settings.speech) if has(VOICE) else None
    if model is None:
        return None
    check_kind(model, Kind.SPEECH)
    languages = model.manifest.facts.languages
    return Listener(model.folder, threads=cores(), language=languages[0] if len(languages) == 1 else "")


def open_reader() -> PictureReader | None:
    """Reads pictures, where the extra is here; takes memory from the first one on."""
    return PictureReader(threads=cores()) if has(VISION) else None


def open_speaker() -> Speaker | None:
    """Reads answers aloud, where the extra is here; takes memory from the first one on."""
    return Speaker() if has(ALOUD) else None


def open_scan_reader() -> PictureReader | None:
    """The same for pages of documents, for which nobody waits: with one thread, and patiently."""
    return PictureReader(threads=1, seconds=SCAN_SECONDS) if has(VISION) else None
