"""`frontdesk playground slack`."""

import asyncio
from collections.abc import Mapping

import click

from bots.playground.process import serve
from bots.playground.slack.app import build
from bots.playground.slack.seed import BOT_TOKEN
from bots.playground.slack.state import App, Team


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option("--port", default=0, show_default=True, help="0 takes any free port.")
@click.option("--request-url", help="Where the app takes events over HTTP; without it, Socket Mode.")
def slack(host: str, port: int, request_url: str | None) -> None:
    """Run the Slack emulator alone.

    It serves any app that lets its API address be set. Prints one line of JSON: url, api_url (the base of the
    Web API), bot_token, app_token, signing_secret, client_id, client_secret, team and pid. People act, faults
    strike and the journal is read through the control API under /_control/ (docs/playground.md). Ends on
    SIGTERM or Ctrl-C.
    """
    emulator = build(request_url)
    world = emulator.platform.world
    team = next(iter(world.teams.values()))
    asyncio.run(serve(emulator.application(), host, port, lambda url: _greeting(url, world.app, team)))


def _greeting(url: str, app: App, team: Team) -> Mapping[str, str]:
    return {
        "url": url,
        "api_url": f"{url}/api/",
        "bot_token": BOT_TOKEN,
        "app_token": app.app_token,
        "signing_secret": app.signing_secret,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "team": team.id,
    }
