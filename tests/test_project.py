"""The files around the code: the examples load, and the hooks are those of `make lint`."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from core import policy
from core.message import Conversation, Platform
from core.settings import environment_names
from tests.docs.pages import code_spans

ROOT = Path(__file__).parents[1]


def test_the_example_of_the_policy_file_loads() -> None:
    example = policy.load(ROOT / "frontdesk.example.yaml")
    assert example.assistant == policy.Policy()
    help_channel = Conversation(platform=Platform.SLACK, tenant="T1", channel="C0HELP")
    assert not example.for_conversation(help_channel).follow_threads


def test_the_example_of_the_policy_file_names_every_setting() -> None:
    written = yaml.safe_load((ROOT / "frontdesk.example.yaml").read_text(encoding="utf-8"))
    assert sorted(written["assistant"]) == sorted(policy.Policy.model_fields)


def test_the_page_on_configuration_names_every_setting() -> None:
    page = ROOT / "docs" / "configuration.md"
    assert {*environment_names().values(), *policy.Policy.model_fields} - set(code_spans(page)) == set()


def test_the_hooks_before_a_commit_are_the_linters_of_make() -> None:
    config = ROOT / ".pre-commit-config.yaml"
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-config", config], check=True)
    (local,) = yaml.safe_load(config.read_text(encoding="utf-8"))["repos"]
    hooked = {Path(hook["entry"].split()[0]).name for hook in local["hooks"]}
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    assert hooked == set(re.findall(r"\$\(BIN\)/([\w-]+)", recipe))


def test_the_changelog_knows_this_version_or_what_comes_next() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert {"Unreleased", version} & set(headings)


@pytest.mark.parametrize("name", ["LICENSE", "SECURITY.md", "CONTRIBUTING.md", "README.md"])
def test_what_a_newcomer_looks_for_is_there(name: str) -> None:
    assert len((ROOT / name).read_text(encoding="utf-8")) > 500
