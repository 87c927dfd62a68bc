"""`frontdesk playground telegram`."""

import asyncio

import click

from bots.playground.process import serve
from bots.playground.telegram.app import build_app
from bots.playground.telegram.seed import TOKEN


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=0, show_default=True, help="0 takes any free port.")
@click.option("--token", default=TOKEN, help="The bot's token, if not the emulator's own.")
def telegram(host: str, port: int, token: str) -> None:
    """Run the Telegram emulator alone.

    It serves any bot that lets its API address be set. Prints one line of JSON: url (the base of the Bot API,
    before /bot<token>/<method>), bot_token and pid. People act, faults strike and the journal is read through
    the control API under /_control/ (docs/playground.md). Ends on SIGTERM or Ctrl-C.
    """
    asyncio.run(serve(build_app(token), host, port, lambda url: {"url": url, "bot_token": token}))
