"""`frontdesk learn`: from judged answers to a dataset, and what becomes of it when somebody withdraws."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bots.cli import main
from bots.store import DATABASE
from core.clock import SystemClock
from core.message import Addressing, Arrival, Conversation, Message, Person, Platform, Post, Rating
from core.store.ports import Store
from core.store.records import Consent, Draft, DraftState, Outcome, Turn, TurnState
from core.store.sqlite.store import open_store

PLACE = Conversation(platform=Platform.TELEGRAM, tenant="1", channel="7", direct=True)
MINA = Person(platform=Platform.TELEGRAM, tenant="1", id="7")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def learn(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(main, ["learn", *words], input=given)


def told(*words: str) -> Any:
    return json.loads(learn(*words, "--json").output)


def in_store(home: Path, act: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        home.mkdir(exist_ok=True)
        async with open_store(home / DATABASE, SystemClock()) as store:
            await act(store)

    asyncio.run(run())


async def asked(store: Store, number: int) -> Turn:
    """A turn that answers a question."""
    message = Message(
        id=str(number),
        conversation=PLACE,
        sender=MINA,
        text=f"question {number}",
        addressed=Addressing.DIRECT,
        sent_at=SystemClock().now(),
    )
    await store.inbox.accept(Arrival(key=f"k{number}", event=message))
    assert await store.leases.take(f"conversation:{PLACE.key}")
    entries = await store.inbox.waiting(PLACE.key)
    post = Post(id=f"p{number}", turn_id=f"t{number}", conversation=PLACE)
    return await store.turns.begin(PLACE, post, entries)


async def answered(store: Store, number: int) -> None:
    """A question that was answered, and found bad."""
    turn = await asked(store, number)
    outcome = Outcome(
        state=TurnState.ANSWERED, reply=f"answer {number}", parts=(), question=f"question {number}"
    )
    await store.turns.finish(turn, outcome, [])
    await store.people.rate(Rating(conversation=PLACE, person=MINA, verdict="bad"), turn.id)


async def decided(store: Store, *, granted: bool) -> None:
    now = SystemClock().now()
    consent = Consent(person=MINA.key, granted=granted, wording="May we?", conversation=PLACE.key, at=now)
    await store.lessons.decide(consent)


def test_reviewed_answers_become_a_dataset_until_their_person_withdraws(home: Path) -> None:
    async def begin(store: Store) -> None:
        for number in (1, 2, 3):
            await answered(store, number)

    in_store(home, begin)
    assert told("review", "list") == {"answers": [], "withheld": 3}

    in_store(home, lambda store: decided(store, granted=True))
    waiting = told("review", "list")
    assert [(each["question"], each["bad"]) for each in waiting["answers"]] == [
        ("question 1", 1),
        ("question 2", 1),
        ("question 3", 1),
    ]
    ids = [each["answer"] for each in waiting["answers"]]
    assert learn("review", "keep", ids[0], "--by", "Ana").exit_code == 0
    assert learn("review", "correct", ids[1], "--by", "Ana", given="the right answer\n").exit_code == 0
    assert learn("review", "discard", ids[2]).exit_code == 0
    assert told("review", "list")["answers"] == []
    reviewed = told("review", "list", "--all")["answers"]
    assert [each["review"] for each in reviewed] == ["keep", "correct", "discard"]
    assert reviewed[0]["reviewer"] == "Ana"

    card = told("dataset", "build", "style", "--held-out", "0")
    assert card["kinds"] == {"answer": 1, "preference": 1}
    assert (card["examples"], len(card["people"])) == ({"train": 2, "held_out": 0}, 1)
    assert told("dataset", "build", "style", "--held-out", "0")["dataset"] == card["dataset"]
    exported = learn("dataset", "export", "style", "preference").output
    assert json.loads(exported)["chosen"] == [{"role": "assistant", "content": "the right answer"}]

    in_store(home, lambda store: decided(store, granted=False))
    (row,) = told("dataset", "list")
    assert (row["dataset"], row["withdrawn"]) == (card["dataset"], 1)
    refused = learn("dataset", "build", "style")
    assert refused.exit_code == 1
    assert "There is nothing to learn from" in refused.output
    assert learn("review", "keep", ids[0]).exit_code == 1
    assert learn("dataset", "remove", "style").exit_code == 0
    assert told("dataset", "list") == []


def test_what_agents_make_of_suggested_answers_is_learnt_from(home: Path) -> None:
    async def begin(store: Store) -> None:
        for number, (state, sent) in enumerate([(DraftState.SENT, "draft 0"), (DraftState.EDITED, "better")]):
            turn = await asked(store, number)
            draft = Draft(
                id=f"d{number}",
                ticket=number,
                customer=PLACE.key,
                turn=turn.id,
                text=f"draft {number}",
                model="tiny@1",
            )
            await store.drafts.offer(draft, [])
            closed = replace(draft, state=state, sent=sent)
            silent = Outcome(state=TurnState.ANSWERED, reply="", parts=(), quiet=True, draft=closed)
            await store.turns.finish(turn, silent, [])
        await decided(store, granted=True)

    in_store(home, begin)
    assert told("review", "list")["answers"] == []
    by_agents = told("review", "list", "--all")["answers"]
    assert [(each["question"], each["review"], each["reviewer"]) for each in by_agents] == [
        ("question 0", "keep", "agent"),
        ("question 1", "correct", "agent"),
    ]
    assert told("dataset", "build", "desk", "--held-out", "0")["kinds"] == {"answer": 1, "preference": 1}
    assert learn("review", "discard", by_agents[0]["answer"], "--by", "Ana").exit_code == 0
    assert told("dataset", "build", "desk", "--held-out", "0")["kinds"] == {"preference": 1}


def test_files_of_the_operator_make_a_dataset_too(home: Path, tmp_path: Path) -> None:
    rows = "\n".join(f"What costs bread number {n}?,It costs {n} euros." for n in range(40))
    (tmp_path / "prices.csv").write_text(f"question,answer\n{rows}\n{rows}\n")
    card = told("dataset", "build", "prices", "--from", "prices.csv", "--licence", "our own")
    assert card["sources"] == {"file:prices.csv": 40}
    assert card["left_out"]["repeats"] == 40
    assert card["licences"] == ["our own"]
    assert 0 < card["examples"]["held_out"] < 20
    assert learn("dataset", "show", "prices").exit_code == 0


def test_a_correction_without_words_is_none() -> None:
    result = learn("review", "correct", "t1", given="  \n")
    assert result.exit_code == 1
    assert "There is no correction" in result.output
