"""What hears and reads as it is told to; also as a worker's process that begins with a recording and never
ends: `python -m tests.media.hearing URL`."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from core.engine.fleet.broker import connected
from core.engine.fleet.worker import Worker
from core.media.decoding import Pixels
from core.media.elsewhere import handles
from core.media.listener import Speech, Stretch
from core.media.reader import Code, Page
from core.media.recognition import Here
from tests.engine.fleet.counting import START_SECONDS, CountingEngine

PAGE = Page(text="Total | 49.90", codes=(Code(format="QRCode", text="https://example.org"),))


class Ears:
    """Says how far it is, and what it heard, once it is let."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.heard: list[bytes] = []
        """Samples of the recordings that it began with."""
        self.active = self.most = 0
        """Recordings that it hears at once, and did at most."""

    async def listen(self, samples: bytes, tell: Callable[[float, float], None]) -> Speech:
        self.heard.append(samples)
        self.active += 1
        self.most = max(self.most, self.active)
        try:
            tell(30.0, 130.0)
            await self.go_on.wait()
        finally:
            self.active -= 1
        stretch = Stretch(start=0.0, end=2.0, text="Four hundred and seven.")
        return Speech(language="en", stretches=(stretch,), confidence=0.9)

    async def close(self) -> None:
        """Nothing is open."""


class Eyes:
    """Reads the same in every picture."""

    def __init__(self) -> None:
        self.seen: list[Pixels] = []

    async def read(self, picture: Pixels) -> Page:
        self.seen.append(picture)
        return PAGE

    async def close(self) -> None:
        """Nothing is open."""


async def main(url: str) -> None:
    """Hear until SIGTERM."""
    leave, ears = asyncio.Event(), Ears()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave.set)
    ears.go_on.clear()
    here = Here(ears, None)
    async with connected([url], role="worker") as broker:
        working = asyncio.create_task(Worker(broker, CountingEngine(), handles=handles(here)).run(leave, 0.0))
        while not ears.heard:
            await asyncio.sleep(0.01)
        sys.stdout.write("begun\n")
        sys.stdout.flush()
        await working
    await here.close()


@asynccontextmanager
async def hearing(url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker's process, for as long as the block runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *("-m", "tests.media.hearing", url), stdout=asyncio.subprocess.PIPE
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def begun(process: asyncio.subprocess.Process) -> None:
    """Return when it has begun with a recording."""
    assert process.stdout is not None
    async with asyncio.timeout(START_SECONDS):
        await process.stdout.readline()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
