"""The child process that reads aloud: `python -m core.media.speaker_child`.

It is given a text, and answers with a file in which it is read; with none where nothing can be made of it.
"""

import io
from collections.abc import Mapping
from functools import cache
from typing import Any

import av
import numpy as np
import numpy.typing as npt

from core.confined.child import BESIDE_ANSWERS, Tell, serve
from core.confined.limits import Limits

LIMITS = Limits(memory=1_500 * 1024 * 1024, seconds=50)
"""Of address space, in which the libraries' code and their threads' stacks count, too."""
RATE = 24_000
"""Samples a second, as the voice gives them."""
CODECS = {"ogg": ("libopus", 32_000), "mp3": ("libmp3lame", 64_000)}
"""How each form is encoded, and in how many bits a second."""
EVERYTHING = (
    "Dr. Smith paid $9.99 for 3 qwyxles on the 3rd of March 2024 at 7:30 p.m.; chapter IV, 12 km, OK? "
    "Blorvenstadt's don't!"
)
"""Words, names that no list has, numbers, times and units: the voice loads all of itself over them."""


def main() -> None:
    """Read until standard input ends."""
    serve(_answer, load=_load_everything, bounds=LIMITS, polite=BESIDE_ANSWERS)


def _answer(asked: Mapping[str, Any], content: bytes, tell: Tell) -> bytes:
    try:
        return _encoded(_voice()(content.decode(), seed=0), asked["form"])
    except Exception:  # noqa: BLE001  # whatever the voice trips over, the next text may be read
        return b""


def _load_everything() -> None:
    """What is loaded later could not be: no file opens any more then."""
    for form in CODECS:
        _encoded(_voice()(EVERYTHING, seed=0), form)


@cache
def _voice() -> Any:
    from hibari import Hibari  # noqa: PLC0415  # of the extra `voice`

    return Hibari(threads=1)


def _encoded(samples: npt.NDArray[np.float32], form: str) -> bytes:
    if not len(samples):
        return b""
    codec, bits = CODECS[form]
    frame = av.AudioFrame.from_ndarray(
        (samples.clip(-1, 1) * 32_767).astype(np.int16)[None], format="s16", layout="mono"
    )
    frame.sample_rate = RATE
    file = io.BytesIO()
    with av.open(file, "w", format=form) as out:
        stream = out.add_stream(codec, rate=RATE)
        stream.layout = "mono"
        stream.bit_rate = bits
        resampler = av.AudioResampler(
            format=stream.format, layout="mono", rate=RATE, frame_size=stream.frame_size or None
        )
        for part in (*resampler.resample(frame), *resampler.resample(None)):
            out.mux(stream.encode(part))
        out.mux(stream.encode(None))
    return file.getvalue()


if __name__ == "__main__":
    main()
