"""Documents read in a child process: limited, and replaced when it dies over one."""

import asyncio
import json
from collections.abc import Mapping
from functools import partial
from typing import Protocol

from pydantic import TypeAdapter

from core.confined.process import ChildDied, ChildNotStarted, ChildProcess, ChildStalled
from core.errors import Unreadable
from core.knowledge.passages import Passage
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.reader import LIMITS, Reading
from core.knowledge.reading.scans import Picture, Recogniser, with_scans

SECONDS = 60.0
"""From giving a document to having its passages; the processor time is bounded apart from that."""
LARGEST_ANSWER = 50_000_000
"""Bytes that are taken from the child for one document."""
UNRECOGNISED = (
    "has no text: a scan needs its text recognised, which the extra `vision` does, here or on a worker"
)
_READING = TypeAdapter(Reading)
_PASSAGE = TypeAdapter(Passage)


class DocumentReader(Protocol):
    """Whoever makes passages of documents."""

    @property
    def recognises(self) -> bool:
        """Whether pages that are pictures are read, too, now."""

    async def read(self, content: bytes, kind: Kind, name: str, declared: str = "") -> Reading:
        """Read a document; whatever it holds, nothing else suffers.

        Args:
            content: is trusted in nothing.
            name: of the file; stands in for a title.
            declared: the encoding that a server named, or empty.

        Raises:
            Unreadable: says why, in words that follow the document's name.
        """

    async def close(self) -> None:
        """Let go of what it holds."""


class ReadingProcess:
    """Fills `DocumentReader`: starts the child with the first document, one document at a time.

    Args:
        seconds: that a document may take, beside its processor time; a page that is a picture, too.
        recogniser: reads pages that are pictures; without it they are left out.
    """

    def __init__(self, seconds: float = SECONDS, recogniser: Recogniser | None = None) -> None:
        self._seconds = seconds
        self._recogniser = recogniser
        self._child = ChildProcess(
            "core.knowledge.reading.child", seconds=seconds, largest_answer=LARGEST_ANSWER
        )

    @property
    def confined(self) -> bool:
        """Whether the last child could open nothing any more."""
        return self._child.confined

    @property
    def recognises(self) -> bool:
        return self._recogniser is not None and self._recogniser.ready

    async def read(self, content: bytes, kind: Kind, name: str, declared: str = "") -> Reading:
        answer = await self._asked({"kind": kind, "name": name, "declared": declared}, content)
        reading = await asyncio.to_thread(_reading, answer)
        if reading.scanned and self._recogniser is not None and self._recogniser.ready:
            reading = await with_scans(reading, partial(self._drawn, content), self._recogniser)
        if not reading.passages and kind is not Kind.SITEMAP:
            raise Unreadable(UNRECOGNISED if reading.scanned else "holds no text that could be recognised")
        return reading

    async def close(self) -> None:
        await self._child.close()

    async def _drawn(self, content: bytes, number: int) -> Picture:
        about, _, rgb = (await self._asked({"page": number}, content)).partition(b"\n")
        try:
            told = json.loads(about)
            if "refused" in told:
                raise Unreadable(str(told["refused"])[:300])
            picture = Picture(width=int(told["width"]), height=int(told["height"]), rgb=rgb)
        except (ValueError, TypeError, LookupError):
            raise Unreadable("broke the process that read it") from None
        if len(rgb) != 3 * picture.width * picture.height:
            raise Unreadable("broke the process that read it")
        return picture

    async def _asked(self, asked: Mapping[str, object], content: bytes) -> bytes:
        try:
            answer = await self._child.ask(asked, content)
        except ChildStalled:
            raise Unreadable(f"took longer than {self._seconds:.0f} s to read") from None
        except ChildNotStarted:
            raise Unreadable("could not be read: the process that reads documents does not start") from None
        except ChildDied as died:
            raise Unreadable(_last_words(died)) from None
        if _is_spent(answer):
            await self._child.close()
        return answer


def _is_spent(answer: bytes) -> bool:
    """Whether the child says that it had better be replaced."""
    try:
        return "spent" in json.loads(answer.partition(b"\n")[0])
    except (ValueError, TypeError):
        return True


def _last_words(died: ChildDied) -> str:
    """Why the child died."""
    if died.cause == "SIGXCPU":
        return f"takes more than {LIMITS.seconds} s of processor time to read: split it"
    if died.returncode is None:
        return "makes more text than a document may: split it"
    return f"broke the process that read it{f' ({died.cause})' if died.cause else ''}"


def _reading(answer: bytes) -> Reading:
    """A line at a time, so that nothing else waits for all of it. Takes long: use it off the event loop."""
    first, *lines = answer.split(b"\n")
    try:
        told = json.loads(first)
        if "refused" in told:
            raise Unreadable(str(told["refused"])[:300])
        passages = [_PASSAGE.validate_json(line) for line in lines]
        return _READING.validate_python({**told, "passages": passages})
    except (ValueError, TypeError):
        raise Unreadable("broke the process that read it") from None
