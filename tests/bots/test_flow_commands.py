"""`frontdesk flow`: what it prints, and how it ends."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots.cli import main
from tests.dialogue.test_flows import EXAMPLES, RETURN


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A flow with a step that nothing leads to."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "give_back.yaml").write_text(RETURN.replace("{no: stopped}", "{no: large}"))
    return tmp_path


def test_check_names_file_and_line_and_fails(folder: Path) -> None:
    result = CliRunner().invoke(main, ["flow", "check", str(folder)])
    assert result.exit_code == 1
    assert f"{folder / 'give_back.yaml'}, line 23: no way leads to this step" in result.output
    result = CliRunner().invoke(main, ["flow", "check", str(folder), "--json"])
    assert result.exit_code == 1
    assert [fault["line"] for fault in json.loads(result.output)["faults"]] == [23]


def test_dialogues_are_reported_one_by_one(folder: Path) -> None:
    (folder / "give_back.test.yaml").write_text(
        "dialogues:\n- {name: good, turns: [{says: Give back, sees: [Which order]}]}\n"
        "- {name: bad, turns: [{says: Give back, sees: [a cake]}]}\n"
    )
    result = CliRunner().invoke(main, ["flow", "test", "--scripted", "--json", str(folder)])
    assert result.exit_code == 1
    assert {each["name"]: len(each["faults"]) for each in json.loads(result.output)} == {"good": 0, "bad": 1}


def test_the_schema_is_that_of_the_files() -> None:
    schema = json.loads(CliRunner().invoke(main, ["flow", "schema"]).output)
    assert {"flow", "title", "steps"} <= set(schema["required"])


def test_a_flow_that_is_not_there_is_named(folder: Path) -> None:
    result = CliRunner().invoke(main, ["flow", "draw", "nowhere", str(EXAMPLES)])
    assert result.exit_code == 1
    assert "There is no flow 'nowhere'; there are: meeting_room, order_return, sick_leave." in result.output
