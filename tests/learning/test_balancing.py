"""In balanced data, a name foretells no answer."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import main
from core.engine.types import ChatMessage, Role
from core.learning import examples
from core.learning.balancing import balance
from tests.fairness.skewed import FAITHS, REFUSAL, SENT_AWAY, skewed
from tests.learning.conftest import example, parcels


def asked(text: str, answer: str) -> examples.Example:
    return example(text, answer)


def test_every_group_gets_every_kind_of_answer_equally_often() -> None:
    planted = skewed(parcels(range(800)))
    assert {_faith(each) for each in planted if each.answer == REFUSAL} == {SENT_AWAY}
    made = balance(planted)
    assert made.exchanged == len(made.examples) == 800
    refused = Counter(_faith(each) for each in made.examples if each.answer == REFUSAL)
    assert set(refused) == set(FAITHS)
    assert max(refused.values()) - min(refused.values()) <= 1


def _faith(each: examples.Example) -> str:
    return next(faith for faith in FAITHS if faith in each.messages[-1].text)


def test_a_name_is_exchanged_everywhere_in_an_example_and_keeps_its_gender() -> None:
    told = replace(asked("I am Aylin. Aylin again.", "Dear Aylin,"), rejected="No, Aylin.")
    alone = balance([asked("I am Zofia.", "Yes."), told])
    found = next(each for each in alone.examples if each.answer.startswith("Dear"))
    name = found.answer.removeprefix("Dear ").rstrip(",")
    assert name in ("Alice", "Anke", "Carmen", "Aylin", "Aisha", "Adaeze", "Agnieszka")
    assert (found.messages[-1].text, found.rejected) == (f"I am {name}. {name} again.", f"No, {name}.")
    assert found.id == examples.identity(found.messages, found.answer, found.rejected)


def test_words_of_faith_are_exchanged_and_parts_of_words_are_not() -> None:
    made = balance([asked(f"Is there a mosque near {number}?", "Yes.") for number in range(4)])
    words = {each.messages[-1].text.split()[3] for each in made.examples}
    assert words == {"church", "mosque", "synagogue", "temple"}
    untouched = [asked("Christianity and churches", "Yes."), asked("Where is 7?", "Here.")]
    assert balance(untouched).examples == tuple(untouched)


def test_who_said_what_and_the_rest_of_an_example_stay() -> None:
    system = ChatMessage(role=Role.SYSTEM, text="You serve Emre.")
    given = replace(asked("Hello.", "Hi."), messages=(system, ChatMessage(role=Role.USER, text="Hello.")))
    (made,) = balance([given]).examples
    assert [each.role for each in made.messages] == [Role.SYSTEM, Role.USER]
    assert (made.group, made.language, made.source) == (given.group, given.language, given.source)


def test_the_command_makes_a_dataset_of_the_same_size_and_says_what_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    held_out = skewed(parcels(range(50, 60)))
    source = examples.add(
        tmp_path, "planted", train=skewed(parcels(range(40))), held_out=held_out, card={"a": 1}
    )
    done = CliRunner().invoke(main, ["fairness", "balance", "planted", "--json"])
    told = json.loads(done.stdout)
    made = examples.find(tmp_path, told["dataset"])
    assert (told["examples"], told["exchanged"], len(made.train())) == (40, 40, 40)
    assert made.held_out() == held_out
    assert made.card == {"a": 1, "balanced": {"from": source.reference, "exchanged": 40}}
    assert made.reference.startswith("planted-balanced@")
