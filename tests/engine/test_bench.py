"""The figures that capacity is planned with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import main
from core.engine import bench
from core.engine.provision import convert
from core.engine.shelf import Shelf
from core.testing import ScriptedEngine
from tests.engine.tiny import LLAMA, make_weights, write_gguf


async def test_everybody_is_answered_at_least_once_and_all_of_it_counts() -> None:
    engine = ScriptedEngine()
    served = await bench.serve(engine, 3, 0.0)
    assert len(engine.prompts) == 3 == len(set(engine.prompts))
    assert served.people == 3 and served.answers_per_hour > 0
    assert 0 <= served.first_token_median <= served.first_token_p95


def test_crowds_double_up_to_the_most() -> None:
    assert [*bench.crowds(1)] == [1]
    assert [*bench.crowds(12)] == [1, 2, 4, 8]


def test_the_command_measures_a_model_of_the_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("FRONTDESK_DEVICE", "cpu")
    convert(write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA)), Shelf(tmp_path / "home"), name="tiny")
    done = CliRunner().invoke(main, ["model", "bench", "--seconds", "0.05", "--people", "2", "--json"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["model"].startswith("tiny@")
    assert [each["people"] for each in report["served"]] == [1, 2]
    assert all(each["tokens_per_second"] > 0 for each in report["served"])
