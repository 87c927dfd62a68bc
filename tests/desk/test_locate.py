"""An agent's words in a thread whose beginning is not written down yet are neither lost nor misunderstood."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from core.desk.door import Door
from core.desk.joining import Joining
from core.desk.relays import Said, say
from core.desk.switchboard import CARD_DUE, HelpDesk
from core.desk_policy import DeskSection
from core.errors import StoreError
from core.message import Addressing, Platform
from core.policy import Policies
from core.store.ports import Store
from core.store.sqlite.store import open_store
from core.testing import FakeClock
from tests.desk.samples import DESK, OPENED, ticket
from tests.samples import HERE, message

CHANNEL = replace(DESK, platform=Platform.SLACK, thread="")
HELD = replace(CHANNEL, thread=DESK.thread)
ANSWER = message("hello", where=replace(CHANNEL, thread="17.5"), addressed=Addressing.THREAD)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(OPENED)


@pytest.fixture
async def store(tmp_path: Path, clock: FakeClock) -> AsyncIterator[Store]:
    """One ticket, whose card is on its way."""
    async with open_store(tmp_path / "frontdesk.db", clock) as store:
        words = [say(HELD, "card:1", Said(text="card")), say(HERE, "told:1", Said(text="ticket 1"))]
        await store.tickets.change(ticket(desk=HELD), words)
        yield store


@pytest.fixture
def desk(store: Store, clock: FakeClock) -> HelpDesk:
    section = DeskSection(platform="slack", channel=CHANNEL.channel)
    return HelpDesk(
        policies=Policies(),
        store=store,
        door=(door := Door()),
        joining=Joining(store, door, clock),
        section=section,
        clock=clock,
        language="en",
    )


async def test_it_must_come_again_until_the_thread_is_known(desk: HelpDesk, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="come again"):
        await desk.locate(ANSWER)
    with closing(sqlite3.connect(tmp_path / "frontdesk.db")) as connection, connection:
        connection.execute("UPDATE tickets SET thread = '17.5'")
    assert (await desk.locate(ANSWER)).conversation == HELD


async def test_a_card_that_never_came_holds_no_other_thread_up(desk: HelpDesk, clock: FakeClock) -> None:
    await clock.advance(CARD_DUE.total_seconds())
    assert await desk.locate(ANSWER) == ANSWER


async def test_what_is_written_elsewhere_is_left_alone(desk: HelpDesk) -> None:
    elsewhere = message("hello", where=replace(CHANNEL, channel="other", thread="17.5"))
    at_the_root = message("hello", where=CHANNEL)
    assert await desk.locate(elsewhere) == elsewhere
    assert await desk.locate(at_the_root) == at_the_root
