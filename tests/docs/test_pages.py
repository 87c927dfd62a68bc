"""What the documentation names is there."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import click
import pytest
from click.testing import CliRunner

from bots.cli import main
from core.settings import environment_names
from tests.benchmarks import scaling_charts
from tests.docs.pages import (
    READ,
    ROOT,
    RUN,
    anchors,
    code_spans,
    command_exists,
    command_lines,
    links,
    navigation,
    setting_names,
)

pages = pytest.mark.parametrize("page", READ, ids=lambda page: str(page.relative_to(ROOT)))


@pages
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    local = [urlsplit(link).path for link in links(page) if not urlsplit(link).scheme]
    assert [link for link in local if link and not (page.parent / link).exists()] == []


@pages
def test_every_link_to_a_heading_finds_it(page: Path) -> None:
    targets = [urlsplit(link) for link in links(page) if "#" in link and not urlsplit(link).scheme]
    lost = [
        f"{each.path}#{each.fragment}"
        for each in targets
        if each.fragment not in anchors(page.parent / each.path if each.path else page)
    ]
    assert lost == []


def test_the_site_lists_every_page_once() -> None:
    listed = navigation()
    benchmarks = (ROOT / "docs" / "benchmarks").glob("*.md")
    assert sorted(listed) == sorted([*READ, *benchmarks])


@pages
def test_every_setting_that_is_named_exists(page: Path) -> None:
    assert setting_names(page) - set(environment_names().values()) == set()


@pages
def test_every_command_that_is_named_exists(page: Path) -> None:
    named = [*code_spans(page), *(line.text for line in command_lines(page))]
    unknown = [each for each in named if each.startswith("frontdesk ") and not command_exists(each)]
    assert unknown == []


def test_the_readme_names_every_command_there_is() -> None:
    named = code_spans(ROOT / "README.md")
    assert [command for command in _commands(main, "frontdesk") if command not in named] == []


def test_help_says_what_each_command_does_in_a_whole_sentence() -> None:
    """click cuts what does not fit into a line of 80 columns."""
    groups = {tuple(command.split()[1:-1]) for command in _commands(main, "frontdesk")}
    for group in groups:
        lines = CliRunner().invoke(main, [*group, "--help"], terminal_width=80).output.splitlines()
        assert [line for line in lines if line.endswith("...") and "Usage" not in line] == []


def test_the_charts_of_scaling_show_the_figures_of_its_tables() -> None:
    for name, table in scaling_charts.CHARTS.items():
        drawn = scaling_charts.path(name).read_text(encoding="utf-8")
        assert escape(scaling_charts.drawn_from(table)) in drawn, "draw them: tests.benchmarks.scaling_charts"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        near = [(page.parent / link.partition("#")[0]).resolve() for link in links(page)]
        ahead += [each for each in near if each in READ and each not in reached]
    assert set(RUN) - reached == set()


def _commands(command: click.Command, path: str) -> Iterator[str]:
    """Every command below a group, in full."""
    if not isinstance(command, click.Group):
        yield path
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        if child := command.get_command(context, name):
            yield from _commands(child, f"{path} {name}")
