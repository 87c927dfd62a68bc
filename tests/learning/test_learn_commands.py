"""`frontdesk learn` as a person or a script uses it."""

import asyncio
import json
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bots.cli import main
from bots.store import DATABASE
from core.clock import SystemClock
from core.engine.shelf import ShelvedModel
from core.learning import examples, lineage
from core.learning.evaluation import pairs
from core.learning.examples import Dataset
from core.learning.training import run as training
from core.learning.training.plan import RUNS, Limits, Parameters
from core.store.sqlite.store import open_store
from tests.learning.conftest import parcels
from tests.learning.test_canary import answer


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["learn", *map(str, arguments)])


def learns(candidate: ShelvedModel, base: ShelvedModel, dataset: Dataset) -> None:
    """The candidate is one that was trained on the dataset."""
    record = lineage.Lineage(
        model=candidate.reference,
        run="abc",
        dataset=dataset.reference,
        examples=16,
        left_out=0,
        base=base.reference,
        weights_sha256="0" * 64,
        parameters=Parameters(),
        threads=1,
        precision="float32",
        packages={"torch": "2.13.0"},
        fidelity=lineage.Fidelity(divergence=0.01, agreement=1.0),
        curve=(lineage.Point(step=1, loss=2.0), lineage.Point(step=2, loss=1.0)),
        created=datetime(2026, 1, 1, tzinfo=UTC),
    )
    lineage.write(record, candidate.folder)


def test_a_dataset_that_is_not_there_is_told_with_those_that_are(
    base: ShelvedModel, dataset: Dataset, weights: Path
) -> None:
    result = run("train", "letters", "--weights", weights)
    assert result.exit_code == 1
    assert f"There is no dataset 'letters' in {dataset.folder.parent} (there: {dataset.reference})" in (
        result.stderr
    )


def test_weights_that_cannot_be_fetched_must_be_named(base: ShelvedModel, dataset: Dataset) -> None:
    result = run("train", "parcels")
    assert result.exit_code == 1
    assert "name the GGUF file it was converted from" in result.stderr


def test_a_candidate_may_not_take_the_name_of_its_base(
    base: ShelvedModel, dataset: Dataset, weights: Path
) -> None:
    result = run("train", "parcels", "--weights", weights, "--name", "tiny")
    assert result.exit_code == 1
    assert "is the base's own" in result.stderr


@pytest.mark.skipif(
    all(find_spec(name) is not None for name in training.EXTRA), reason="the extra `train` is installed"
)
def test_what_training_needs_is_told_before_anything_else(
    base: ShelvedModel, dataset: Dataset, weights: Path
) -> None:
    result = run("train", "parcels", "--weights", weights)
    assert result.exit_code == 1
    assert "docs/train.md says how to install it" in result.stderr


def test_a_candidate_is_compared_and_refused_with_reasons(
    home: Path, base: ShelvedModel, candidate: ShelvedModel, dataset: Dataset
) -> None:
    result = run("evaluate", candidate.reference, "parcels")
    assert result.exit_code == 0, result.output
    assert "It may not serve people." in result.stdout
    assert "Only 12 examples were held out, and 30 are asked for." in result.stdout
    told = json.loads(run("evaluate", "other", "parcels", "--json").stdout)
    assert told["passed"] is False
    assert [each["name"] for each in told["measures"]] == [
        "perplexity",
        "general_perplexity",
        "sway",
        "cliches",
        "exact",
        "preference",
        "contrast",
        "speed",
    ]
    assert Path(told["page"]).is_file()


def test_with_a_dataset_goes_what_was_made_of_it(
    home: Path, base: ShelvedModel, candidate: ShelvedModel, dataset: Dataset, weights: Path
) -> None:
    training.prepare(home, dataset, base, weights, Parameters(), Limits(threads=1, memory_mb=8000))
    assert run("evaluate", "other", "parcels").exit_code == 0
    assert len(pairs.matches(home)) == 1 and any((home / RUNS).iterdir())
    assert run("dataset", "remove", "parcels").exit_code == 0
    assert pairs.matches(home) == [] and not any((home / RUNS).iterdir())
    assert not dataset.folder.exists()


