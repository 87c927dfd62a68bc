"""Nobody takes the assistant from the others by asking without end."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from core.clock import SystemClock
from core.delivery.budgets import Budgets
from core.errors import OverBudget
from core.message import Edit, Stop
from core.policy import Policy
from core.store.records import Turn
from core.testing import FakeClock
from tests.delivery.conftest import Desk, open_desk
from tests.places import Place, SqlitePlace
from tests.samples import ANNA, BEN, HERE, arrival, conversation, message
from tests.trust.page import Note

MINUTES, A_MINUTE = 3, 1000
"""For how long somebody asks without end, and how often."""
FEW_TOKENS = Policy(settle_seconds=0, person_daily_tokens=5)
"""Fewer than one answer takes."""
TWO_EACH = Policy(settle_seconds=0, person_budget=2, channel_budget=3)


class Day(SystemClock):
    """Begins at six in the morning of UTC, whenever it is, and goes on to any day."""

    def __init__(self) -> None:
        self.ahead = datetime(2030, 3, 1, 6, tzinfo=UTC) - super().now()

    def now(self) -> datetime:
        return super().now() + self.ahead


@pytest.fixture
async def desk(place: Place) -> AsyncIterator[Desk]:
    async with open_desk(place, policy=TWO_EACH) as desk:
        yield desk


async def ask(desk: Desk, text: str, **more: object) -> None:
    await desk.accept(arrival(message(text, **more)))  # type: ignore[arg-type]  # passed on as given
    await desk.idle()


async def test_who_asks_too_much_is_told_once_and_then_left_unanswered(desk: Desk) -> None:
    for text in ("one", "two", "three", "four"):
        await ask(desk, text)
    answers, (notice,) = desk.texts[:2], desk.texts[2:]
    assert answers == ["echo: one", "echo: two"]
    assert notice.startswith("You have asked me a great deal")
    assert "about 10 minutes" in notice
    assert len(desk.engine.prompts) == 2


async def test_who_asks_too_much_hears_so_once_a_minute_in_however_many_threads(
    tmp_path: Path, record_property: Note
) -> None:
    clock, asked, told = FakeClock(), 0, list[float]()
    async with SqlitePlace(tmp_path / "frontdesk.db").open(clock) as store:
        budgets = Budgets(clock, store.spending)
        while clock.monotonic() < MINUTES * 60:
            place = conversation("c", f"t{asked}")
            asking = (message("again", where=place),)
            turn = Turn(id=f"t{asked}", conversation=place, attempt=1, messages=asking, posts=())
            try:
                await budgets.spend(turn, TWO_EACH)
            except OverBudget as refused:
                told.extend([] if refused.told else [clock.monotonic()])
            asked += 1
            await clock.advance(60 / A_MINUTE)
    assert len(told) == MINUTES
    assert min(after - before for before, after in pairwise(told)) >= 60
    record_property("S1", f"{asked:,} questions of one person in {MINUTES} minutes: {len(told)} notices")


async def test_others_are_answered_meanwhile(desk: Desk) -> None:
    for text in ("one", "two", "three"):
        await ask(desk, text)
    await ask(desk, "hello", sender=BEN)
    assert desk.texts[-1] == "echo: hello"


async def test_a_channel_has_a_budget_too(desk: Desk) -> None:
    for number, sender in enumerate((ANNA, ANNA, BEN, BEN)):
        await ask(desk, str(number), sender=sender, where=conversation("c", f"t{number}"))
    assert desk.texts[-1].startswith("This channel has asked me a great deal")
    await ask(desk, "elsewhere", sender=BEN, where=conversation("d", "t"))
    assert desk.texts[-1].startswith("You have asked me a great deal")


async def test_commands_cost_nothing(desk: Desk) -> None:
    for _ in range(4):
        await ask(desk, "", command="me")
    await ask(desk, "one")
    assert desk.texts[-1] == "echo: one"


async def test_nothing_is_limited_where_the_budget_is_zero(place: Place) -> None:
    policy = Policy(settle_seconds=0, person_budget=0, channel_budget=0)
    async with open_desk(place, policy=policy) as desk:
        for number in range(70):
            await ask(desk, str(number))
        assert desk.texts[-1] == "echo: 69"


async def test_who_has_something_left_is_answered_together_with_who_has_not(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0, person_budget=1)) as desk:
        await ask(desk, "one")
        await ask(desk, "two")
        await desk.accept_together(arrival(message("three")), arrival(message("mine", sender=BEN)))
        await desk.idle()
        assert desk.texts[-1] == "echo: three\nmine"


async def test_everybody_is_told_where_they_asked_that_the_channel_has_nothing_left(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0, channel_budget=1)) as desk:
        for number, sender in enumerate((ANNA, ANNA, BEN)):
            await ask(desk, str(number), sender=sender, where=conversation("c", f"t{number}"))
        assert [text.startswith("This channel has asked me") for text in desk.texts] == [False, True, True]


async def test_an_answer_that_stands_is_not_lost_to_a_spent_budget(desk: Desk) -> None:
    await ask(desk, "one", id="q")
    await ask(desk, "two")
    await desk.accept(arrival(Edit(message=message("uno", id="q"))))
    await desk.idle()
    assert desk.texts == ["echo: uno", "echo: two"]


async def test_who_had_the_tokens_of_a_day_hears_when_it_goes_on_also_after_a_restart(
    place: Place, record_property: Note
) -> None:
    clock = Day()
    held_off = _counted("held_off", budget="person_daily_tokens")
    async with open_desk(place, policy=FEW_TOKENS, clock=clock) as desk:
        await ask(desk, "one")
    async with open_desk(place, policy=FEW_TOKENS, clock=clock) as desk:
        await ask(desk, "two")
        await ask(desk, "mine", sender=BEN)
        refusal, answer = desk.texts
        assert refusal.startswith("You have had all the answers that I can give you within a day.")
        assert refusal.endswith("in about 18 hours.")
        assert answer == "echo: mine"
        await ask(desk, "", command="me")
        assert len(desk.engine.prompts) == 1
        assert (await desk.store.spending.today([ANNA.key]))[ANNA.key] > 5
        clock.ahead += timedelta(hours=18)
        await ask(desk, "three")
        assert desk.texts[-1] == "echo: three"
    assert _counted("held_off", budget="person_daily_tokens") == held_off + 1
    record_property("S1", "tokens of a day are counted in the database: a restart forgives nothing")


async def test_an_answer_that_is_stopped_has_cost_what_was_read_and_written(place: Place) -> None:
    before = {kind: _counted("tokens", platform="terminal", kind=kind) for kind in ("read", "written")}
    async with open_desk(place, policy=FEW_TOKENS, clock=Day()) as desk:
        desk.engine.say("one two three four")
        desk.engine.hold.clear()
        await desk.accept(arrival(message("count")))
        await desk.until(lambda: bool(desk.engine.prompts))  # then the model has written two words
        await desk.accept(arrival(Stop(conversation=HERE, person=ANNA)))
        await desk.idle()
        read = len(desk.engine.prompts[0].split())
        assert await desk.store.spending.today([ANNA.key, BEN.key]) == {ANNA.key: read + 2, BEN.key: 0}
    after = {kind: _counted("tokens", platform="terminal", kind=kind) for kind in ("read", "written")}
    assert after == {"read": before["read"] + read, "written": before["written"] + 2}


async def test_cores_count_the_tokens_of_a_person_together_wherever_they_ask(place: Place) -> None:
    policy, clock = Policy(settle_seconds=0, person_budget=0, person_daily_tokens=1_000_000), Day()
    async with (
        open_desk(place, policy=policy, clock=clock) as one,
        open_desk(place, policy=policy, clock=clock) as two,
    ):
        asked = [arrival(message(str(number), where=conversation(f"c{number}"))) for number in range(12)]
        await asyncio.gather(one.accept(*asked[::2]), two.accept(*asked[1::2]))
        await one.idle()
        await two.idle()
        texts = [*one.engine.prompts, *two.engine.prompts, *one.texts, *two.texts]
        assert len(texts) == 24
        spent = await one.store.spending.today([ANNA.key])
    assert spent == {ANNA.key: sum(len(text.split()) for text in texts)}


async def test_nothing_is_counted_for_whom_nothing_is_limited(desk: Desk) -> None:
    await ask(desk, "one")
    assert await desk.store.spending.today([ANNA.key]) == {ANNA.key: 0}


def _counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"frontdesk_{name}_total", labels) or 0.0
