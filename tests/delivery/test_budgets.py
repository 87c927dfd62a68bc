"""Nobody takes the assistant from the others by asking without end."""

from collections.abc import AsyncIterator
from itertools import pairwise

import pytest

from core.delivery.budgets import Budgets
from core.errors import OverBudget
from core.message import Edit
from core.policy import Policy
from core.store.records import Turn
from core.testing import FakeClock
from tests.delivery.conftest import Desk, open_desk
from tests.places import Place
from tests.samples import ANNA, BEN, arrival, conversation, message
from tests.trust.page import Note

MINUTES, A_MINUTE = 3, 1000
"""For how long somebody asks without end, and how often."""
TWO_EACH = Policy(settle_seconds=0, person_budget=2, channel_budget=3)


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
    record_property: Note,
) -> None:
    clock, asked, told = FakeClock(), 0, list[float]()
    budgets = Budgets(clock)
    while clock.monotonic() < MINUTES * 60:
        place = conversation("c", f"t{asked}")
        turn = Turn(
            id=f"t{asked}", conversation=place, attempt=1, messages=(message("again", where=place),), posts=()
        )
        try:
            budgets.spend(turn, TWO_EACH)
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
    async with open_desk(place, policy=Policy(settle_seconds=0.05, person_budget=1)) as desk:
        await ask(desk, "one")
        await ask(desk, "two")
        await desk.accept(arrival(message("three")), arrival(message("mine", sender=BEN)))
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
