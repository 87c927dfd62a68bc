"""`frontdesk learn` as a person or a script uses it."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bots.cli import main
from core.engine.shelf import ShelvedModel
from core.learning.examples import Dataset
from core.learning.training import run as training


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["learn", *map(str, arguments)])


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
        "exact",
        "preference",
        "contrast",
        "speed",
    ]
    assert Path(told["page"]).is_file()


def test_a_model_is_not_compared_with_itself(base: ShelvedModel, dataset: Dataset) -> None:
    result = run("evaluate", "tiny", "parcels")
    assert result.exit_code == 1
    assert "there is nothing to compare" in result.stderr
