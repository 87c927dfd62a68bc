"""The child process that decodes files: `python -m core.media.decoder_child`.

An answer is a line of JSON, and what was decoded.
"""

import base64
import io
import json
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec

from core.confined.child import BESIDE_ANSWERS, Tell, serve
from core.media import decoding
from core.media.refusal import Refusal, Unusable


def main() -> None:
    """Decode files until standard input ends."""
    serve(_answer, load=_load_everything, bounds=decoding.LIMITS, polite=BESIDE_ANSWERS)


def _answer(asked: Mapping[str, object], content: bytes, tell: Tell) -> bytes:
    try:
        told, decoded = _decoded(asked, content)
    except Unusable as refused:
        told, decoded = {"refused": refused.reason}, b""
    except MemoryError:
        told, decoded = {"refused": Refusal.HARMFUL}, b""
    except Exception:  # noqa: BLE001  # decoders raise what they like at what people make up
        told, decoded = {"refused": Refusal.BROKEN}, b""
    return json.dumps(told).encode() + b"\n" + decoded


def _decoded(asked: Mapping[str, object], content: bytes) -> tuple[Mapping[str, object], bytes]:
    if asked["do"] == "listen":
        return {}, decoding.samples(content, float(str(asked["longest"])))
    picture = decoding.pixels(content)
    return {"width": picture.width, "height": picture.height}, picture.rgb


def _load_everything() -> None:
    """What is loaded later could not be: no file opens any more then."""
    if find_spec("av"):
        for sound in _SOUNDS:
            with suppress(Unusable):
                decoding.samples(base64.b64decode(sound), 60)
    if find_spec("PIL"):
        _load_pictures()


def _load_pictures() -> None:
    from PIL import Image  # noqa: PLC0415  # of the extra `vision`

    for form in ("JPEG", "PNG", "WEBP", "GIF"):
        file = io.BytesIO()
        Image.new("RGB", (3_000, 16)).save(file, form)
        with suppress(Unusable):
            decoding.pixels(file.getvalue())


_SOUNDS = ("T2dnUw==", "UklGRiQAAABXQVZFZm10IBAAAAABAAEAgD4AAAB9AAACABAAZGF0YQAAAAA=")
"""A broken Ogg file and an empty WAV file: they make the decoder load all of itself."""


if __name__ == "__main__":
    main()
