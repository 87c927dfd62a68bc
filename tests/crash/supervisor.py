"""Starts the service, kills it, and starts it again at once."""

import asyncio
import multiprocessing
import os
import signal
from contextlib import suppress
from multiprocessing.context import ForkServerProcess

import aiohttp

from tests.crash.service import Setup, main

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.crash.service"])
READY_SECONDS = 120.0
_LOOK_SECONDS = 0.02


class Life:
    """One service process, from its start to its death."""

    def __init__(self, setup: Setup, kill_at: str = "") -> None:
        self._url = f"http://127.0.0.1:{setup.settings['FRONTDESK_PORT']}"
        self._process: ForkServerProcess = _CONTEXT.Process(target=main, args=(setup, kill_at), daemon=True)
        self._process.start()
        self._gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._process.sentinel, self._notice)

    def _notice(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._process.join()
        self._gone.set()

    @property
    def is_over(self) -> bool:
        return self._gone.is_set()

    @property
    def was_killed(self) -> bool:
        """Whether it died of SIGKILL rather than of itself."""
        return self._process.exitcode == -signal.SIGKILL

    @property
    def exit_code(self) -> int | None:
        """As a shell would see it; negative for a signal."""
        return self._process.exitcode

    async def ready(self) -> bool:
        """Wait until every platform is connected; False when it died before.

        Raises:
            TimeoutError: neither happened.
        """
        async with asyncio.timeout(READY_SECONDS), aiohttp.ClientSession() as session:
            while not self.is_over:
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(f"{self._url}/readyz") as answer:
                        parts = (await answer.json())["parts"].values()
                        if answer.status == 200 and all(part["ok"] for part in parts):
                            return True
                await asyncio.sleep(_LOOK_SECONDS)
        return False

    async def end(self, seconds: float | None = None) -> bool:
        """Wait for its death, at most so long; False when it still lives."""
        try:
            async with asyncio.timeout(seconds):
                await self._gone.wait()
        except TimeoutError:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it is dead already."""
        if not self.is_over and self._process.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, number)

    async def kill(self) -> None:
        """End it without a word."""
        self.signal(signal.SIGKILL)
        await self._gone.wait()
