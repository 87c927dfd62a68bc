"""`frontdesk run`: whatever the settings configure, in one process, until told to stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from socket import socket
from typing import Protocol

from bots import helpdesk, http, telegram, widget, workspace
from bots.beside import beside
from bots.console import console
from bots.egress import allowances
from bots.fleet import encoder_of_fleet, encoder_to_come, opened_fleet, recognition_of_fleet
from bots.knowledge import keeping_up, open_ingestion, open_knowledge
from bots.media import open_listener, open_reader, open_speaker
from bots.reloading import Reloading
from bots.service import Adapter, Core, open_core, serving, stop_on_signals
from bots.starting import note_start
from core import scratch, tracing
from core.clock import SystemClock
from core.egress import wall
from core.engine import memory
from core.engine.catalogue import NONE
from core.engine.encoder import open_encoder
from core.engine.local import open_engine
from core.engine.registry import MEGABYTE, Registry, follow, footprint, open_registry
from core.engine.reranker import LocalReranker, open_reranker
from core.engine.shelf import ACTIVE, Shelf, ShelvedModel
from core.engine.types import Encoder, Engine
from core.health import Health
from core.knowledge.contributions import Contributions
from core.knowledge.ports import Reranker
from core.knowledge.sql.knowledge import Knowledge
from core.learning import canary
from core.policy import Policies
from core.settings import Settings, make_home

_log = logging.getLogger(__name__)


async def run(settings: Settings, policies: Policies) -> None:
    """Serve the configured platforms until SIGTERM or Ctrl-C.

    Raises:
        FrontdeskError: it cannot start; the message names the mend.
    """
    helpdesk.check(settings, policies)
    stop = asyncio.Event()
    stop_on_signals(stop)
    await asyncio.to_thread(scratch.tidy, settings.home)
    reloading = Reloading(settings, stop)
    with wall.raised(allowances(settings, policies)), tracing.exporting(settings.otel_endpoint):
        await _serve(settings, policies, reloading)


async def _serve(settings: Settings, policies: Policies, reloading: Reloading) -> None:
    """The address stays ours, and the engine loaded, while policies follow one another."""
    async with opened_engine(settings) as engine, opened_reranker(settings) as reranker:
        with http.address(settings.host, settings.port) as bound:
            following: Policies | None = policies
            while following is not None:
                following = await _serve_with(engine, reranker, settings, following, bound, reloading)


async def _serve_with(
    engine: "Answering",
    reranker: Reranker | None,
    settings: Settings,
    policies: Policies,
    bound: socket,
    reloading: Reloading,
) -> Policies | None:
    """Serve with the sentence encoder that there is; where there is none, until a worker has it."""
    has_come = asyncio.Event()

    def begin_anew() -> None:
        has_come.set()
        reloading.ask()

    async with (
        opened_encoder(settings, engine) as encoder,
        open_knowledge(settings, encoder, reranker) as knowledge,
        encoder_to_come(settings, engine, encoder, begin_anew),
    ):
        models = _Models(engine=engine, encoder=encoder, knowledge=knowledge)
        following: Policies | None = policies
        while following is not None and not has_come.is_set():
            with wall.raised(allowances(settings, following)):
                following = await _serve_by(settings, following, models, bound, reloading)
    return following


@dataclass(frozen=True, kw_only=True)
class _Models:
    """What takes long to open."""

    engine: "Answering"
    encoder: Encoder | None
    knowledge: Knowledge


async def _serve_by(
    settings: Settings, policies: Policies, models: _Models, bound: socket, reloading: Reloading
) -> Policies | None:
    """Serve by these policies until others are to hold, which are returned; None at the end."""
    engine, encoder, knowledge = models.engine, models.encoder, models.knowledge
    elsewhere = recognition_of_fleet(engine)
    async with (
        open_ingestion(knowledge.library, policies, elsewhere) as ingestion,
        open_core(
            settings,
            policies,
            engine,
            encoder=encoder,
            knowledge=knowledge,
            contributions=Contributions(knowledge.library, ingestion),
            listener=open_listener(settings),
            reader=open_reader(),
            elsewhere=elsewhere,
            synthesiser=open_speaker(),
        ) as core,
        keeping_up(knowledge.library, ingestion, policies, core.leases),
        watching_the_canary(core),
        serving(core, build_adapters(core), await console.routes(core), parts=[engine], bound=bound),
    ):
        await note_start(core)
        return await reloading.next()


def build_adapters(core: Core) -> list[Adapter]:
    """One adapter for each platform that the settings configure."""
    adapters: list[Adapter] = []
    if core.settings.slack_configured:
        adapters.append(workspace.build(core))
    if core.settings.telegram_configured:
        adapters.append(telegram.build(core))
    if core.settings.widget_configured:
        adapters.append(widget.build(core))
    return adapters


@asynccontextmanager
async def watching_the_canary(core: Core) -> AsyncIterator[None]:
    """A newly trained model that does worse than the one beside it is taken back while the block runs."""
    home = core.settings.home
    watching = canary.watch(home, Shelf(home), core.store.history, core.store.audit, core.clock)
    async with beside(watching, "watch the canary"):
        yield


class Answering(Engine, Protocol):
    """An engine that knows how it is."""

    def health(self) -> Health: ...


@asynccontextmanager
async def opened_engine(settings: Settings, *, borrowed: bool = False) -> AsyncIterator[Answering]:
    """What answers, for as long as the block runs: workers, where FRONTDESK_NATS_URL is set, else the
    configured model in this process.

    Args:
        settings: name it.
        borrowed: workers are not told what is chosen on this shelf: they answer with what they have.

    Raises:
        ConfigurationError: a setting is wrong; the message names the mend.
        ModelError: the model is not on the shelf, or cannot be loaded.
    """
    if settings.nats_url:
        async with opened_fleet(settings, borrowed=borrowed) as fleet:
            yield fleet
    else:
        async with opened_models(settings) as models:
            yield models


@asynccontextmanager
async def opened_models(settings: Settings) -> AsyncIterator[Registry]:
    """The configured model in this process, loaded for as long as the block runs.

    Where the settings leave the choice to `frontdesk model use`, a new choice takes over while it runs.

    Raises:
        ConfigurationError: FRONTDESK_HOME cannot be used.
        ModelError: the model is not on the shelf, or cannot be loaded.
    """
    make_home(settings)
    shelf = Shelf(settings.home)
    budget = MEGABYTE * settings.model_memory_mb if settings.model_memory_mb else memory.machine() / 2
    budget -= sum(footprint(each) for each in _beside(settings, shelf))
    opener = partial(open_engine, device=settings.device)
    registry = await open_registry(opener, budget, shelf.find(settings.model))
    following: AbstractAsyncContextManager[None] = nullcontext()
    if settings.model == ACTIVE:
        following = beside(follow(shelf, registry, SystemClock()), "follow the active model")
    try:
        async with following:
            yield registry
    finally:
        await registry.close()


def _beside(settings: Settings, shelf: Shelf) -> Sequence[ShelvedModel]:
    """The models that take memory beside the one that answers."""
    names = (settings.encoder, settings.reranker, settings.speech)
    return [found for name in names if (found := shelf.get(name))]


@asynccontextmanager
async def opened_encoder(settings: Settings, engine: Engine | None = None) -> AsyncIterator[Encoder | None]:
    """The configured sentence encoder, loaded for as long as the block runs, or that of workers; None where
    there is none.

    Nothing is fetched. Without one, passages are found by their words alone.

    Args:
        settings: name it.
        engine: what answers people here: background work holds back while it does.

    Raises:
        ModelError: it is on the shelf and cannot be loaded, or FRONTDESK_ENCODER names what is no encoder.
    """
    found = await asyncio.to_thread(Shelf(settings.home).get, settings.encoder)
    if found is None:
        shared = await encoder_of_fleet(settings, engine)
        if shared is None and settings.encoder != NONE:
            _log.warning(
                "there is no sentence encoder: words alone find passages until the next start, or until a "
                "worker has it; `frontdesk model pull %s` brings one, FRONTDESK_ENCODER=none none",
                settings.encoder,
            )
        yield shared
        return

    def busy() -> bool:
        return engine is not None and bool(engine.load().active)

    encoder = await open_encoder(found, settings.device, busy=busy)
    try:
        yield encoder
    finally:
        await encoder.close()


@asynccontextmanager
async def opened_reranker(settings: Settings) -> AsyncIterator[LocalReranker | None]:
    """The configured reranker, loaded for as long as the block runs; None where it is not here.

    Raises:
        ModelError: it is on the shelf and cannot be loaded, or FRONTDESK_RERANKER names what is no reranker.
    """
    found = await asyncio.to_thread(Shelf(settings.home).get, settings.reranker)
    if found is None:
        yield None
        return
    reranker = await open_reranker(found, settings.device)
    try:
        yield reranker
    finally:
        await reranker.close()
