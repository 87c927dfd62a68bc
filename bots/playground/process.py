"""An emulator as a process of its own: it says in one line where it listens, and stops on SIGTERM."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Mapping

from aiohttp import web


async def serve(
    app: web.Application, host: str, port: int, greeting: Callable[[str], Mapping[str, str]]
) -> None:
    """Serve `app` until SIGTERM or Ctrl-C; `greeting` makes the line from the URL."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    sys.stdout.write(json.dumps(dict(greeting(f"http://{host}:{runner.addresses[0][1]}"))) + "\n")
    sys.stdout.flush()
    await stop.wait()
    await runner.cleanup()
