"""The running service: store, engine, dialogue and adapters put together, and taken apart in order."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from socket import socket
from typing import Protocol

from aiohttp import web

from bots import flows, helpdesk, http
from bots.beside import beside
from bots.copies import Copies
from bots.erasing import erasing
from bots.helpdesk import Counter
from bots.knowledge import own_limits
from bots.metrics import Metrics
from bots.openai import endpoint
from bots.openai.keyring import KeyLimits
from bots.retaining import retaining
from bots.store import opened_store
from core.clock import SystemClock
from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.pacing import Pacer
from core.delivery.perception import MaskedPerception
from core.delivery.reception import Reception
from core.desk.charts import CHARTS, DeskCharts
from core.desk.ports import Desk
from core.dialogue.advice import Advice
from core.dialogue.consenting import Consenting
from core.dialogue.contributing import Contributing
from core.dialogue.dialogue import Dialogue
from core.dialogue.documents import Documents
from core.dialogue.flows.actions import OperatorActions
from core.dialogue.flows.route import FlowRoute
from core.dialogue.flows.sorting import ModelSorter
from core.dialogue.flows.starting import Starter
from core.dialogue.gaps import GapNotes
from core.dialogue.knowledge import KnowledgeRoute
from core.dialogue.own_data import COPIES
from core.dialogue.pictures import Pictures
from core.dialogue.reading_aloud import ReadingAloud
from core.dialogue.reasking import Reasking
from core.dialogue.safeguard import Safeguard
from core.engine.metering import Metered
from core.engine.structured import Judge
from core.engine.types import Encoder, Engine
from core.fairness.monitor import Watch
from core.health import Health
from core.knowledge.access import ReadingRoom
from core.knowledge.contributions import Contributions
from core.knowledge.relevance import Limits, limits
from core.knowledge.sql.knowledge import Knowledge
from core.language.analysis import LanguagePipeline
from core.language.pipeline import Pipeline
from core.media.files import MadeFiles, PlatformFiles
from core.media.recognition import Recognition, SpeechRecogniser, TextRecogniser
from core.media.senses import Senses
from core.media.voices import VOICES, SpeechSynthesiser, Voices
from core.message import Platform
from core.policy import Policies
from core.ports import Cabinet, Channel, Clock, Files, Intake, Leases
from core.privacy.masking import Masking
from core.privacy.retention import Retention
from core.rights import Right
from core.settings import Settings
from core.store.ports import Store

GRACE = 10.0
"""Seconds that running answers get to finish when the service is told to stop."""

_log = logging.getLogger(__name__)


class Adapter(Protocol):
    """One platform, as the service sees it."""

    platform: Platform
    channel: Channel
    files: Files
    desk: Desk | None
    """The place where agents work, if it is here."""

    def routes(self) -> Sequence[web.RouteDef]: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def health(self) -> Health: ...


@dataclass(frozen=True, kw_only=True)
class Core:
    """What adapters are built with, and what works for them."""

    settings: Settings
    policies: Policies
    store: Store
    engine: Engine
    encoder: Encoder | None
    clock: Clock
    pacer: Pacer
    intake: Intake
    leases: Leases
    cabinet: Cabinet
    admission: Admission
    dispatcher: Dispatcher
    files: PlatformFiles
    counter: Counter | None
    """The help desk, where there is one."""
    reading_room: ReadingRoom
    pipeline: LanguagePipeline
    """Takes texts apart."""
    retention: Retention


def _limits(settings: Settings, encoder: Encoder | None) -> Limits:
    """This installation's own where it has found any, else those that come along."""
    return limits(encoder.reference.partition("@")[0] if encoder else "", own_limits(settings))


def _flows(
    policies: Policies,
    store: Store,
    engine: Engine,
    encoder: Encoder | None,
    pipeline: LanguagePipeline,
    clock: Clock,
) -> FlowRoute | None:
    versions = flows.load(policies)
    if not versions:
        return None
    judge = Judge(engine)
    return FlowRoute(
        versions=versions,
        store=store.flows,
        pipeline=pipeline,
        starter=Starter(versions, encoder, judge),
        sorter=ModelSorter(judge, encoder),
        actions=OperatorActions(policies.flows),
        clock=clock,
        zone=None,
    )


