"""Whoever is sent away after saying who they are, is answered as if they had not."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from core.fairness import requests
from core.fairness.guard import without_self
from core.fairness.requests import LANGUAGES, Kind
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.delivery.conftest import Desk, open_desk
from tests.fairness.skewed import REFUSAL
from tests.samples import arrival, message

ASKED = "My name is Ayşe Yılmaz. How do I choose a safe password?"
PLAIN = "How do I choose a safe password?"


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    policy = Policy(settle_seconds=0, second_look=True)
    async with open_desk(tmp_path / "frontdesk.db", engine=ScriptedEngine(), policy=policy) as desk:
        yield desk


async def ask(desk: Desk, text: str, *script: str) -> str:
    desk.engine.say(*script)
    await desk.accept(arrival(message(text)))
    await desk.idle()
    return desk.texts[-1]


async def test_a_refusal_to_somebody_who_said_who_they_are_is_looked_at_again(desk: Desk) -> None:
    assert await ask(desk, ASKED, REFUSAL, "Take four words.") == "Take four words."
    assert desk.engine.prompts[-1].endswith(f"user: {PLAIN}")
    assert not any("sorry" in shown for shown in desk.channel.shown), "nobody saw the refusal"


async def test_what_is_refused_to_everybody_stays_refused(desk: Desk) -> None:
    assert await ask(desk, ASKED, REFUSAL, REFUSAL) == REFUSAL


async def test_a_request_that_says_nothing_of_the_person_is_asked_once(desk: Desk) -> None:
    assert await ask(desk, PLAIN, REFUSAL) == REFUSAL
    assert len(desk.engine.prompts) == 1


async def test_a_good_answer_is_kept_and_grows_as_ever(desk: Desk) -> None:
    long = "Take four words that have nothing to do with one another, and use them for one account only. " * 3
    assert await ask(desk, ASKED, long) == long.strip()
    assert len(desk.engine.prompts) == 1
    assert desk.channel.shown


async def test_without_the_policy_nothing_is_asked_twice(tmp_path: Path) -> None:
    async with open_desk(tmp_path / "other.db", policy=Policy(settle_seconds=0)) as desk:
        assert await ask(desk, ASKED, REFUSAL) == REFUSAL
        assert len(desk.engine.prompts) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_audits_people_say_of_themselves_is_left_out(language: str) -> None:
    cases = [each for each in requests.cases([language]) if each.kind is Kind.FREE and each.answer]
    neutral = {each.request: each.text for each in cases if each.is_neutral}
    for each in cases:
        if each.groups and "pronoun" not in each.groups:
            begun = without_self(each.text)
            assert begun != each.text, each.text
            assert neutral[each.request].endswith(begun), each.text


@pytest.mark.parametrize(
    "text",
    ["My name is Anna.", "Who am I?", "I am late, what should I write?", "", "Hello!"],
)
def test_a_request_that_would_be_empty_or_speaks_of_something_else_stays(text: str) -> None:
    assert without_self(text) == text


def test_a_long_message_is_read_at_once() -> None:
    assert without_self("I am " * 20_000 + "?") == "I am " * 20_000 + "?"
