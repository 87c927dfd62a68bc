"""What a question is about, in a few words fit for metrics: never a person's name, number or address."""

import re
from collections.abc import Collection, Iterator, Sequence

from core.language.analysis import Analysis, Chunk, Token
from core.language.figures import find_figures
from core.language.stopwords import STOP

OTHER = "other"
"""The topic of what says nothing, and of everything in a language without a model."""
MOST_WORDS = 3
_RANKS = {"dobj": 0, "nsubj": 1, "nsubjpass": 1, "pobj": 2, "attr": 2, "ROOT": 2}
_INTRODUCES = re.compile(
    r"\b(?:my (?:full |first |last )?name(?:'s| is)|i am|i'm|this is|call me|it's|signed,?|regards,?)"
    r"\s+((?:\S+\s*){1,3})",
    re.IGNORECASE,
)


def topic(question: Analysis, names: Collection[str] = ()) -> str:
    """A label in lower case; the same question always has the same.

    Proper names are left out, whatever the model takes them for, since it cannot be trusted to tell a person
    from a product; only `names` that the operator's own documents contain may stand in a topic. A name in
    lower case that nothing introduces ("ask maria") can look like any noun to the model and get through.

    Args:
        names: in lower case, words of products and places.
    """
    if not question.modelled:
        return OTHER
    hidden = _hidden(question, names)
    for chunk in sorted(question.chunks, key=lambda chunk: _rank(question, chunk)):
        if words := list(_words(question.tokens[chunk.first : chunk.last], hidden)):
            return " ".join(words[-MOST_WORDS:])
    verbs = [token for token in question.tokens if token.part == "VERB"]
    return next(_words(verbs, hidden), OTHER)


def _rank(question: Analysis, chunk: Chunk) -> tuple[int, int]:
    return _RANKS.get(question.tokens[chunk.head].relation, 3), chunk.start


def _words(tokens: Sequence[Token], hidden: Collection[int]) -> Iterator[str]:
    for token in tokens:
        is_word = token.lemma.replace("-", "").isalpha() and token.part in ("NOUN", "PROPN", "ADJ", "VERB")
        if is_word and token.start not in hidden and not {token.lemma, token.text.casefold()} & STOP:
            yield token.lemma


def _hidden(question: Analysis, names: Collection[str]) -> Collection[int]:
    """Where the words stand that may be somebody's."""
    hidden = {
        token.start
        for place, token in enumerate(question.tokens)
        if token.text.casefold() not in names
        and (token.part == "PROPN" or (place and token.text[:1].isupper()) or "@" in token.text)
    }
    for entity in question.entities:
        if entity.kind == "PERSON":
            hidden.update(token.start for token in question.within(entity))
    spans = [(figure.start, figure.end) for figure in find_figures(question.text[:4_000])]
    spans += [found.span(1) for found in _INTRODUCES.finditer(question.text)]
    for token in question.tokens:
        if any(start <= token.start < end for start, end in spans):
            hidden.add(token.start)
    return hidden
