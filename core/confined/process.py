"""The parent's side: a child process that is limited in time, and replaced when it dies over a request."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

from core.errors import FrontdeskError

START_SECONDS = 60.0
MEGABYTE = 1_000_000


class ChildStalled(FrontdeskError):
    """The child process took too long, and was ended."""

    def __str__(self) -> str:
        """For the log."""
        return "it took too long, and was ended"


class ChildDied(FrontdeskError):
    """The child process ended, or answered what is no answer."""

    def __init__(self, returncode: int | None) -> None:
        super().__init__()
        self.returncode = returncode
        """As of `subprocess`: below 0 the number of a signal; None where it lived and was ended for what it
        said."""

    @property
    def cause(self) -> str:
        """The name of the signal that ended it; empty where none did."""
        died_of_signal = self.returncode is not None and self.returncode < 0
        return signal.Signals(-(self.returncode or 0)).name if died_of_signal else ""

    def __str__(self) -> str:
        """For the log: with what it ended."""
        if self.returncode is None:
            return "it was ended, as it did not answer as it should"
        return f"it ended with {self.cause or f'return code {self.returncode}'}"


class ChildNotStarted(ChildDied):
    """The child process does not start."""

    def __str__(self) -> str:
        return f"it does not start: {super().__str__()}"


class ChildProcess:
    """Starts the child with the first request, and gives it one at a time.

    Args:
        module: run as `python -m`; calls `core.confined.child.serve`.
        seconds: that a request may take, beside its processor time.
        largest_answer: bytes that are taken for one request.
        idle_seconds: without a request, after which the child is ended, as it takes memory; None: never.
    """

    def __init__(
        self, module: str, *, seconds: float, largest_answer: int, idle_seconds: float | None = None
    ) -> None:
        # `-I`: nothing from the environment or the folder decides what the child imports
        self._command = (sys.executable, "-I", "-m", module)
        self._seconds = seconds
        self._largest_answer = largest_answer
        self._idle_seconds = idle_seconds
        self._resting: asyncio.Task[None] | None = None
        self._child: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self.confined = False
        """Whether the last child could open nothing any more."""

    @property
    def process_id(self) -> int | None:
        """Of the child that runs."""
        return self._child.pid if self._child and self._child.returncode is None else None

    async def ask(
        self, asked: Mapping[str, object], content: bytes, tell: Callable[[bytes], None] = lambda _: None
    ) -> bytes:
        """The answer to a request. A call that is cancelled ends the child.

        Args:
            asked: goes to the child as JSON.
            content: goes along.
            tell: given what the child says before the answer is there.

        Raises:
            ChildStalled: it took too long.
            ChildDied: it broke over it.
        """
        async with self._turn:
            await self._wake()
            child = await self._started()
            whole = False
            try:
                async with asyncio.timeout(self._seconds):
                    await _write(child, asked, content)
                    answer = await self._answer(child, tell)
                whole = True
            except TimeoutError:
                raise ChildStalled from None
            except (EOFError, OSError):
                raise ChildDied(await _returncode(child)) from None
            finally:
                if not whole:
                    await self._end()
            if self._idle_seconds is not None:
                self._resting = asyncio.create_task(self._rest(self._idle_seconds), name="end an idle child")
        return answer

    async def close(self) -> None:
        """End the child; the next request starts another."""
        async with self._turn:
            await self._wake()
            await self._end()

    async def _rest(self, seconds: float) -> None:
        """End the child, unless it is woken before."""
        await asyncio.sleep(seconds)
        async with self._turn:
            await self._end()

    async def _wake(self) -> None:
        resting, self._resting = self._resting, None
        if resting is not None:
            resting.cancel()
            await asyncio.wait({resting})

    async def _started(self) -> asyncio.subprocess.Process:
        if self._child is not None and self._child.returncode is None:
            return self._child
        await self._end()
        self._child = child = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        greeted = False
        try:
            async with asyncio.timeout(START_SECONDS):
                greeting = json.loads(await self._answer(child, lambda _: None))
            self.confined = bool(greeting["confined"])
            greeted = True
        except (EOFError, OSError, ValueError, TimeoutError):
            raise ChildNotStarted(await _returncode(child)) from None
        finally:
            if not greeted:
                await self._end()
        return child

    async def _answer(self, child: asyncio.subprocess.Process, tell: Callable[[bytes], None]) -> bytes:
        assert child.stdout is not None  # noqa: S101  # it was started with a pipe
        left = self._largest_answer
        while True:
            length = await child.stdout.readuntil()
            number = length.strip().removeprefix(b"+")
            if not number.isdigit() or int(number) > left:
                raise EOFError
            left -= int(number)
            body = await child.stdout.readexactly(int(number))
            if not length.startswith(b"+"):
                return body
            tell(body)

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


async def _write(child: asyncio.subprocess.Process, asked: Mapping[str, object], content: bytes) -> None:
    assert child.stdin is not None  # noqa: S101  # it was started with a pipe
    child.stdin.write(json.dumps({**asked, "bytes": len(content)}).encode() + b"\n")
    for at in range(0, len(content), MEGABYTE):
        child.stdin.write(content[at : at + MEGABYTE])
        await child.stdin.drain()


async def _returncode(child: asyncio.subprocess.Process) -> int | None:
    """With what it died; None where it lives."""
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await child.wait()
    return child.returncode
