"""The child's side: one request after another on standard input, one answer for each on standard output.

A request is a line of JSON that says how many bytes follow, and those. An answer is a line with the number of
its bytes, and those; what is told before the answer is there has a `+` before its number.
"""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from core.confined import limits
from core.confined.limits import Limits

BEHIND_ANSWERS, BESIDE_ANSWERS = 10, 5
"""How far it stands back: people wait for the answers that are being written, or for its own as well."""
Tell = Callable[[bytes], None]
"""Says something before the answer is there."""
Handle = Callable[[Mapping[str, Any], bytes, Tell], bytes]
"""The answer to a request: its line, its bytes."""


def serve(
    handle: Handle, *, load: Callable[[], None], bounds: Limits | None, polite: int = BEHIND_ANSWERS
) -> None:
    """Answer until standard input ends.

    Args:
        handle: answers one request.
        load: loads, before the process is confined, what could not be loaded afterwards.
        bounds: confine it, to these; None where it only sees what a confined process made of it.
        polite: how far it stands back.
    """
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    load()
    os.nice(polite)
    confined = limits.confine(bounds.memory) if bounds else False
    _write(answers, b"", json.dumps({"confined": confined}).encode())
    while line := source.readline():
        asked = json.loads(line)
        content = source.read(asked["bytes"])
        if bounds:
            limits.allow_seconds(bounds.seconds)
        _write(answers, b"", handle(asked, content, lambda told: _write(answers, b"+", told)))


def _write(answers: BinaryIO, mark: bytes, body: bytes) -> None:
    answers.write(b"%s%d\n" % (mark, len(body)))
    answers.write(body)
    answers.flush()
