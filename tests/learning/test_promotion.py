"""A candidate takes over when it proved better, and not before."""

from pathlib import Path

import pytest

from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError, NotProved
from core.learning import promotion
from core.learning.evaluation import comparing, report
from core.learning.evaluation.gates import judge
from core.learning_policy import Gates
from tests.learning.test_evaluation import made

GATES = Gates()


def evaluated(
    home: Path, serving: ShelvedModel, candidate: ShelvedModel, *, nats: float, dataset: str = "parcels@1"
) -> None:
    """Keep an evaluation in which the candidate gives right answers so many nats, the serving model 20."""
    comparison = comparing.compare(
        dataset, made(serving.reference, right=4, nats=20.0), made(candidate.reference, nats=nats)
    )
    report.save(home, comparison, judge(comparison, GATES), None)


@pytest.fixture
def shelf(tmp_path: Path, base: ShelvedModel, candidate: ShelvedModel) -> Shelf:
    return Shelf(tmp_path)


def test_a_candidate_that_proved_better_answers_and_there_is_a_way_back(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    evaluated(tmp_path, base, candidate, nats=10.0)
    made_now = promotion.promote(tmp_path, shelf, candidate, GATES, despite=False)
    assert (made_now.before, made_now.model) == (base.reference, candidate.reference)
    assert (made_now.evaluations, made_now.despite) == (("parcels@1",), ())
    assert shelf.active() == candidate.reference
    back = promotion.rollback(tmp_path, shelf)
    assert shelf.active() == base.reference
    assert promotion.history(tmp_path) == [made_now, back]


def test_a_candidate_that_was_not_evaluated_is_refused(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    with pytest.raises(NotProved, match="frontdesk learn evaluate other@"):
        promotion.promote(tmp_path, shelf, candidate, GATES, despite=False)
    assert shelf.active() == base.reference
    assert promotion.history(tmp_path) == []


def test_a_candidate_that_failed_is_refused_with_the_reasons(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    evaluated(tmp_path, base, candidate, nats=21.0)
    with pytest.raises(NotProved, match=r"On parcels@1: Perplexity of the right answers: may be 1\.11 times"):
        promotion.promote(tmp_path, shelf, candidate, GATES, despite=False)
    assert shelf.active() == base.reference


def test_it_must_pass_on_every_dataset_and_the_newest_evaluation_counts(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    evaluated(tmp_path, base, candidate, nats=10.0)
    evaluated(tmp_path, base, candidate, nats=21.0, dataset="letters@1")
    with pytest.raises(NotProved, match="On letters@1"):
        promotion.promote(tmp_path, shelf, candidate, GATES, despite=False)
    evaluated(tmp_path, base, candidate, nats=10.0, dataset="letters@1")
    assert promotion.promote(tmp_path, shelf, candidate, GATES, despite=False).despite == ()


def test_an_evaluation_against_another_model_proves_nothing(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    comparison = comparing.compare("parcels@1", made("old@1", right=4, nats=20.0), made(candidate.reference))
    report.save(tmp_path, comparison, judge(comparison, GATES), None)
    with pytest.raises(NotProved, match=f"not compared with {base.reference}"):
        promotion.promote(tmp_path, shelf, candidate, GATES, despite=False)


def test_older_evaluations_are_judged_by_the_gates_of_today(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    evaluated(tmp_path, base, candidate, nats=10.0)
    with pytest.raises(NotProved):
        promotion.promote(tmp_path, shelf, candidate, Gates(perplexity=0.1), despite=False)


def test_it_can_be_promoted_despite_its_gates_and_that_is_written_down(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    evaluated(tmp_path, base, candidate, nats=21.0)
    made_now = promotion.promote(tmp_path, shelf, candidate, GATES, despite=True)
    assert made_now.despite[0].startswith("On parcels@1: Perplexity")
    assert shelf.active() == candidate.reference


def test_a_damaged_model_is_never_promoted(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel, candidate: ShelvedModel
) -> None:
    (candidate.folder / "model.bin").write_bytes(b"other")
    with pytest.raises(ModelError, match=r"damaged \(model\.bin\)"):
        promotion.promote(tmp_path, shelf, candidate, GATES, despite=True)


def test_what_answers_already_and_what_has_no_way_back_is_said(
    tmp_path: Path, shelf: Shelf, base: ShelvedModel
) -> None:
    with pytest.raises(ModelError, match="answers already"):
        promotion.promote(tmp_path, shelf, base, GATES, despite=False)
    with pytest.raises(ModelError, match="no model to go back to"):
        promotion.rollback(tmp_path, shelf)
