"""The files to deploy Frontdesk with name settings, commands, extras and parts that there are."""

import configparser
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from core.settings import environment_names
from tests.docs.pages import ROOT, command_exists, setting_names

DEPLOY = ROOT / "examples" / "deploy"
FILES = sorted(each for each in DEPLOY.rglob("*") if each.is_file())

files = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(DEPLOY)))


@pytest.mark.parametrize(
    "file", [each for each in FILES if each.suffix != ".conf"], ids=lambda file: str(file.relative_to(DEPLOY))
)  # servers of others have names of their own
def test_every_setting_that_is_named_exists(file: Path) -> None:
    assert setting_names(file) - set(environment_names().values()) == set()


@files
def test_every_extra_that_is_named_exists(file: Path) -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = re.findall(r"EXTRAS[=:] *\"?\[([\w,]+)\]", file.read_text())
    assert {each for group in named for each in group.split(",")} - set(extras) == set()


@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda unit: unit.name)
def test_units_start_commands_that_there_are(unit: Path) -> None:
    sections = configparser.ConfigParser(strict=False, interpolation=None)
    sections.optionxform = str  # type: ignore[assignment, method-assign]  # names as they are written
    sections.read(unit)
    program, _, arguments = sections["Service"]["ExecStart"].partition(" ")
    assert Path(program).name == "frontdesk" and command_exists(f"frontdesk {arguments}")
    assert {"Unit", "Service"} <= set(sections)


def test_the_container_starts_a_command_that_there_is() -> None:
    lines = (DEPLOY / "Containerfile").read_text().splitlines()
    (entry,) = [line for line in lines if line.startswith("ENTRYPOINT")]
    (command,) = [line for line in lines if line.startswith("CMD")]
    words = [*yaml.safe_load(entry.split(" ", 1)[1]), *yaml.safe_load(command.split(" ", 1)[1])]
    assert command_exists(" ".join(words))
