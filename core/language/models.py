"""Models of spaCy: which languages have one, and what it finds. No other module knows spaCy.

A model is any installed package that announces itself to spaCy ("spacy_models"): whoever needs another
language installs its package. spaCy takes seconds to import and is not imported before it is used.
"""

import importlib
import logging
from collections.abc import Mapping, Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import Any

from core.language.analysis import Analysis, Chunk, Entity, Span, Token

BATCH = 64
"""Pieces of text that a model works on together."""
_ENDS = (".", "!", "?", ":", ";", "…", '"', "'", "”", "’", ")", "]", "*", "。", "！", "？")

log = logging.getLogger(__name__)


def is_installed() -> bool:
    """True where the extra `language` is there."""
    return find_spec("spacy") is not None


def packages() -> Mapping[str, str]:
    """The package of the model of each language that has one, by ISO 639-1 code."""
    if not is_installed():
        return {}
    names = sorted(entry.name for entry in entry_points(group="spacy_models"))
    return {name.partition("_")[0]: name for name in reversed(names)}


class Model:
    """One language's model. It belongs to one thread.

    Args:
        package: as `packages` names it; loading takes a second or two.

    Raises:
        ImportError, OSError, ValueError: the package is damaged, or of another version of spaCy.
    """

    def __init__(self, package: str) -> None:
        spacy: Any = importlib.import_module("spacy")
        self._nlp = spacy.load(package)
        self._language: str = self._nlp.lang
        self._chunks = "parser" in self._nlp.pipe_names

    def analyse(self, texts: Sequence[str]) -> list[Analysis]:
        """One analysis per text. What was learnt of the texts is forgotten, so that memory does not grow."""
        with self._nlp.memory_zone():
            return [self._analysis(doc) for doc in self._nlp.pipe(texts, batch_size=BATCH)]

    def _analysis(self, doc: Any) -> Analysis:
        return Analysis(
            text=str(doc.text),
            language=self._language,
            modelled=True,
            tokens=tuple(_token(token) for token in doc),
            sentences=tuple(Span(**_place(each)) for each in _sentences(doc) if each.text.strip()),
            chunks=tuple(
                Chunk(head=int(chunk.root.i), **_place(chunk))
                for chunk in (_chunks(doc) if self._chunks else ())
            ),
            entities=tuple(Entity(kind=str(entity.label_), **_place(entity)) for entity in doc.ents),
        )


def _token(token: Any) -> Token:
    return Token(
        text=str(token.text),
        start=int(token.idx),
        lemma=str(token.lemma_ or token.text).casefold(),
        part=str(token.pos_),
        tag=str(token.tag_),
        relation=str(token.dep_),
        head=int(token.head.i),
    )


def _place(span: Any) -> dict[str, Any]:
    """Where it is, without the spaces around it."""
    written = str(span.text)
    text = written.strip()
    start = int(span.start_char) + len(written) - len(written.lstrip())
    return {
        "text": text,
        "start": start,
        "end": start + len(text),
        "first": int(span.start),
        "last": int(span.end),
    }


def _sentences(doc: Any) -> Sequence[Any]:
    """As the model has them, but none ends without a mark: it sometimes cuts one in two before a number."""
    if not doc.has_annotation("SENT_START"):
        return [doc[:]] if len(doc) else []
    found: list[Any] = []
    for sentence in doc.sents:
        ended = not found or found[-1].text.rstrip().endswith(_ENDS)
        found.append(sentence if ended else doc[found.pop().start : sentence.end])
    return found


def _chunks(doc: Any) -> Sequence[Any]:
    """Not every language says what a noun chunk is."""
    try:
        return list(doc.noun_chunks)
    except NotImplementedError:
        return []
