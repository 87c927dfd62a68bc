"""`frontdesk model` as a person or a script uses it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bots.cli import main
from tests.engine.tiny import LLAMA, QWEN2, make_weights, write_gguf
from tests.engine.tiny_bert import make_bert, write_bert


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "home"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["model", *map(str, arguments)])


def convert_tiny(tmp_path: Path, name: str = "tiny") -> Result:
    shape = LLAMA if name == "tiny" else QWEN2
    return run(
        "convert", write_gguf(tmp_path / f"{name}.gguf", make_weights(shape)), "--name", name, "--json"
    )


def test_a_converted_model_is_listed_and_active(tmp_path: Path) -> None:
    converted = json.loads(convert_tiny(tmp_path).stdout)
    listed = json.loads(run("list", "--json").stdout)
    assert listed["models"] == [{**converted, "active": True}]
    assert converted["name"] == "tiny"
    assert converted["source"].startswith("tiny.gguf sha256:")
    assert Path(converted["folder"], "model.bin").is_file()
    assert "smollm2-135m" in [offer["name"] for offer in listed["catalogue"]]


def test_the_list_reads_well(tmp_path: Path) -> None:
    convert_tiny(tmp_path)
    shown = run("list").stdout
    assert "tiny" in shown
    assert "active" in shown
    assert "Apache-2.0" in shown


def test_another_model_can_be_used(tmp_path: Path) -> None:
    convert_tiny(tmp_path)
    convert_tiny(tmp_path, "other")
    used = run("use", "other").output
    assert used.startswith("other@")
    assert "No gate was asked" in used and "It was not compared with tiny@" in used
    active = {each["name"]: each["active"] for each in json.loads(run("list", "--json").stdout)["models"]}
    assert active == {"tiny": False, "other": True}


def test_a_sentence_encoder_is_listed_as_one_and_refused_for_chat(tmp_path: Path) -> None:
    source = write_bert(tmp_path / "bert", make_bert())
    assert json.loads(run("convert", source, "--name", "finder", "--json").stdout)["kind"] == "encoder"
    convert_tiny(tmp_path)
    listed = json.loads(run("list", "--json").stdout)
    assert [(each["name"], each["kind"], each["active"]) for each in listed["models"]] == [
        ("finder", "encoder", False),
        ("tiny", "chat", True),
    ]
    assert "minilm-l6-v2" in [offer["name"] for offer in listed["encoders"]]
    assert "encoder" in run("list").stdout
    for command in ("use", "calibrate"):
        refused = run(command, "finder")
        assert refused.exit_code != 0
        assert "is a sentence encoder: it finds passages and writes no answers" in refused.stderr


def test_what_is_here_is_not_pulled_again(tmp_path: Path) -> None:
    convert_tiny(tmp_path)
    assert "is here already" in run("pull", "tiny").output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("use", "nothing"), "run `frontdesk model pull`"),
        (("pull", "gpt-17"), "no model 'gpt-17' in the catalogue"),
        (("pull", "hf:"), "hf:OWNER/NAME"),
        (("convert", __file__, "--name", "tiny"), "not a GGUF file"),
        (("convert", __file__, "--name", "../up"), "cannot name a model"),
        (("convert", "/no/such/file", "--name", "tiny"), "does not exist"),
    ],
)
def test_mistakes_are_told_in_a_sentence(arguments: tuple[str, ...], complaint: str) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert complaint in result.stderr
    assert "Traceback" not in result.output


def test_calibrating_says_what_it_chose_and_keeps_it(tmp_path: Path) -> None:
    folder = Path(json.loads(convert_tiny(tmp_path).stdout)["folder"])
    result = run("calibrate", "tiny", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["model"].startswith("tiny@")
    assert told["reason"]
    assert told["tried"]
    [kept] = json.loads((folder / "calibration.json").read_text())
    assert kept["setting"] == told["setting"]
