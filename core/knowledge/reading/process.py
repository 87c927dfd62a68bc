"""Documents read in a child process: limited, and replaced when it dies over one."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol

from pydantic import TypeAdapter

from core.errors import Unreadable
from core.knowledge.passages import Passage
from core.knowledge.reading import confinement
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.reader import Reading

SECONDS = 60.0
"""From giving a document to having its passages; the processor time is bounded apart from that."""
START_SECONDS = 60.0
LARGEST_ANSWER = 50_000_000
"""Bytes that are taken from the child for one document."""
MEGABYTE = 1_000_000
_READING = TypeAdapter(Reading)
_PASSAGE = TypeAdapter(Passage)


class DocumentReader(Protocol):
    """Whoever makes passages of documents."""

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
        seconds: that a document may take, beside its processor time.
    """

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self.confined = False
        """Whether the last child could open nothing any more."""

    async def read(self, content: bytes, kind: Kind, name: str, declared: str = "") -> Reading:
        async with self._turn:
            child = await self._started()
            whole = False
            try:
                async with asyncio.timeout(self._seconds):
                    answer = await _asked(child, content, kind, name, declared)
                whole = not _is_spent(answer)
            except TimeoutError:
                raise Unreadable(f"took longer than {self._seconds:.0f} s to read") from None
            except (EOFError, OSError):
                raise Unreadable(await _last_words(child)) from None
            finally:
                if not whole:
                    await self._end()
        return await asyncio.to_thread(_reading, answer)

    async def close(self) -> None:
        async with self._turn:
            await self._end()

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        await self._end()
        self._child = child = await asyncio.create_subprocess_exec(
            *_COMMAND,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        greeted = False
        try:
            async with asyncio.timeout(START_SECONDS):
                greeting = json.loads(await _answer(child))
            self.confined = bool(greeting["confined"])
            greeted = True
        except (EOFError, OSError, ValueError, TimeoutError):
            raise Unreadable("could not be read: the process that reads documents does not start") from None
        finally:
            if not greeted:
                await self._end()
        return child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with suppress(ProcessLookupError):
            child.kill()
        if child.stdin is not None:
            child.stdin.close()
        # communicate() drains the pipe: wait() alone hangs while it is full
        with suppress(OSError):
            await child.communicate()


_COMMAND: Sequence[str] = (sys.executable, "-I", "-m", "core.knowledge.reading.child")
"""`-I`: nothing from the environment or the folder decides what the child imports."""


async def _asked(
    child: asyncio.subprocess.Process, content: bytes, kind: Kind, name: str, declared: str
) -> bytes:
    assert child.stdin is not None  # noqa: S101  # it was started with a pipe
    asked = {"kind": kind, "name": name, "declared": declared, "bytes": len(content)}
    child.stdin.write(json.dumps(asked).encode() + b"\n")
    for at in range(0, len(content), MEGABYTE):
        child.stdin.write(content[at : at + MEGABYTE])
        await child.stdin.drain()
    return await _answer(child)


async def _answer(child: asyncio.subprocess.Process) -> bytes:
    assert child.stdout is not None  # noqa: S101  # it was started with a pipe
    length = await child.stdout.readuntil()
    if not length.strip().isdigit() or int(length) > LARGEST_ANSWER:
        raise EOFError
    return await child.stdout.readexactly(int(length))


def _is_spent(answer: bytes) -> bool:
    """Whether the child says that it had better be replaced."""
    try:
        return "spent" in json.loads(answer.partition(b"\n")[0])
    except (ValueError, TypeError):
        return True


async def _last_words(child: asyncio.subprocess.Process) -> str:
    """Why the child died."""
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await child.wait()
    if child.returncode == -signal.SIGXCPU:
        return f"takes more than {confinement.SECONDS} s of processor time to read: split it"
    if child.returncode is None:
        return "makes more text than a document may: split it"
    if child.returncode >= 0:
        return "broke the process that read it"
    return f"broke the process that read it ({signal.Signals(-child.returncode).name})"


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
