"""A whole delivery core on a fresh database, with a scripted engine and a platform in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.delivery.admission import Admission
from core.delivery.dispatcher import Dispatcher
from core.delivery.reception import Reception
from core.dialogue.dialogue import Dialogue
from core.dialogue.documents import Documents
from core.engine.metering import Metered
from core.message import Arrival, Platform
from core.policy import Policies, Policy
from core.ports import Clock
from core.store.ports import Store
from core.store.sealing import Sealer
from core.testing import FakeChannel, ScriptedEngine
from tests.places import Place, SqlitePlace
from tests.store.guard import guard

PATIENCE = 60.0
CLOCK = SystemClock()


@dataclass
class Desk:
    """Everything between the platform and the model."""

    store: Store
    channel: FakeChannel
    engine: ScriptedEngine
    dispatcher: Dispatcher
    reception: Reception
    admission: Admission
    policies: Policies

    async def accept(self, *arrivals: Arrival) -> None:
        for each in arrivals:
            await self.reception.accept(each)

    async def accept_together(self, *arrivals: Arrival) -> None:
        """Nobody looks at any of a conversation's events before all are there."""
        unnoticed = Reception(self.store, self.policies, lambda conversation: None)
        for each in arrivals:
            await unnoticed.accept(each)
        self.dispatcher.wake(arrivals[0].event.conversation)

    async def idle(self) -> None:
        """Wait until nothing is being worked on."""
        await self.until(lambda: self.dispatcher.busy == 0)

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await asyncio.sleep(0)

    @property
    def texts(self) -> list[str]:
        return list(self.channel.visible.values())


@asynccontextmanager
async def open_desk(
    place: Place | Path,
    *,
    engine: ScriptedEngine | None = None,
    channel: FakeChannel | None = None,
    policy: Policy,
    clock: Clock = CLOCK,
    documents: Callable[[Store, ScriptedEngine], Documents] | None = None,
    sealer: Sealer | None = None,
) -> AsyncIterator[Desk]:
    engine, channel = engine or ScriptedEngine(), channel or FakeChannel()
    policies = Policies(assistant=policy)
    place = SqlitePlace(place) if isinstance(place, Path) else place
    async with place.open(clock, sealer) as store:
        guard(place)
        admission = Admission(engine.load)
        dispatcher = Dispatcher(
            store=store,
            responder=Dialogue(store, Metered(engine), documents(store, engine) if documents else None),
            policies=policies,
            admission=admission,
            clock=clock,
        )
        dispatcher.connect(Platform.TERMINAL, channel)
        reception = Reception(store, policies, dispatcher.wake)
        try:
            yield Desk(store, channel, engine, dispatcher, reception, admission, policies)
        finally:
            await engine.close()
            await dispatcher.stop(grace=5)


@pytest.fixture
async def desk(place: Place) -> AsyncIterator[Desk]:
    async with open_desk(place, policy=Policy(settle_seconds=0)) as desk:
        yield desk
