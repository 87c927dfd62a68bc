"""The playground: both emulators, the assistant connected to them, and the page, on this machine alone."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from pydantic import SecretStr
from rich.console import Console

from bots.playground import page
from bots.playground.process import started
from bots.run import build_adapters, opened_engine
from bots.service import open_core, serving, stop_on_signals
from core.engine.types import Engine
from core.policy import Policies
from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where everything listens."""

    url: str
    """The page, and everything that `frontdesk run` serves."""
    slack_url: str
    telegram_url: str


async def perform(settings: Settings, policies: Policies) -> None:
    """Run the playground until SIGTERM or Ctrl-C.

    Raises:
        FrontdeskError: it cannot start; the message names the mend.
    """
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with opened_engine(settings) as engine, opened(settings, policies, engine) as stage:
        Console().print(f"\n[bold]The playground is open at {stage.url}[/]   (Ctrl-C ends it)\n")
        await stop.wait()


@asynccontextmanager
async def opened(settings: Settings, policies: Policies, engine: Engine) -> AsyncIterator[Stage]:
    """The playground, open for as long as the block runs.

    The emulated platforms begin anew each time, and so does the assistant's memory of them: it is kept in a
    folder for the time being, apart from the one that `frontdesk run` fills with tokens.

    Raises:
        FrontdeskError: it cannot start; the message names the mend.
    """
    with TemporaryDirectory(prefix="frontdesk-playground-", ignore_cleanup_errors=True) as home:
        async with (
            started("bots.playground.slack") as slack,
            started("bots.playground.telegram") as telegram,
            aiohttp.ClientSession() as session,
            open_core(_connected(settings, Path(home), slack, telegram), policies, engine) as core,
            serving(core, build_adapters(core), page.routes(slack["url"], telegram["url"], session)) as url,
        ):
            yield Stage(url=url, slack_url=slack["url"], telegram_url=telegram["url"])


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
