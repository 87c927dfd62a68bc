"""Two models' answers side by side: who wins, how sure that is, and what hangs on the order."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.engine.types import Choice, Prompt
from core.errors import DatasetError
from core.learning import examples
from core.learning.evaluation import judging, pairs
from core.learning.evaluation.pairs import Match, Pair, Score, Verdict
from core.testing import ScriptedEngine

NOW = datetime(2026, 11, 27, tzinfo=UTC)
PAIRS = tuple(
    Pair(
        id=f"{number:064x}", question=f"question {number}", serving="At seven.", candidate="We open at seven."
    )
    for number in range(200)
)
MATCH = Match(candidate="house@1", serving="base@1", dataset="style@1", pairs=PAIRS)


@pytest.fixture(autouse=True)
def datasets(tmp_path: Path) -> Path:
    """Where both datasets lie that matches are of."""
    for reference in ("style@1", "other@1"):
        (tmp_path / examples.FOLDER / reference).mkdir(parents=True)
    return tmp_path / examples.FOLDER


def verdict(number: int, winner: pairs.Winner, reviewer: str = "Rita") -> Verdict:
    return Verdict(pair=PAIRS[number].id, winner=winner, reviewer=reviewer, at=NOW)


def test_which_stands_first_is_chance_for_each_reviewer_and_never_changes() -> None:
    orders = {name: [each.first(name) for each in PAIRS] for name in ("Rita", "Ben")}
    assert orders == {name: [each.first(name) for each in PAIRS] for name in ("Rita", "Ben")}
    assert all(60 < order.count("serving") < 140 for order in orders.values())
    assert orders["Rita"] != orders["Ben"]


def test_the_last_word_of_each_reviewer_counts_and_ties_count_for_neither(tmp_path: Path) -> None:
    pairs.save(tmp_path, MATCH)
    said = [verdict(0, "serving"), verdict(0, "candidate"), verdict(0, "serving", "Ben"), verdict(1, "tie")]
    for each in said:
        pairs.decide(tmp_path, MATCH, each)
    assert pairs.score(pairs.verdicts(tmp_path, MATCH)) == Score(wins=1, losses=1, ties=1)
    assert pairs.matches(tmp_path) == [MATCH]


def test_what_was_said_of_pairs_that_are_gone_counts_no_more(tmp_path: Path) -> None:
    pairs.save(tmp_path, MATCH)
    for number in (0, 1):
        pairs.decide(tmp_path, MATCH, verdict(number, "candidate"))
    shorter = replace(MATCH, pairs=PAIRS[1:])
    pairs.save(tmp_path, shorter)
    assert len(pairs.verdicts(tmp_path, shorter)) == 1


@given(trials=st.integers(1, 400), data=st.data())
def test_the_interval_holds_the_share_and_lies_between_none_and_all(trials: int, data: st.DataObject) -> None:
    found = pairs.wilson(data.draw(st.integers(0, trials)), trials)
    assert -1e-9 <= found.low <= found.value + 1e-9 and found.value - 1e-9 <= found.high <= 1 + 1e-9


def test_the_interval_is_that_of_the_textbook() -> None:
    found = pairs.wilson(8, 10)  # Newcombe 1998, method 3
    assert (round(found.low, 4), round(found.high, 4)) == (0.4902, 0.9433)


def test_a_match_goes_with_its_dataset(tmp_path: Path) -> None:
    pairs.save(tmp_path, MATCH)
    pairs.decide(tmp_path, MATCH, verdict(0, "candidate"))
    pairs.save(tmp_path, replace(MATCH, dataset="other@1"))
    pairs.forget(tmp_path, lambda dataset: dataset == "style@1")
    assert [each.dataset for each in pairs.matches(tmp_path)] == ["other@1"]
    assert b"question 0" not in b"".join(
        path.read_bytes() for path in (tmp_path / pairs.FOLDER).glob(f"{MATCH.name}*")
    )


def test_of_a_dataset_that_went_meanwhile_no_match_is_kept(tmp_path: Path, datasets: Path) -> None:
    (datasets / MATCH.dataset).rmdir()
    pairs.save(tmp_path, MATCH)
    assert pairs.matches(tmp_path) == []


def test_a_damaged_match_is_said(tmp_path: Path) -> None:
    pairs.save(tmp_path, MATCH)
    (tmp_path / pairs.FOLDER / f"{MATCH.name}.json").write_text("{")
    with pytest.raises(DatasetError, match="evaluate again"):
        pairs.matches(tmp_path)


class Partial(ScriptedEngine):
    """Always takes what stands in one place, or what says a word."""

    def __init__(self, *, word: str = "", place: int = 0) -> None:
        super().__init__()
        self._word, self._place = word, place

    async def choose(self, prompt: Prompt, options: object) -> Choice:
        first, second = prompt.text.split("Answer A: ")[1].split("Answer B: ")
        best = self._place if (self._word in first) == (self._word in second) else int(self._word in second)
        return Choice(options=("A", "B"), probabilities=(1.0, 0.0) if best == 0 else (0.0, 1.0))


async def test_a_judge_who_looks_at_the_place_alone_says_nothing_and_is_found_out() -> None:
    judged = await judging.judge(Partial(), PAIRS[:10], lambda done, total: None)
    assert (judged.wins, judged.losses, judged.torn, judged.first) == (0, 0, 10, 1.0)


async def test_a_judge_who_looks_at_the_answers_says_the_same_in_both_orders() -> None:
    judged = await judging.judge(Partial(word="We open"), PAIRS[:10], lambda done, total: None)
    assert (judged.wins, judged.losses, judged.torn, judged.first) == (10, 0, 0, 0.5)
    assert judged.longer == 1.0, "or at their length: it cannot be told here"
