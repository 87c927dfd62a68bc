"""Which reader reads what."""

from enum import StrEnum
from pathlib import PurePath


class Kind(StrEnum):
    """The kinds of documents that are read."""

    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"
    CSV = "csv"
    YAML = "yaml"
    """Only as an FAQ."""
    TEXT = "text"
    SITEMAP = "sitemap"
    """Not a document: a list of pages to fetch."""


_SUFFIXES = {
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".csv": Kind.CSV,
    ".tsv": Kind.CSV,
    ".yaml": Kind.YAML,
    ".yml": Kind.YAML,
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".rst": Kind.TEXT,
}
_MEDIA = {
    "text/markdown": Kind.MARKDOWN,
    "text/x-markdown": Kind.MARKDOWN,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "application/pdf": Kind.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind.DOCX,
    "text/csv": Kind.CSV,
    "text/tab-separated-values": Kind.CSV,
    "application/yaml": Kind.YAML,
    "application/x-yaml": Kind.YAML,
    "text/yaml": Kind.YAML,
    "text/plain": Kind.TEXT,
    "text/x-rst": Kind.TEXT,
}
_NAMES = frozenset(
    ("readme", "license", "licence", "copying", "changelog", "changes", "news", "authors", "faq")
)
"""Files without a suffix that hold text by custom."""


def kind_of_file(name: str) -> Kind | None:
    """By its name; None where it is not read."""
    path = PurePath(name)
    if not path.suffix and path.name.casefold() in _NAMES:
        return Kind.TEXT
    return _SUFFIXES.get(path.suffix.casefold())


def kind_of_page(media_type: str, path: str) -> Kind | None:
    """By what the server says it is, and by its name where the server says little."""
    media = media_type.partition(";")[0].strip().casefold()
    by_name = kind_of_file(PurePath(path).name)
    if media in ("application/xml", "text/xml") and PurePath(path).name.startswith("sitemap"):
        return Kind.SITEMAP
    if media in ("", "text/plain", "application/octet-stream", "binary/octet-stream"):
        return by_name or (Kind.TEXT if media == "text/plain" else None)
    return _MEDIA.get(media)
