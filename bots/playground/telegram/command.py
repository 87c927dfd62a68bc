"""`frontdesk playground telegram`."""

import asyncio

import click

from bots.playground.process import serve
from bots.playground.telegram.app import build_app
from bots.playground.telegram.seed import TOKEN


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=0, show_default=True, help="0 takes any free port.")
@click.option("--token", default=TOKEN, help="The bot's token.")
def telegram(host: str, port: int, token: str) -> None:
    """Run the Telegram emulator alone; prints its address and token as one line of JSON."""
    asyncio.run(serve(build_app(token), host, port, lambda url: {"url": url, "bot_token": token}))
