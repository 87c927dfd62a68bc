"""The playground: both emulators, the assistant connected to them, and the page, on this machine alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from pydantic import SecretStr
from rich.console import Console

from bots.console import console
from bots.fleet import recognition_of_fleet
from bots.knowledge import keeping_up, open_ingestion, open_knowledge
from bots.media import open_listener, open_reader, open_speaker
from bots.playground.page.page import Page
from bots.playground.process import started
from bots.playground.scenario.player import ScenarioFailed, play
from bots.playground.scenario.scenes import stage_of
from bots.playground.scenario.script import Script, Step
from bots.playground.widget import site
from bots.run import build_adapters, opened_encoder, opened_engine, opened_reranker
from bots.service import open_core, serving, stop_on_signals
from core.engine.types import Engine
from core.health import Health
from core.knowledge.contributions import Contributions
from core.policy import Policies
from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where everything listens."""

    url: str
    """The page, and everything that `frontdesk run` serves."""
    slack_url: str
    telegram_url: str

    def emulator(self, platform: str) -> str:
        """The URL of an emulator, by the name of its platform; the widget comes from the service itself."""
        return {"slack": self.slack_url, "telegram": self.telegram_url, "web": self.url}[platform]


@dataclass(frozen=True, kw_only=True)
class _Errands:
    """Says whether what flows ask for is done."""

    for_real: bool

    def health(self) -> Health:
        detail = (
            "What flows ask for is done for real."
            if self.for_real
            else "Flows do nothing for real here: their actions give back samples. "
            "`frontdesk playground --for-real` has them done."
        )
        return Health(part="flows", ok=True, detail=detail)


async def perform(settings: Settings, policies: Policies, *, for_real: bool = False) -> None:
    """Run the playground until SIGTERM or Ctrl-C.

    Args:
        for_real: what flows ask for is done; else their actions give back their samples.

    Raises:
        FrontdeskError: it cannot start; the message names the mend.
    """
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with (
        opened_engine(settings, borrowed=True) as engine,
        opened(settings, policies, engine, for_real=for_real) as stage,
    ):
        Console().print(f"\n[bold]The playground is open at {stage.url}[/]   (Ctrl-C ends it)\n")
        await stop.wait()


@asynccontextmanager
async def opened(
    settings: Settings, policies: Policies, engine: Engine, *, for_real: bool = False
) -> AsyncIterator[Stage]:
    """The playground, open for as long as the block runs.

    The emulated platforms begin anew each time, and so does the assistant's memory of them: it is kept in a
    folder for the time being, apart from what `frontdesk run` fills with tokens, a database that cores share
    included. The documents are those of FRONTDESK_HOME; where they lie in such a database, which is not
    touched, those that frontdesk.yaml names are read anew.

    Args:
        for_real: what flows ask for is done; else their actions give back their samples, as somebody who only
            tries them orders nothing.

    Raises:
        FrontdeskError: it cannot start; the message names the mend.
    """
    if not for_real:
        harmless = policies.flows.model_copy(update={"dry_run": True})
        policies = policies.model_copy(update={"flows": harmless})
    errands = [_Errands(for_real=not policies.flows.dry_run)] if policies.flows.actions else []
    with TemporaryDirectory(prefix="frontdesk-playground-", ignore_cleanup_errors=True) as home:
        apart = settings.apart(Path(home))
        documents = settings if settings.database_url is None else apart
        async with (
            started("bots.playground.slack") as slack,
            started("bots.playground.telegram") as telegram,
            aiohttp.ClientSession() as session,
            opened_encoder(settings, engine) as encoder,
            opened_reranker(settings) as reranker,
            open_knowledge(documents, encoder, reranker) as knowledge,
            open_ingestion(knowledge.library, policies, recognition_of_fleet(engine)) as ingestion,
            open_core(
                _connected(apart, slack, telegram),
                policies,
                engine,
                encoder=encoder,
                knowledge=knowledge,
                contributions=Contributions(knowledge.library, ingestion),
                listener=open_listener(settings),
                reader=open_reader(),
                elsewhere=recognition_of_fleet(engine),
                synthesiser=open_speaker(),
            ) as core,
            keeping_up(knowledge.library, ingestion, policies, core.leases),
        ):
            page = Page(
                emulators={"slack": slack["url"], "telegram": telegram["url"]},
                session=session,
                history=core.store.history,
                rehearse=partial(rehearse, settings, policies, engine),
            )
            more = [*page.routes(), *site.routes(), *await console.routes(core)]
            async with serving(core, build_adapters(core), more, errands) as url:
                try:
                    yield Stage(url=url, slack_url=slack["url"], telegram_url=telegram["url"])
                finally:
                    page.close()


async def rehearse(
    settings: Settings,
    policies: Policies,
    engine: Engine,
    script: Script,
    platform: str,
    progress: Callable[[Step], None] = lambda _: None,
    folder: Path | None = None,
) -> str:
    """Play a scenario in a fresh playground of its own. Returns what went wrong; empty when nothing did.

    Args:
        folder: where the files lie that people send in it.

    Raises:
        FrontdeskError: the playground cannot start; the message names the mend.
    """
    apart = settings.model_copy(update={"host": "127.0.0.1", "port": 0})
    async with (
        opened(apart, policies, engine) as stage,
        stage_of(script, platform, stage.emulator) as scene,
    ):
        try:
            await play(script, scene, progress, folder=folder)
        except ScenarioFailed as failure:
            return str(failure)
    return ""


def _connected(settings: Settings, slack: Mapping[str, str], telegram: Mapping[str, str]) -> Settings:
    """The settings with the emulators in the platforms' place."""
    return settings.model_copy(
        update={
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
            "widget_origins": ("http://localhost",),  # our own pages may show it at any rate
        }
    )