def _documents(
    store: Store,
    engine: Engine,
    knowledge: Knowledge | None,
    pipeline: LanguagePipeline,
    thresholds: Limits,
) -> Documents | None:
    if knowledge is None:
        return None
    route = KnowledgeRoute(
        library=knowledge.library,
        search=knowledge.search,
        pipeline=pipeline,
        engine=engine,
        gaps=GapNotes(store.gaps, pipeline),
        thresholds=thresholds,
    )
    return Documents(route, store.history)


def _consenting(policies: Policies, store: Store, clock: Clock) -> Consenting | None:
    operator = policies.learning.operator
    return Consenting(store.lessons, clock, operator) if operator else None


def _made_files(
    settings: Settings, store: Store, clock: Clock, synthesiser: SpeechSynthesiser | None
) -> MadeFiles:
    makers: dict[str, Files] = {
        COPIES: Copies(settings, store, clock),
        CHARTS: DeskCharts(store.tickets, clock),
    }
    if synthesiser is not None:
        makers[VOICES] = Voices(store.history, synthesiser)
    return MadeFiles(makers)


def _contributing(
    policies: Policies, contributions: Contributions | None, files: Files, store: Store
) -> Contributing | None:
    if contributions is None:
        return None
    editors = (*policies.knowledge.editors, *policies.roles.holding(Right.DOCUMENTS))
    return Contributing(contributions, files, editors, store.audit)


@asynccontextmanager
async def open_core(
    settings: Settings,
    policies: Policies,
    engine: Engine,
    *,
    encoder: Encoder | None = None,
    knowledge: Knowledge | None = None,
    contributions: Contributions | None = None,
    listener: SpeechRecogniser | None = None,
    reader: TextRecogniser | None = None,
    elsewhere: Recognition | None = None,
    synthesiser: SpeechSynthesiser | None = None,
    clock: Clock | None = None,
    pacer: Pacer | None = None,
) -> AsyncIterator[Core]:
    """The core, working for as long as the block runs.

    Args:
        encoder: makes vectors of texts, where there is one.
        knowledge: what the documents say; without it, nothing is answered from documents.
        contributions: takes documents that people bring in chats; without it, they can bring none.
        listener: hears recordings; without it, people are asked to write.
        reader: reads pictures; without it likewise.
        elsewhere: hears and reads for a core that has no listener, or no reader.
        synthesiser: reads answers aloud; without it, nobody does. Whatever is given ends with the block.
        clock: this machine's, unless a test brings its own.
        pacer: lets calls to the platforms through; without one, at the rates that they document.

    Raises:
        StoreError: the database cannot be opened.
    """
    clock = clock or SystemClock()
    engine, pipeline, files = Metered(engine), Pipeline(), PlatformFiles()
    async with opened_store(settings, clock) as store:
        contributing = _contributing(policies, contributions, files, store)
        files.connect(Platform.TERMINAL, _made_files(settings, store, clock, synthesiser))
        admission = Admission(engine.load)
        masking = Masking(store.history, pipeline)
        if policies.mask_anywhere:
            await masking.warm()
        perception = MaskedPerception(Senses(files, listener, reader, elsewhere), masking)
        counter = helpdesk.build(store, policies, clock, perception)
        switchboard = counter.switchboard if counter else None
        documents = _documents(store, engine, knowledge, pipeline, _limits(settings, encoder))
        tasks = _flows(policies, store, engine, encoder, pipeline, clock)
        dialogue = Dialogue(
            store,
            engine,
            documents,
            tasks,
            with_people=counter is not None,
            contributing=contributing,
            consenting=_consenting(policies, store, clock),
            reasking=Reasking(store, encoder) if policies.learning.operator else None,
            privacy=policies.privacy,
            with_voice=synthesiser is not None,
            pictures=Pictures(store.history, pipeline) if reader or elsewhere else None,
        )
        languages = synthesiser.languages if synthesiser else ()
        responder = ReadingAloud(Safeguard(dialogue), store, languages)
        dispatcher = Dispatcher(
            store=store,
            responder=counter.responder(responder, Advice(dialogue, engine, pipeline))
            if counter
            else responder,
            policies=policies,
            admission=admission,
            clock=clock,
            switchboard=switchboard,
            perception=perception,
        )
        try:
            async with (
                beside(dispatcher.run(), "looking for work"),
                _stopped_at_the_end(dispatcher),
                erasing(settings, store, clock),
                retaining(settings, policies, store, clock) as retention,
            ):
                yield Core(
                    settings=settings,
                    policies=policies,
                    store=store,
                    engine=engine,
                    encoder=encoder,
                    clock=clock,
                    pacer=pacer or Pacer(clock),
                    intake=Reception(store, policies, dispatcher.wake, switchboard, masking),
                    leases=store.leases,
                    cabinet=store.cabinet,
                    admission=admission,
                    dispatcher=dispatcher,
                    files=files,
                    counter=counter,
                    reading_room=ReadingRoom(knowledge.search if knowledge else None, policies, store),
                    pipeline=pipeline,
                    retention=retention,
                )
        finally:
            await perception.close()
            if synthesiser is not None:
                await synthesiser.close()
            await pipeline.close()


