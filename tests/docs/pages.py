"""The documentation, as tests read it."""

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click
from markdown_it import MarkdownIt

from bots.cli import main

ROOT = Path(__file__).parents[2]
RUN = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
"""Pages whose ```sh blocks are run, in order; what only illustrates is fenced as ```text."""
FLEET = ROOT / "docs" / "fleet.md"
"""Its commands need a machine with Postgres on it."""
READ = (*RUN, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md")


@dataclass(frozen=True, kw_only=True)
class Line:
    """A command line, with its continuations."""

    number: int
    text: str


def command_lines(page: Path) -> list[Line]:
    """Every command line of the page's ```sh blocks."""
    found: list[Line] = []
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "fence" and token.info == "sh" and token.map:
            found += _lines(token.content, token.map[0] + 2)
    return found


def _lines(block: str, first: int) -> list[Line]:
    lines: list[Line] = []
    number, text = first, ""
    for at, each in enumerate(block.splitlines(), first):
        number = at if not text else number
        text += each
        if text.endswith("\\") or text.count("'") % 2 or text.count('"') % 2:
            text += "\n"
        else:
            lines += [Line(number=number, text=text)] if text.strip() and not text.startswith("#") else []
            text = ""
    return lines


def links(page: Path) -> list[str]:
    """Where the page's links and pictures lead."""
    found = []
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8")):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            found += [str(target)] if target else []
    return found


def anchors(page: Path) -> set[str]:
    """Names by which the page's headings are linked to, as GitHub and MyST make them."""
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    headings = [after.content for token, after in pairwise(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def navigation() -> list[Path]:
    """The pages that the site lists, in its order."""
    index = ROOT / "docs" / "site" / "index.md"
    listed = re.findall(r"^.+ <(.+)>$", index.read_text(encoding="utf-8"), re.MULTILINE)
    return [(index.parent / f"{each}.md").resolve() for each in listed]


def command_exists(text: str) -> bool:
    """Whether the words after `frontdesk` are its commands, down to one that takes arguments."""
    command: click.Command = main
    for word in text.split()[1:]:
        if word.startswith("-") or word.isupper() or not isinstance(command, click.Group):
            return True
        found = command.get_command(click.Context(command), word)
        if found is None:
            return False
        command = found
    return True


def code_spans(page: Path) -> list[str]:
    """What the page sets as code within its sentences and tables."""
    return [
        child.content
        for token in MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
        for child in token.children or ()
        if child.type == "code_inline"
    ]


def setting_names(page: Path) -> set[str]:
    """Names of settings that the page mentions."""
    text = page.read_text(encoding="utf-8")
    return set(re.findall(r"\b(?:SLACK|TELEGRAM|FRONTDESK)_[A-Z]+(?:_[A-Z]+)*\b", text))
