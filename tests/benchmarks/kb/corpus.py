"""More than two hundred documents that nobody here wrote: those inside the installed packages.

The descriptions of the packages, the topics of Python's language reference, and Markdown and reStructuredText
files, cut into passages as Frontdesk cuts them.

There are three kinds of questions. `reworded` ones avoid the words of the passage that answers, and mostly
do not name its subject; which passages answer was judged by reading what BM25, vectors and both together
found first (the best five of each, in random order, not telling which had found it), so that not only the
one counts for which a question was made. `natural` ones were made of 94 passages drawn at random, one a
document, as somebody would ask who knows what it is about; they were written before anything was searched
for them, and only the passage drawn counts, or one with the same words. Those without a kind have no answer
there.
"""

import json
import pydoc_data.topics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from core.errors import Unreadable
from core.knowledge.passages import Document, Passage
from core.knowledge.reading import reader
from core.knowledge.reading.kinds import Kind, kind_of_file

_SUFFIXES = {"text/markdown": ".md", "text/plain": ".txt", "text/x-rst": ".rst"}
"""By the kind of text that a package says its description is; reStructuredText where it does not say."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something to ask, and how to know the passages that answer it."""

    text: str
    document: str = ""
    """Where the answer is; empty where the corpus has none."""
    kind: str = ""
    """`reworded` or `natural`."""
    phrases: tuple[str, ...] = ()
    """One of them stands in every passage that answers it; the first in `document`."""

    def answered_by(self, passage: Passage) -> bool:
        said = _plain(" ".join((*passage.headings, passage.text)))
        return any(_plain(phrase) in said for phrase in self.phrases)


def questions() -> list[Question]:
    """All of them, those without an answer last."""
    path = Path(__file__).with_name("questions.json")
    read = json.loads(path.read_text(encoding="utf-8"))
    return [Question(**each | {"phrases": tuple(each.get("phrases", ()))}) for each in read]


def documents() -> Iterator[tuple[Document, Sequence[Passage]]]:
    """Every document with its passages as Frontdesk's own reader cuts them, always in the same order."""
    for location, text in texts().items():
        name = location.rpartition("/")[2]
        try:
            read = reader.read(text.encode(), kind_of_file(name) or Kind.TEXT, name)
        except Unreadable:
            continue  # some descriptions say nothing
        yield Document(location=location, title=read.title, digest="", language="en"), read.passages


def texts() -> Mapping[str, str]:
    """What the documents hold, by location, in order; the suffix tells how it is marked up."""
    return dict(sorted({**_descriptions(), **_topics(), **_files()}.items()))


def _descriptions() -> dict[str, str]:
    found = {}
    for distribution in distributions():
        name, text = distribution.metadata["Name"], _description(distribution)
        if name != "frontdesk" and text.strip():
            kind = (distribution.metadata["Description-Content-Type"] or "").partition(";")[0].strip()
            suffix = _SUFFIXES.get(kind, ".rst")
            found[f"packages/{name}{suffix}"] = text
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
