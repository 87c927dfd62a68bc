"""Questions of a conversation, made into searches that stand alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.language.analysis import Analysis, LanguagePipeline
from core.language.context import Resolved, leans, resolve
from core.language.stopwords import content

LOOKED_BACK = 4
"""Exchanges that a question may lean on."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """A question as it was asked, and its answer."""

    question: str
    answer: str = ""


@dataclass(frozen=True, kw_only=True)
class SearchQuery:
    """What to look for."""

    text: str
    """The question, self-contained."""
    terms: tuple[str, ...]
    """The lemmas that matter, each once, in order; the words themselves where there is no model."""
    names: tuple[str, ...]
    """The names in it, as written."""
    reasons: tuple[str, ...]
    """What was filled in from the conversation and why; empty where nothing was."""


async def search_query(
    pipeline: LanguagePipeline, question: str, before: Sequence[Exchange], language: str = ""
) -> SearchQuery:
    """Make a question self-contained from the last exchanges, and take the words to search for out of it.

    Args:
        before: what was said in the conversation before, the latest last.
        language: of the conversation, where it is known.
    """
    (asked,) = await pipeline.analyse([question], language)
    past = await _past(pipeline, before[-LOOKED_BACK:], language) if leans(asked) else []
    alone, resolved = await _alone(pipeline, asked, past)
    return SearchQuery(
        text=resolved.text.strip(),
        terms=tuple(dict.fromkeys(token.lemma for token in content(alone))),
        names=tuple(dict.fromkeys(entity.text for entity in alone.entities if entity.kind in _NAMES)),
        reasons=resolved.reasons,
    )


async def _past(
    pipeline: LanguagePipeline, recent: Sequence[Exchange], language: str
) -> Sequence[tuple[Analysis, Analysis | None]]:
    """What was asked, each question self-contained, and answered; reading it takes longer than a question."""
    said = [text for exchange in recent for text in (exchange.question, exchange.answer)]
    read = await pipeline.analyse(said, language)
    past: list[tuple[Analysis, Analysis | None]] = []
    for asked, answer in zip(read[::2], read[1::2], strict=True):
        alone, _ = await _alone(pipeline, asked, past)
        past.append((alone, answer if answer.tokens else None))
    return past


_NAMES = frozenset(("PERSON", "ORG", "GPE", "LOC", "FAC", "NORP", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW"))


async def _alone(
    pipeline: LanguagePipeline, question: Analysis, past: Sequence[tuple[Analysis, Analysis | None]]
) -> tuple[Analysis, Resolved]:
    resolved = resolve(question, past)
    if not resolved.reasons:
        return question, resolved
    (alone,) = await pipeline.analyse([resolved.text], question.language)
    return alone, resolved
