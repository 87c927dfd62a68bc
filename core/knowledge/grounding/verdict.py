"""What the check says of an answer: each sentence, whether it is supported, and why not."""

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """Why a sentence is not supported."""

    UNCITED = "uncited"
    UNKNOWN_CITATION = "unknown citation"
    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    ROLE = "role"
    """Who does what to whom is turned round."""
    NEGATION = "negation"
    OPPOSITE = "opposite"
    """The passage says the opposite word, or not the word that sharpens the claim ("only")."""
    WORDS = "words"
    """Too little of it stands in what it cites."""
    TOO_LONG = "too long"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One reason, and the piece of the answer that it is about."""

    fault: Fault
    about: str = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A sentence of a passage that stands behind a sentence of the answer."""

    passage: int
    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A sentence of the answer, and whether it is supported."""

    start: int
    end: int
    factual: bool
    """False for courtesy, which needs no support."""
    citations: tuple[int, ...]
    support: float
    """Share of its words that stand in its evidence, 0 to 1; with an encoder, blended with the likeness."""
    findings: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]

    @property
    def supported(self) -> bool:
        return not self.findings


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Of a whole answer."""

    sentences: tuple[Judged, ...]

    @property
    def supported(self) -> bool:
        """True when every sentence is, and at least one says something."""
        return all(each.supported for each in self.sentences) and any(each.factual for each in self.sentences)

    @property
    def support(self) -> float:
        """The least of its sentences; 0 where nothing was said."""
        return min((each.support for each in self.sentences if each.factual), default=0.0)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Every reason once."""
        return tuple(dict.fromkeys(found.fault for each in self.sentences for found in each.findings))