@pytest.mark.parametrize("command", ["evaluate", "judge"])
def test_of_who_withdrew_nothing_is_tried(
    home: Path, base: ShelvedModel, candidate: ShelvedModel, command: str
) -> None:
    held_out = parcels(range(30, 42))
    examples.add(home, "talks", train=[], held_out=held_out, card={"people": ["a1"]})
    assert run("evaluate", "other", "talks", "--against", "tiny").exit_code == 0
    before = pairs.matches(home)
    asyncio.run(_erased(home, "a1"))
    refused = run(command, "other", "talks", "--against", "tiny")
    assert (refused.exit_code, pairs.matches(home)) == (1, before)
    assert "1 person has withdrawn their consent" in refused.stderr


def test_a_candidate_is_not_tried_on_what_it_learnt(
    home: Path, base: ShelvedModel, candidate: ShelvedModel, dataset: Dataset
) -> None:
    learns(candidate, base, dataset)
    examples.add(home, "rebuilt", train=[], held_out=parcels(range(20, 42)), card={})
    told = json.loads(run("evaluate", "other", "rebuilt", "--against", "tiny", "--json").stdout)
    assert told["measures"][0]["examples"] == 18, "four of them are in its train part"
    tried = {each.id for each in parcels(range(24, 42))}
    assert {each.id for each in pairs.matches(home)[0].pairs} <= tried
    examples.add(home, "known", train=[], held_out=parcels(range(8, 24)), card={})
    refused = run("evaluate", "other", "known", "--against", "tiny")
    assert refused.exit_code == 1
    assert "holds nothing out to try a model on that the candidate has not learnt" in refused.stderr


def test_a_model_is_not_compared_with_itself(base: ShelvedModel, dataset: Dataset) -> None:
    result = run("evaluate", "tiny", "parcels")
    assert result.exit_code == 1
    assert "there is nothing to compare" in result.stderr


def test_a_candidate_is_promoted_only_when_it_proved_better(
    base: ShelvedModel, candidate: ShelvedModel, dataset: Dataset
) -> None:
    refused = run("promote", "other")
    assert refused.exit_code == 1
    assert "has not proved that it is better" in refused.stderr
    promoted = run("promote", "other", "--despite")
    assert "Despite: It was not compared" in promoted.stdout
    assert f"{candidate.reference} answers from now on; {base.reference} did before." in promoted.stdout
    assert json.loads(run("rollback", "--json").stdout)["model"] == base.reference
    told = json.loads(run("status", "--json").stdout)
    assert told["active"] == base.reference
    assert [each["action"] for each in told["history"]] == ["promote", "rollback"]


def test_a_pinned_model_goes_on_answering_and_that_is_said(
    base: ShelvedModel, candidate: ShelvedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_MODEL", "tiny")
    assert "But FRONTDESK_MODEL pins tiny" in run("promote", "other", "--despite").stdout


def test_the_state_and_the_lineage_of_a_trained_model_are_shown(
    home: Path, base: ShelvedModel, candidate: ShelvedModel, dataset: Dataset
) -> None:
    learns(candidate, base, dataset)
    [state] = json.loads(run("status", "--json").stdout)["candidates"]
    assert (state["model"], state["state"]) == (candidate.reference, "not evaluated")
    assert "not evaluated" in run("status").stdout
    run("evaluate", "other", "parcels")
    assert "refused by its gates" in run("status").stdout
    for reference in ("other", dataset.reference):
        assert json.loads(run("lineage", reference, "--json").stdout)["dataset"] == dataset.reference
    assert "2.000 to 1.000 in 2 steps" in run("lineage", "other").stdout
    asyncio.run(_answered(home, "t7", candidate.reference))
    assert json.loads(run("lineage", "t7", "--json").stdout)["model"] == candidate.reference
    assert "was not trained here" in run("lineage", "tiny").stderr


async def _answered(home: Path, turn_id: str, model: str) -> None:
    async with open_store(home / DATABASE, SystemClock()) as store:
        await answer(store, model, int(turn_id.removeprefix("t")), bad=False)


async def _erased(home: Path, person: str) -> None:
    async with open_store(home / DATABASE, SystemClock()) as store:
        await store.lessons.unlearn(person, SystemClock().now())
