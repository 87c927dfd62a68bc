"""More than two hundred documents that nobody here wrote: those inside the installed packages.

The descriptions of the packages, the topics of Python's language reference, and Markdown and reStructuredText
files, cut into passages at headings and blank lines; with questions in other words than theirs.
"""

import json
import pydoc_data.topics
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from core.knowledge.passages import Document, Passage

CHARACTERS = 1000
"""Of a passage, unless a paragraph is longer."""
_HEADING = re.compile(r"#{1,6} +(?P<marked>\S.*)|(?P<underlined>\S.*)\n *([=~^*-])\3{2,} *$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something to ask, and how to know the passages that answer it."""

    text: str
    document: str = ""
    """Where the answer is; empty where the corpus has none."""
    phrase: str = ""
    """What stands in every passage that answers it."""

    def answered_by(self, passage: Passage) -> bool:
        said = " ".join((*passage.headings, passage.text))
        return self.phrase != "" and _plain(self.phrase) in _plain(said)


def questions() -> list[Question]:
    """All of them, those without an answer last."""
    path = Path(__file__).with_name("questions.json")
    return [Question(**each) for each in json.loads(path.read_text(encoding="utf-8"))]


def documents() -> Iterator[tuple[Document, Sequence[Passage]]]:
    """Every document with its passages, always in the same order."""
    for location, text in sorted({**_descriptions(), **_topics(), **_files()}.items()):
        title = re.sub(r"\.\w+$", "", location.rpartition("/")[2])
        yield Document(location=location, title=title, digest="", language="en"), list(passages(text))


def passages(text: str) -> Iterator[Passage]:
    """A text, cut at headings and blank lines."""
    headings: tuple[str, ...] = ()
    gathered: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text):
        heading = _HEADING.match(paragraph.strip())
        if gathered and (heading or sum(map(len, gathered)) + len(paragraph) > CHARACTERS):
            yield Passage(text="\n\n".join(gathered), headings=headings)
            gathered = []
        if heading:
            headings = ((heading["marked"] or heading["underlined"]).strip(" #"),)
            paragraph = paragraph.strip()[heading.end() :]
        if paragraph.strip():
            gathered.append(paragraph.strip("\n"))
    if gathered:
        yield Passage(text="\n\n".join(gathered), headings=headings)


def _descriptions() -> dict[str, str]:
    found = {}
    for distribution in distributions():
        name, text = distribution.metadata["Name"], _description(distribution)
        if name != "frontdesk" and text.strip():
            found[f"packages/{name}.md"] = text
    return found


def _description(distribution: Distribution) -> str:
    """What the metadata says below its headers."""
    return (distribution.read_text("METADATA") or "").partition("\n\n")[2]


def _topics() -> dict[str, str]:
    return {f"python/{topic}.txt": text for topic, text in pydoc_data.topics.topics.items()}


def _files() -> dict[str, str]:
    (root,) = {
        Path(str(each.locate_file(""))) for each in distributions() if each.metadata["Name"] == "numpy"
    }
    return {
        f"files/{path.relative_to(root)}": path.read_text(encoding="utf-8")
        for kind in ("md", "rst")
        for path in root.rglob(f"*.{kind}")
        if "dist-info" not in str(path) and "LICENSE" not in path.name
    }


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
