"""The playground: both emulators, the assistant connected to them, and the page, on this machine alone."""

import asyncio
import logging
import shutil
from collections.abc import Mapping
from pathlib import Path

import aiohttp
from pydantic import SecretStr
from rich.console import Console

from bots.playground import page
from bots.playground.process import started
from bots.run import build_adapters, opened_engine
from bots.service import open_core, serving, stop_on_signals
from core.policy import Policies
from core.settings import Settings

_log = logging.getLogger(__name__)


async def perform(settings: Settings, policies: Policies) -> None:
    """Run the playground until SIGTERM or Ctrl-C.

    The emulated platforms begin anew each time, and so does the assistant's memory of them: it is kept
    apart from the one that `frontdesk run` fills with tokens.

    Raises:
        FrontdeskError: it cannot start; the message names the mend.
    """
    stop = asyncio.Event()
    stop_on_signals(stop)
    home = await asyncio.to_thread(_fresh_home, settings.home)
    async with (
        opened_engine(settings) as engine,
        started("bots.playground.slack") as slack,
        started("bots.playground.telegram") as telegram,
        aiohttp.ClientSession() as session,
        open_core(_connected(settings, home, slack, telegram), policies, engine) as core,
        serving(core, build_adapters(core), page.routes(slack["url"], telegram["url"], session)) as url,
    ):
        Console().print(f"\n[bold]The playground is open at {url}[/]   (Ctrl-C ends it)\n")
        await stop.wait()


def _fresh_home(home: Path) -> Path:
    place = home / "playground"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    return place


def _connected(
    settings: Settings, home: Path, slack: Mapping[str, str], telegram: Mapping[str, str]
) -> Settings:
    """The settings with the emulators in the platforms' place."""
    return settings.model_copy(
        update={
            "home": home,
            "slack_bot_token": SecretStr(slack["bot_token"]),
            "slack_app_token": SecretStr(slack["app_token"]),
            "slack_signing_secret": None,
            "slack_client_id": None,
            "slack_client_secret": None,
            "slack_api_url": slack["api_url"],
            "telegram_bot_token": SecretStr(telegram["bot_token"]),
            "telegram_api_url": telegram["url"],
            "telegram_webhook_url": None,
            "telegram_webhook_secret": None,
        }
    )
