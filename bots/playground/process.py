"""An emulator as a process of its own: it says in one line where it listens, and stops on SIGTERM."""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from aiohttp import web

from core.errors import ConfigurationError

START_SECONDS = 60.0
STOP_SECONDS = 5.0
TIED = "FRONTDESK_EMULATOR_TIED"
"""Set for an emulator that must not outlive whoever started it: it stops when its standard input ends."""


async def serve(
    app: web.Application, host: str, port: int, greeting: Callable[[str], Mapping[str, str]]
) -> None:
    """Serve `app` until SIGTERM or Ctrl-C; `greeting` makes the line from the URL, the process id is added.

    Raises:
        ConfigurationError: the address is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if os.environ.get(TIED):
        loop.add_reader(sys.stdin.fileno(), stop.set)
    logging.getLogger("aiohttp.server").addFilter(_is_no_hang_up)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        raise ConfigurationError(
            f"Port {port} on {host} cannot be used ({error.strerror}): choose another with --port."
        ) from error
    url = f"http://{host}:{runner.addresses[0][1]}"
    sys.stdout.write(json.dumps({**greeting(url), "pid": str(os.getpid())}) + "\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()


def _is_no_hang_up(record: logging.LogRecord) -> bool:
    """A client that goes away in the middle of its request is no fault of ours."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectionResetError))


@asynccontextmanager
async def started(module: str) -> AsyncIterator[Mapping[str, str]]:
    """The emulator of a package, running for as long as the block does; yields its greeting.

    Raises:
        ConfigurationError: it did not start.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {TIED: "1"},
        start_new_session=True,  # Ctrl-C in the terminal is for us; we end it in order
    )
    try:
        yield await _greeting(module, process)
    finally:
        await _end(process)


async def _greeting(module: str, process: asyncio.subprocess.Process) -> Mapping[str, str]:
    try:
        async with asyncio.timeout(START_SECONDS):
            line = b"" if process.stdout is None else await process.stdout.readline()
        greeting: Mapping[str, str] = json.loads(line)
    except (TimeoutError, ValueError) as error:
        raise ConfigurationError(f"{module} did not start: run `python -m {module}` to see why.") from error
    return greeting


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
