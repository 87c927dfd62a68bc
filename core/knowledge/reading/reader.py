"""A document's bytes to its passages: what happens inside the child process."""

from dataclasses import dataclass
from pathlib import PurePath

from core.confined.limits import Limits
from core.errors import Unreadable
from core.knowledge.passages import Passage
from core.knowledge.reading import csv, docx, faq, html, markdown, pdf, sitemap, text
from core.knowledge.reading.blocks import Extract
from core.knowledge.reading.cleaning import flat, visible
from core.knowledge.reading.kinds import Kind
from core.knowledge.reading.packing import pack

VERSION = 4
"""Raised with every change after which a document gives other passages: then all are read anew, when their
source is next looked through."""
LIMITS = Limits(memory=512 * 1024 * 1024, seconds=20)
"""For one document; the reader itself takes about 80 MB of the memory."""
MOST_PASSAGES = 20_000
LARGEST_TITLE = 200
"""Characters that are kept."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What was read of a document."""

    title: str
    passages: tuple[Passage, ...]
    hidden: int = 0
    """Characters left out because nobody would see them."""
    pages: tuple[str, ...] = ()
    """Of a sitemap: the addresses it lists."""
    scanned: tuple[int, ...] = ()
    """Pages that are pictures and have no text, by number from 1; none that was recognised since."""


def read(content: bytes, kind: Kind, name: str, declared: str = "") -> Reading:
    """Read a document.

    Args:
        name: of the file; stands in for a title.
        declared: the encoding that a server named, or empty.

    Raises:
        Unreadable: says why, in words that follow the document's name.
    """
    if not content.strip():
        raise Unreadable("is empty")
    if kind is Kind.SITEMAP:
        return Reading(title="", passages=(), pages=sitemap.read(content))
    extract = _extract(content, kind, name, declared)
    passages: list[Passage] = []
    for passage in pack(extract):
        passages.append(passage)
        if len(passages) > MOST_PASSAGES:
            raise Unreadable(f"has more than {MOST_PASSAGES} passages: split it")
    if not passages and not extract.scanned:
        raise Unreadable("holds no text that anybody would see" if extract.hidden else "holds no text")
    title = flat(visible(extract.title))[:LARGEST_TITLE] or PurePath(name).stem
    return Reading(
        title=title, passages=tuple(passages), hidden=extract.hidden, scanned=tuple(extract.scanned)
    )


def _extract(content: bytes, kind: Kind, name: str, declared: str) -> Extract:
    match kind:
        case Kind.MARKDOWN:
            return faq.with_pairs(markdown.read(content))
        case Kind.HTML:
            return html.read(content, declared)
        case Kind.PDF:
            return pdf.read(content)
        case Kind.DOCX:
            return faq.with_pairs(docx.read(content))
        case Kind.CSV:
            return csv.read(content)
        case Kind.YAML:
            return faq.read_yaml(content)
        case _:
            return faq.with_pairs(text.read(content, marked_up=name.casefold().endswith(".rst")))
