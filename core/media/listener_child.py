"""The child process that listens: `python -m core.media.listener_child`.

It is given samples that the confined child has decoded, and opens nothing but the model. It tells how far it
is, again and again, and answers with what it heard.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from core.confined.child import BESIDE_ANSWERS, Tell, serve
from core.media.decoding import RATE

BEAM = 5
"""Alternatives that are followed side by side."""


def main() -> None:
    """Listen until standard input ends."""
    serve(_answer, load=lambda: None, bounds=None, polite=BESIDE_ANSWERS)


def _answer(asked: Mapping[str, Any], content: bytes, tell: Tell) -> bytes:
    samples = np.frombuffer(content, np.int16).astype(np.float32) / 32_768
    segments, about = _model(asked["model"], asked["threads"]).transcribe(
        samples,
        language=asked["language"] or None,
        beam_size=BEAM,
        vad_filter=True,
        condition_on_previous_text=False,  # else one mistake becomes the next
    )
    heard = []
    for each in segments:
        heard.append({"start": each.start, "end": each.end, "text": each.text, "logprob": each.avg_logprob})
        tell(json.dumps({"at": each.end, "of": len(samples) / RATE}).encode())
    return json.dumps({"language": about.language, "segments": heard}).encode()


@cache
def _model(folder: str, threads: int) -> Any:
    from faster_whisper import WhisperModel  # noqa: PLC0415  # of the extra `voice`

    return WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True)


if __name__ == "__main__":
    main()
