"""The service as a process of its own, with a model that takes its time, or with workers: `python -m
tests.process`.

It reads its settings from the environment, as `frontdesk run` does, and says in one line where it listens.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bots.egress import allowances
from bots.run import build_adapters, opened_engine
from bots.service import open_core, serving, stop_on_signals
from core import log, policy, settings
from core.clock import SystemClock
from core.delivery.pacing import Pacer, Rate
from core.egress import wall
from core.engine.types import Delta, Engine, Load, Options, Prompt
from core.policy import Policies
from core.settings import Settings
from core.testing import ScriptedEngine

SECONDS, PLACES, PACED = "FRONTDESK_TEST_SECONDS", "FRONTDESK_TEST_PLACES", "FRONTDESK_TEST_PACED"
"""Seconds per answer (0), answers at once (8), and whether calls are paced (1; empty: they are not)."""
START_SECONDS = 180.0


class PacedEngine(ScriptedEngine):
    """Echoes, but no faster than a real model: so many answers at once, so many seconds each.

    Args:
        seconds: per answer.
        places: answers written at once; others wait in a queue.
    """

    def __init__(self, seconds: float, places: int) -> None:
        super().__init__()
        self._seconds = seconds
        self._free = asyncio.Semaphore(places)
        self._places = places
        self._waiting = 0
        self._active = 0

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        self._active += 1
        try:
            async for delta in super().stream(prompt, options):
                self.prompts.clear()  # nobody reads them here, and memory is measured
                yield delta
                if delta.finish is None:
                    await asyncio.sleep(self._seconds / self._words(prompt))
        finally:
            self._active -= 1
            self._free.release()

    def load(self) -> Load:
        return Load(
            queued=self._waiting,
            active=self._active,
            capacity=self._places,
            seconds_per_answer=self._seconds,
        )

    def _words(self, prompt: Prompt) -> int:
        """Deltas of the echo."""
        return f"echo: {prompt.text.rsplit('user: ', 1)[-1]}".count(" ") + 1


class Unpaced(Pacer):
    """Lets every call through, for platforms that count none."""

    async def wait(self, rates: Mapping[str, Rate]) -> None:
        pass


async def main() -> None:
    """Serve until SIGTERM."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    configured, policies = settings.load(Path(os.devnull)), policy.load(Path(os.devnull))
    pacer = None if os.environ.get(PACED, "1") else Unpaced(SystemClock())
    with wall.raised(allowances(configured, policies)):
        await _serve(configured, policies, pacer, stop)


@asynccontextmanager
async def _engine(configured: Settings) -> AsyncIterator[Engine]:
    """Workers, where they are configured."""
    if configured.nats_url:
        async with opened_engine(configured) as workers:
            yield workers
    else:
        yield PacedEngine(float(os.environ.get(SECONDS, "0")), int(os.environ.get(PLACES, "8")))


async def _serve(configured: Settings, policies: Policies, pacer: Pacer | None, stop: asyncio.Event) -> None:
    async with (
        _engine(configured) as engine,
        open_core(configured, policies, engine, pacer=pacer) as core,
        serving(core, build_adapters(core)) as url,
    ):
        sys.stdout.write(json.dumps({"url": url}) + "\n")
        sys.stdout.flush()
        await stop.wait()


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service."""

    process: asyncio.subprocess.Process
    url: str


@asynccontextmanager
async def running(environment: Mapping[str, str]) -> AsyncIterator[Service]:
    """The service, for as long as the block runs; what else it says goes to standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.process",
        stdout=asyncio.subprocess.PIPE,
        env=_plain() | dict(environment),
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            greeting = await process.stdout.readline()
        yield Service(process=process, url=json.loads(greeting)["url"])
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _plain() -> dict[str, str]:
    """This environment, without settings of whoever runs the tests."""
    ours = ("SLACK_", "TELEGRAM_", "FRONTDESK_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


if __name__ == "__main__":
    log.setup(int(os.environ.get("FRONTDESK_TEST_LOG", "30")))
    asyncio.run(main())
