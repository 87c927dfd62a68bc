"""The service with a help desk, flows and documents that may be changed, on a platform in memory."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bots.service import Core, open_core
from core.desk.relays import card_of
from core.desk.tickets import Reason
from core.knowledge.ingestion import Report
from core.knowledge.sql.knowledge import Knowledge
from core.message import Conversation, Message, Person, Platform
from core.policy import Policies
from core.privacy.audit import ASSISTANT, SELF
from core.settings import Settings
from core.store.records import Ticket
from core.testing import FakeChannel, ScriptedEngine
from tests.samples import arrival, message

PATIENCE = 200.0
DESK = "CDESK"
FLOW = """
flow: payout
title: Pay out
start: {commands: [payout], examples: [I want my money paid out]}
slots:
  sure: {type: yes_no, ask: "Sure?"}
steps:
  - choose: sure
    text: "Shall it be paid out?"
    then: {no: kept}
  - call: pay
    failed: kept
  - end: Paid.
  - id: kept
    end: Not paid.
"""
PAID = list[str]()
"""What was done by the flow."""


async def pay() -> dict[str, object]:
    """The action of the flow."""
    PAID.append("paid")
    return {}


class Documents:
    """In the place of what people bring: notes who asks for them or changes them."""

    def __init__(self) -> None:
        self.touched = 0

    async def names(self, *arguments: object) -> list[str]:
        self.touched += 1
        return []

    async def remove(self, *arguments: object) -> bool:
        self.touched += 1
        return True

    async def add(self, *arguments: object) -> Report:
        self.touched += 1
        return Report(source="brought", read=1, passages=1)

    add_page = add


class Room:
    """The help desk's channel, whose members are all who ask, or nobody."""

    has_titles = True

    def __init__(self, *, open_to_all: bool) -> None:
        self._is_open = open_to_all

    async def lobby(self) -> Conversation:
        return Conversation(platform=Platform.SLACK, tenant="T", channel=DESK)

    async def admits(self, person: Person) -> bool:
        return self._is_open

    async def name(self, person: Person) -> str:
        return person.name


class House:
    """The service, with a help desk and documents that may be changed."""

    def __init__(self, core: Core, channel: FakeChannel, documents: Documents) -> None:
        self.core = core
        self.documents = documents
        self._channel = channel

    async def tell(self, *said: Message) -> list[str]:
        """Everything that is said anywhere because of messages."""
        before = len(self._channel.settled)
        for each in said:
            await self.core.intake.accept(arrival(each))
        await self._idle()
        return [text for _, text in self._channel.settled[before:]]

    async def ticket(self, name: str) -> Ticket:
        """A customer of their own, who has written to the assistant, waits for an agent."""
        await self.tell(
            message("Hello", where=private(f"customer-{name}"), sender=person(f"customer-{name}"))
        )
        number = await self.core.store.tickets.reserve()
        ticket = Ticket(
            number=number,
            customer=private(f"customer-{name}"),
            desk=Conversation(platform=Platform.SLACK, tenant="T", channel=DESK, thread=f"ticket-{number}"),
            person=person(f"customer-{name}"),
            reason=Reason.CUSTOMER_REQUEST,
            opened_at=datetime.now(UTC),
        )
        assert self.core.counter is not None
        await self.core.store.tickets.change(ticket, card_of(None, ticket, self.core.counter.door))
        self.core.dispatcher.wake(ticket.desk)
        await self._idle()
        written = await self.core.store.tickets.numbered(number)
        assert written is not None
        return written

    async def _idle(self) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.core.dispatcher.busy or await self.core.store.work.count_open():
                await asyncio.sleep(0.001)

    async def foreign_deeds(self) -> list[str]:
        """What the audit trail says that people did to anything but what is their own."""
        trail = await self.core.store.audit.records(1000)
        return [each.entry.actor for each in trail if each.entry.actor not in (SELF, ASSISTANT)]


@asynccontextmanager
async def house(
    home: Path,
    roles: Mapping[str, Sequence[str]],
    *,
    open_to_all: bool = True,
    engine: ScriptedEngine | None = None,
    knowledge: Knowledge | None = None,
) -> AsyncIterator[House]:
    """Open it.

    Args:
        open_to_all: whoever asks is a member of the help desk's channel; else nobody is.
    """
    settings = Settings.model_validate({"FRONTDESK_PORT": 0, "FRONTDESK_HOME": home})
    policies = Policies.model_validate(
        {
            "assistant": {
                "settle_seconds": 0,
                "person_budget": 0,
                "channel_budget": 0,
                "longest_wait_seconds": 3600,
            },
            "desk": {"platform": "slack", "channel": DESK},
            "roles": roles,
            "flows": {
                "folder": str(home / "flows"),
                "actions": [{"name": "pay", "function": "tests.trust.house:pay"}],
            },
        }
    )
    (home / "flows").mkdir()
    (home / "flows" / "payout.yaml").write_text(FLOW)
    documents, channel = Documents(), FakeChannel()
    contributions: Any = documents
    async with open_core(
        settings, policies, engine or ScriptedEngine(), knowledge=knowledge, contributions=contributions
    ) as core:
        assert core.counter is not None
        core.counter.door.connect(Room(open_to_all=open_to_all))
        core.dispatcher.connect(Platform.SLACK, channel)
        yield House(core, channel, documents)


def person(name: str) -> Person:
    """Somebody who is a member of the workspace."""
    return Person(platform=Platform.SLACK, tenant="T", id=name, name=name)


def private(name: str) -> Conversation:
    """Where somebody writes to the assistant alone."""
    return Conversation(platform=Platform.SLACK, tenant="T", channel=f"D-{name}", direct=True)
