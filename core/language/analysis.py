"""What is known of a text, as frozen data; and the port of whoever finds it out.

All offsets are characters of the text as it was given: `text[start:end]` is the piece meant.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    """A word, a number or a mark. Without a model, everything beyond `lemma` is empty."""

    text: str
    start: int
    lemma: str
    """The word as a dictionary lists it, in lower case; without a model, the word itself."""
    part: str = ""
    """Part of speech (universaldependencies.org/u/pos): NOUN, PROPN, VERB, …"""
    tag: str = ""
    """The model's finer part of speech; for English, Penn Treebank: NNS is a plural."""
    relation: str = ""
    """What it is to its head: nsubj, dobj, neg, …; ROOT of its sentence."""
    head: int = -1
    """Index of the token it depends on, itself for the root; -1 where unknown."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """A stretch of tokens, from `first` up to but not including `last`."""

    text: str
    start: int
    end: int
    first: int
    last: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Chunk(Span):
    """A noun with what belongs to it: "the Pro plan"."""

    head: int
    """Index of the noun."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entity(Span):
    """Something with a name, or a quantity."""

    kind: str
    """As the model calls it; for English, OntoNotes: PERSON, ORG, GPE, DATE, MONEY, …"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Analysis:
    """A text, taken apart."""

    text: str
    language: str
    """ISO 639-1 code."""
    modelled: bool
    """False where only rules were at work: no lemmas, parts of speech, chunks or entities."""
    tokens: tuple[Token, ...] = ()
    sentences: tuple[Span, ...] = ()
    chunks: tuple[Chunk, ...] = ()
    entities: tuple[Entity, ...] = ()

    def within(self, span: Span) -> Sequence[Token]:
        """The tokens of a stretch."""
        return self.tokens[span.first : span.last]


S = TypeVar("S", bound=Span)


class LanguagePipeline(Protocol):
    """Whoever takes texts apart."""

    async def analyse(self, texts: Sequence[str], language: str = "") -> Sequence[Analysis]:
        """One analysis per text, in order; never fails on any text, and never keeps the loop waiting.

        Args:
            texts: of any length; what many callers ask for at once is worked on together.
            language: the language they are known to be in; else that of each is identified.
        """

    async def close(self) -> None:
        """Finish what was asked, then let the models go."""


def joined(text: str, language: str, modelled: bool, pieces: Sequence[tuple[int, Analysis]]) -> Analysis:
    """The analysis of a whole from those of its pieces, each with the offset at which it begins."""
    tokens: list[Token] = []
    sentences: list[Span] = []
    chunks: list[Chunk] = []
    entities: list[Entity] = []
    for offset, piece in pieces:
        index = len(tokens)
        tokens += _moved_tokens(piece.tokens, offset, index)
        sentences += _moved(piece.sentences, offset, index)
        chunks += (replace(chunk, head=chunk.head + index) for chunk in _moved(piece.chunks, offset, index))
        entities += _moved(piece.entities, offset, index)
    return Analysis(
        text=text,
        language=language,
        modelled=modelled,
        tokens=tuple(tokens),
        sentences=tuple(sentences),
        chunks=tuple(chunks),
        entities=tuple(entities),
    )


def _moved_tokens(tokens: Sequence[Token], offset: int, index: int) -> Iterator[Token]:
    for token in tokens:
        head = token.head if token.head < 0 else token.head + index
        yield replace(token, start=token.start + offset, head=head)


def _moved(spans: Sequence[S], offset: int, index: int) -> Iterator[S]:
    for span in spans:
        yield replace(
            span,
            start=span.start + offset,
            end=span.end + offset,
            first=span.first + index,
            last=span.last + index,
        )
