"""Prints error rates and times per condition, beside the best that Debian and PyPI offer without a model hub.

    python -m tests.benchmarks.media [speech] [pages] [languages] [turns] [aloud]

It needs the dependency group `media` and Debian's espeak-ng, tesseract-ocr and fonts-dejavu-core
(`make bench-media`).
"""

import asyncio
import io
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

from PIL import Image
from rich.console import Console
from rich.table import Table

from bots.media import open_listener
from core import settings
from core.engine.calibration.machine import cores
from core.media.decoder import Decoder
from core.media.listener import Listener
from core.media.reader import PictureReader
from tests.benchmarks.media.aloud import aloud
from tests.benchmarks.media.errors import character_errors, word_errors
from tests.benchmarks.media.pages import in_languages, pages
from tests.benchmarks.media.recordings import recordings
from tests.benchmarks.media.turns import turns

SPEECH_MODELS = ("whisper-base", "whisper-tiny.en")
PATIENCE = 600.0
"""Seconds that a busy machine may take for a page."""
Measured = dict[tuple[str, str], list[tuple[int, int, float]]]
"""By contender and condition: errors, of how many, and seconds (for each second of speech)."""


async def main() -> None:
    """Measure what is named on the command line; all by default."""
    parts: dict[str, Callable[[], Awaitable[None]]] = {
        "speech": _speech,
        "pages": _pages,
        "languages": _languages,
        "turns": turns,
        "aloud": aloud,
    }
    for name in sys.argv[1:] or parts:
        await parts[name]()


async def _speech() -> None:
    listeners = {name: _listener(name) for name in SPEECH_MODELS}
    decoder, measured, confident = Decoder(), Measured(), list[tuple[float, float]]()
    rival = _pocketsphinx()
    for each in recordings():
        samples = await decoder.samples(each.content, longest=60)
        for name, listener in listeners.items():
            if (name, "") not in measured:
                await listener.listen(samples, lambda at, of: None)  # what happens only once
                measured[name, ""] = []
            began = time.perf_counter()
            speech = await listener.listen(samples, lambda at, of: None)
            taken = (time.perf_counter() - began) / each.seconds
            errors = word_errors(each.said, speech.text)
            confident.append((speech.confidence, errors[0] / errors[1]))
            for condition in (each.condition, each.voice, "all"):
                measured.setdefault((name, condition), []).append((*errors, taken))
        began = time.perf_counter()
        heard = await asyncio.to_thread(rival, samples)
        taken = (time.perf_counter() - began) / each.seconds
        for condition in (each.condition, each.voice, "all"):
            errors = word_errors(each.said, heard)
            measured.setdefault(("pocketsphinx", condition), []).append((*errors, taken))
    _show("Words heard wrongly, and seconds a second of speech takes", measured)
    _show_confidence(confident)
    for listener in listeners.values():
        await listener.close()
    await decoder.close()


def _listener(name: str) -> Listener:
    found = open_listener(settings.load().model_copy(update={"speech": name}))
    if found is None:
        raise SystemExit(f"run `frontdesk model pull {name}` first")
    return found


def _pocketsphinx() -> Callable[[bytes], str]:
    from pocketsphinx import Decoder as Rival  # noqa: PLC0415  # of the group `media`

    rival = Rival(samprate=16_000, loglevel="FATAL")

    def hear(samples: bytes) -> str:
        rival.start_utt()
        rival.process_raw(samples, full_utt=True)
        rival.end_utt()
        found = rival.hyp()
        return found.hypstr if found else ""

    return hear


async def _pages() -> None:
    import pytesseract  # noqa: PLC0415  # of the group `media`

    reader, decoder, measured = PictureReader(threads=cores(), seconds=PATIENCE), Decoder(), Measured()
    is_warm = False
    for each in pages():
        picture = await decoder.pixels(each.content)
        if not is_warm:
            await reader.read(picture)  # what happens only once
            is_warm = True
        began = time.perf_counter()
        ours = (await reader.read(picture)).text
        between = time.perf_counter()
        theirs = await asyncio.to_thread(
            pytesseract.image_to_string, Image.open(io.BytesIO(each.content)), config="--psm 6"
        )
        ended = time.perf_counter()
        for condition in (each.condition, f"{each.size} px", "all"):
            for name, text, taken in (
                ("rapidocr", ours, between - began),
                ("tesseract", theirs, ended - between),
            ):
                measured.setdefault((name, condition), []).append((*character_errors(each.said, text), taken))
    _show("Characters read wrongly, and seconds a page", measured)
    await reader.close()
    await decoder.close()


async def _languages() -> None:
    reader, decoder, measured = PictureReader(threads=cores(), seconds=PATIENCE), Decoder(), Measured()
    for each in in_languages():
        began = time.perf_counter()
        found = (await reader.read(await decoder.pixels(each.content))).text
        taken = time.perf_counter() - began
        measured.setdefault(("rapidocr", each.condition), []).append(
            (*character_errors(each.said, found), taken)
        )
    _show("Characters read wrongly, and seconds a page", measured)
    await reader.close()
    await decoder.close()


def _show(title: str, measured: Measured) -> None:
    rows: dict[str, dict[str, str]] = defaultdict(dict)
    for (name, condition), figures in measured.items():
        if figures:
            rate = sum(errors for errors, _, _ in figures) / sum(total for _, total, _ in figures)
            rows[condition][name] = f"{rate:.3f}  {statistics.median(taken for _, _, taken in figures):.2f} s"
    names = list(dict.fromkeys(name for name, _ in measured))
    table = Table("condition", *names, "files", title=title, title_justify="left")
    for condition, cells in rows.items():
        count = len(measured[names[0], condition])
        table.add_row(condition, *(cells[name] for name in names), str(count))
    Console().print(table)


def _show_confidence(confident: list[tuple[float, float]]) -> None:
    """Where to ask back: how often something was wrong, by confidence."""
    table = Table("confidence", "recordings", "word error rate", title="When to ask back")
    for low in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8):
        high = {0.0: 0.3, 0.8: 1.01}.get(low, low + 0.1)
        rates = [rate for sure, rate in confident if low <= sure < high]
        if rates:
            table.add_row(f"{low:.1f} to {high:.1f}", str(len(rates)), f"{statistics.mean(rates):.3f}")
    Console().print(table)


if __name__ == "__main__":
    asyncio.run(main())
