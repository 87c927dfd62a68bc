"""The vocabulary of the knowledge base: sources, documents, passages, and what a search finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from core.message import Conversation

EVERYONE = ("*",)


@dataclass(frozen=True, kw_only=True)
class Source:
    """Something an operator pointed Frontdesk at: a folder, a file or an address."""

    name: str
    """Unique; what channels choose sources by."""
    location: str
    """An absolute path, or an `https://` address."""
    audience: tuple[str, ...] = EVERYONE
    """Patterns of channel keys (`platform:tenant:channel`) in which its passages may be shown."""
    watched: bool = False
    """Looked through again while Frontdesk runs."""
    owner: str = ""
    """Whose key seals what is kept of it, where people brought it; empty for the operator's own."""

    def open_to(self, conversation: Conversation) -> bool:
        """Whether its passages may be shown in a conversation."""
        return any(fnmatchcase(conversation.channel_key, pattern) for pattern in self.audience)


@dataclass(frozen=True, kw_only=True)
class Document:
    """One file or page of a source."""

    location: str
    """Path within the source, or the address; unique within its source."""
    title: str
    digest: str
    """SHA-256 of its bytes and of the reader's version: the same digest needs no reading again."""
    language: str = ""
    """ISO 639-1, or empty where it could not be told."""


@dataclass(frozen=True, kw_only=True)
class Passage:
    """A piece of a document that can be cited."""

    text: str
    headings: tuple[str, ...] = ()
    """The headings above it, the outermost first."""
    place: str = ""
    """Where it stands, as a reader would look it up: "page 3", "lines 10-24", "row 7"."""


def in_context(title: str, headings: Sequence[str], text: str) -> str:
    """A passage under its document's title and its headings, as encoders and rerankers read it."""
    return "\n".join([title, *headings, text])


@dataclass(frozen=True, kw_only=True)
class Found:
    """A passage that a search found, and why."""

    id: int
    """Names the passage until its document changes."""
    passage: Passage
    document: Document
    source: str
    """Name of the source."""
    score: float
    """Fused of words and vectors; comparable within one search only."""
    bm25: float | None = None
    """Of the words, higher is better; None where the words did not find it."""
    similarity: float | None = None
    """Cosine of the vectors; None where there is no encoder."""
    bm25_rank: int | None = None
    """Its place among what the words found, 1 for the best."""
    similarity_rank: int | None = None
    """Its place among what the vectors found, 1 for the best."""
    answers: float | None = None
    """Log-odds that it answers, by the reranker, which orders what it read; None for what it did not."""
    terms: tuple[str, ...] = ()
    """What of the query stands in it, as it was looked for."""
    is_brought: bool = False
    """Whether people brought its document: what that is called is theirs, too."""