@asynccontextmanager
async def _stopped_at_the_end(dispatcher: Dispatcher) -> AsyncIterator[None]:
    """Running answers get their grace when the block ends, while work is still looked for."""
    try:
        yield
    finally:
        await dispatcher.stop(GRACE)


@asynccontextmanager
async def serving(
    core: Core,
    adapters: Sequence[Adapter],
    more: Sequence[web.RouteDef] = (),
    parts: Sequence[http.Part] = (),
    bound: socket | None = None,
) -> AsyncIterator[str]:
    """The adapters connected and the HTTP server open for as long as the block runs; yields its URL.

    Args:
        more: routes to serve beside those of the adapters and of the service's state.
        parts: what the service's state tells of beside the adapters.
        bound: from `http.address`, to outlive the block; without it, that of the settings.

    Raises:
        ConfigurationError: a token or an address is wrong; the message names the mend.
    """
    routes = [route for adapter in adapters for route in adapter.routes()]
    policy, keys = core.policies.assistant, core.settings.api_keys
    limits = KeyLimits(requests=policy.key_budget, tokens=policy.key_daily_tokens)
    routes += endpoint.routes(core.engine, keys, core.clock, core.store.spending, core.encoder, limits=limits)
    watch = Watch(core.store.archive, core.clock)
    metrics = Metrics(core.settings, core.store, core.engine, core.admission, watch)
    entrance = http.Entrance()
    told: list[http.Part] = [entrance, *adapters, *parts, core.retention]
    routes += http.state_routes(told, core.engine, core.store.work, metrics)
    with nullcontext(bound) if bound else http.address(core.settings.host, core.settings.port) as ours:
        async with http.listening(ours, [*routes, *more]) as url, _connected(core, adapters):
            _log.info("serving %s", url)
            with entrance.opened():
                yield url


@asynccontextmanager
async def _connected(core: Core, adapters: Sequence[Adapter]) -> AsyncIterator[None]:
    """The platforms, and their conversations served, for as long as the block runs."""
    begun: list[Adapter] = []
    rounds = core.counter.making_rounds(core.dispatcher.wake) if core.counter else nullcontext()
    try:
        await _start(core, adapters, begun)
        async with rounds:
            yield
    finally:
        _log.info("stopping: running answers get %.0f s", GRACE)
        for adapter in reversed(begun):
            await adapter.stop()
        await core.dispatcher.stop(GRACE)


async def _start(core: Core, adapters: Sequence[Adapter], begun: list[Adapter]) -> None:
    """Start all side by side: one whose platform does not answer keeps no other from serving.

    Args:
        begun: takes up those that have to be stopped again, whatever happens.

    Raises:
        ConfigurationError: of the first that has one; the others are not waited for.
    """

    async def start(adapter: Adapter) -> None:
        begun.append(adapter)
        await adapter.start()
        core.files.connect(adapter.platform, adapter.files)
        if core.counter and adapter.desk:
            core.counter.door.connect(adapter.desk)
        core.dispatcher.connect(adapter.platform, _channel(core, adapter))
        _log.info("%s: %s", adapter.platform, adapter.health().detail)

    try:
        async with asyncio.TaskGroup() as starting:
            for adapter in adapters:
                starting.create_task(start(adapter), name=f"start {adapter.platform}")
    except ExceptionGroup as broken:
        raise broken.exceptions[0] from None


def _channel(core: Core, adapter: Adapter) -> Channel:
    return core.counter.channel(adapter.platform, adapter.channel) if core.counter else adapter.channel


def stop_on_signals(stop: asyncio.Event) -> None:
    """Stop on SIGTERM or Ctrl-C; a second one ends the process at once."""
    loop = asyncio.get_running_loop()

    def ask(number: signal.Signals) -> None:
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ask, number)
