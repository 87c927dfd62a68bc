"""Whether people fare alike in daily use shows from what is kept anyway, and of nobody alone."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import main
from bots.store import opened_store
from core.fairness.monitor import ANONYMOUS, Compared, compare
from core.message import Addressing, Arrival, Conversation, Message, Person, Platform, Post, Rating, Reply
from core.settings import Settings
from core.store.ports import Store
from core.store.records import Outcome, Served, Ticket, TurnState
from core.testing import FakeClock


def served(language: str, people: int, handed_over: int, *, judging: int = 0, satisfied: int = 0) -> Served:
    return Served(
        platform="telegram",
        direct=True,
        language=language,
        people=people,
        handed_over=handed_over,
        judging=judging,
        satisfied=satisfied,
    )


def by_group(found: list[Compared]) -> dict[tuple[str, str], Compared]:
    return {(each.group, each.outcome): each for each in found}


def test_a_language_whose_people_are_handed_over_more_often_is_told() -> None:
    found = by_group(compare([served("de", 200, 20), served("es", 100, 40)]))
    spanish = found["es", "handed over"]
    assert spanish.differs
    assert (spanish.share, spanish.others) == (0.4, 0.1)
    assert 0.1 < spanish.low < 0.3 < spanish.high < 0.5
    assert found["de", "handed over"].high == pytest.approx(-spanish.low)


def test_chance_is_no_difference() -> None:
    assert not any(each.differs for each in compare([served("de", 200, 22), served("es", 100, 13)]))


@pytest.mark.parametrize(("inside", "outside"), [(ANONYMOUS - 1, 500), (500, ANONYMOUS - 1)])
def test_a_group_shows_only_where_nobody_stands_out_in_it_or_beside_it(inside: int, outside: int) -> None:
    assert compare([served("de", inside, inside), served("es", outside, 0)]) == []
    assert len(compare([served("de", ANONYMOUS, 0), served("es", ANONYMOUS, 0)])) == 2


def test_who_did_not_judge_is_not_counted_as_dissatisfied() -> None:
    found = by_group(
        compare(
            [served("de", 400, 0, judging=50, satisfied=40), served("es", 90, 0, judging=40, satisfied=8)]
        )
    )
    assert found["es", "satisfied"].share == pytest.approx(0.2)
    assert found["es", "satisfied"].differs


START = datetime(2026, 11, 1, tzinfo=UTC)


async def answered(store: Store, number: int, person: Person, *, hand_over: bool = False) -> str:
    place = Conversation(platform=Platform.TELEGRAM, tenant="1", channel=person.id, direct=True)
    message = Message(
        id=str(number),
        conversation=place,
        sender=person,
        text="?",
        addressed=Addressing.DIRECT,
        sent_at=START,
    )
    await store.inbox.accept(Arrival(key=f"k{number}", event=message))
    assert await store.leases.take(f"conversation:{place.key}")
    entries = await store.inbox.waiting(place.key)
    post = Post(id=f"p{number}", turn_id=f"t{number}", conversation=place, recipient=person)
    turn = await store.turns.begin(place, post, entries)
    desk = Conversation(platform=Platform.SLACK, tenant="1", channel="C1", thread=f"ticket-{number}")
    ticket = Ticket(
        number=number, customer=place, desk=desk, person=person, reason="customer_request", opened_at=START
    )
    outcome = Outcome(
        state=TurnState.ANSWERED,
        reply="!",
        parts=(Reply(text="!"),),
        route="chat",
        ticket=ticket if hand_over else None,
    )
    await store.turns.finish(turn, outcome, [post])
    await store.leases.drop(f"conversation:{place.key}")
    return turn.id


async def live(home: Path, moment: datetime) -> None:
    configured = Settings(FRONTDESK_HOME=home)  # type: ignore[call-arg]  # fields are set by their alias
    async with opened_store(configured, FakeClock(moment)) as store:
        for number in range(2 * ANONYMOUS):
            spanish = number % 2 == 1
            language = "es-MX" if spanish else "de"
            person = Person(
                platform=Platform.TELEGRAM, tenant="1", id=str(number), name="N", language=language
            )
            turn = await answered(store, number + 1, person, hand_over=spanish and number > 3)
            await answered(store, 1000 + number, person)
            place = Conversation(platform=Platform.TELEGRAM, tenant="1", channel=person.id, direct=True)
            verdict = "bad" if spanish else "good"
            await store.people.rate(Rating(conversation=place, person=person, verdict=verdict), turn)  # type: ignore[arg-type]  # one of them


def test_the_command_tells_of_people_by_what_the_store_keeps_of_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert "No two groups of 20 people" in CliRunner().invoke(main, ["fairness", "status"]).output
    now = datetime.now(UTC)
    monkeypatch.setattr("tests.fairness.test_monitor.START", now)
    asyncio.run(live(tmp_path, now))
    told = json.loads(CliRunner().invoke(main, ["fairness", "status", "--json"]).stdout)
    found = {(each["group"], each["outcome"]): each for each in told}
    assert (found["es", "handed over"]["share"], found["de", "handed over"]["share"]) == (0.9, 0.0)
    assert (found["es", "satisfied"]["share"], found["de", "satisfied"]["share"]) == (0.0, 1.0)
    assert found["es", "handed over"]["people"] == ANONYMOUS
    assert all(each["differs"] for each in told if each["by"] == "language")
    shown = CliRunner().invoke(main, ["fairness", "status", "--days", "1"])
    assert shown.exit_code == 0
    assert "handed over" in shown.output
