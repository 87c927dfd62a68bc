"""What a question leaves to the conversation: "and how much is it?", "what about Germany?".

By rules that can be told: a pronoun stands for what was spoken of most recently and fits it; a question cut
short takes its rest from the one before. In doubt nothing is changed. English; for other languages, and
without a model, the words of the question before are added instead.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.language.analysis import Analysis, Chunk, Entity, Span, Token
from core.language.stopwords import content

PERSONS = frozenset(("he", "him", "his", "she", "her", "hers"))
MANY = frozenset(("they", "them", "their", "theirs", "these", "those"))
THINGS = frozenset(("it", "its", "this", "that", "one"))
POSSESSIVE = frozenset(("its", "their", "theirs", "his"))
PRONOUNS = PERSONS | MANY | THINGS | {"there"}
PLACES = frozenset(("GPE", "LOC", "FAC"))
_MEASURED = """
    second minute hour day week month year time way thing case moment today percent euro dollar morning
    evening weekend question help lot example
"""
_MEASURES = frozenset(_MEASURED.split())
"""Nouns that nobody refers back to."""
_ABOUT = re.compile(
    r"(?:(?:and|or|but|ok|okay|so)[,\s]+)?(?:what|how)\s+about\s+(?P<what>.+?)\s*[?.!]*",
    re.IGNORECASE | re.DOTALL,
)
_AND = re.compile(r"(?:and|or)\s+(?P<what>[^?.!]+?)\s*[?.!]*", re.IGNORECASE)
_IMPERSONAL = re.compile(
    r"\b(?:is|was|be|would|will|does|did|can|may|if)\s+it\s+(?!able\b)(?:\w+\s+){0,3}(?:to|that|if|whether)\b"
    r"|\bit\s+(?:is|was|'s|seems?|looks?|takes?|costs?)\s+(?:\w+\s+){0,2}(?:to|that|like|as if)\b"
    r"|\bwhat\s+time\s+is\s+it\b|\bhow\s+is\s+it\s+going\b|\bit\s+(?:rains?|snows?)\b",
    re.IGNORECASE,
)
_RANKS = {"nsubj": 0, "nsubjpass": 0, "dobj": 1, "attr": 1, "pobj": 2}
_THAT_ENDS = re.compile(
    r"\b(?:about|of|is|does|do|did|with|for|than|after|was|cost)\s+that\b|\bthat\s*[?.!]*$", re.IGNORECASE
)


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """A question that can be understood alone."""

    text: str
    reasons: tuple[str, ...] = ()
    """What was changed and why, in plain words; empty where the question stood alone."""


def leans(question: Analysis) -> bool:
    """Whether a question may leave something to the conversation; else `resolve` changes nothing."""
    if not question.text.strip():
        return False
    if _needs_words(question):
        return True
    return question.modelled and (_cut_short(question) is not None or bool(_pronouns(question)))


def resolve(question: Analysis, before: Sequence[tuple[Analysis, Analysis | None]]) -> Resolved:
    """Fill in what the question leaves to the conversation.

    Args:
        question: what was asked.
        before: what was asked before, already resolved, and what was answered; the latest last.
    """
    if not before or not question.text.strip():
        return Resolved(text=question.text)
    asked = before[-1][0]
    if not question.modelled or not asked.modelled:
        return _with_words(question, asked)
    if (what := _cut_short(question)) is not None:
        return _continued(what, question, asked)
    if not any(content(question)) and not _pronouns(question):
        return Resolved(
            text=f"{question.text.strip()} {asked.text.strip()}",
            reasons=("It asks for more about the question before.",),
        )
    return _replaced(question, before)


def _with_words(question: Analysis, asked: Analysis) -> Resolved:
    """Without a model: the words of the question before are added when this one needs any."""
    if not _needs_words(question):
        return Resolved(text=question.text)
    words = {token.text.casefold() for token in question.tokens}
    added = [token.text for token in content(asked) if token.text.casefold() not in words]
    if not added:
        return Resolved(text=question.text)
    return Resolved(
        text=f"{question.text.strip()} {' '.join(added)}",
        reasons=("It leans on the question before, whose words are added.",),
    )


def _needs_words(question: Analysis) -> bool:
    words = {token.text.casefold() for token in question.tokens}
    pronoun = bool(words & (PRONOUNS - {"one", "that", "this"})) and not _IMPERSONAL.search(question.text)
    short = bool(_THAT_ENDS.search(question.text) or _ABOUT.fullmatch(question.text.strip()))
    return pronoun or short or not any(content(question))


def _cut_short(question: Analysis) -> str | None:
    """What a question without a verb of its own is about: "What about Germany?", "And in winter?"."""
    text = question.text.strip()
    if (found := _ABOUT.fullmatch(text)) is not None:
        return found["what"] if not _is_pronoun_alone(found["what"]) else None
    if (found := _AND.fullmatch(text)) is None or any(
        token.part in ("VERB", "AUX") for token in question.tokens
    ):
        return None
    first = found["what"].split()[0].casefold()
    asks = first in ("how", "what", "why", "when", "where", "who", "which")
    return None if asks or _is_pronoun_alone(found["what"]) else found["what"]


def _is_pronoun_alone(what: str) -> bool:
    return what.casefold() in PRONOUNS


def _continued(what: str, question: Analysis, asked: Analysis) -> Resolved:
    """The question before, with what is new put in the place of what it stands beside."""
    old = _counterpart(what, question, asked)
    if old is None:
        return Resolved(
            text=f"{asked.text.strip()} {what}",
            reasons=(f'"{what}" is added to the question before.',),
        )
    text = asked.text[: old.start] + _fitting(what, old) + asked.text[old.end :]
    return Resolved(
        text=text.strip(), reasons=(f'"{what}" takes the place of "{old.text}" in the question before.',)
    )


def _fitting(what: str, old: Span) -> str:
    """With the article of what it replaces, where a bare noun takes its place."""
    article = re.match(r"(?:the|a|an|my|your)\s", old.text, re.IGNORECASE)
    bare = what[:1].islower() and not re.match(r"(?:the|an?|my|your|in|on|at|for|with|to|from)\s", what)
    return f"{article.group()}{what}" if article and bare else what


def _counterpart(what: str, question: Analysis, asked: Analysis) -> Span | None:
    """The piece of the question before that is of the same kind: preposition, kind of name, or noun."""
    offset = question.text.find(what)
    new = [token for token in question.tokens if token.start >= offset and any(map(str.isalnum, token.text))]
    if not new:
        return None
    if new[0].part == "ADP":
        return _phrase(new[0].lemma, asked)
    kind = next((entity.kind for entity in question.entities if entity.start >= offset), "")
    for entity in reversed(asked.entities):
        if kind and _group(entity.kind) == _group(kind):
            return entity
    last = [token for token in new if token.part in ("NOUN", "PROPN")] or new
    chunks = _spoken_of(asked)
    for chunk in chunks:
        if asked.tokens[chunk.head].lemma == last[-1].lemma:
            return (
                _without_article(chunk, asked)
                if what.split()[0].casefold() not in ("the", "a", "an")
                else chunk
            )
    if new[0].text[:1].isupper():
        return next(_names_within(asked, chunks), None)
    return None


def _group(kind: str) -> str:
    return "place" if kind in PLACES else "thing" if kind in ("ORG", "PRODUCT") else kind


def _phrase(preposition: str, asked: Analysis) -> Span | None:
    """The last phrase of the question that begins with the preposition."""
    for place, token in reversed(list(enumerate(asked.tokens))):
        if token.part == "ADP" and token.lemma == preposition:
            below = [each for each in asked.chunks if asked.tokens[each.head].head == place]
            if below:
                return _span(asked, place, below[0].last)
    return None


def _without_article(chunk: Span, asked: Analysis) -> Span:
    first = chunk.first
    while first < chunk.last - 1 and asked.tokens[first].part in ("DET", "PRON"):
        first += 1
    return _span(asked, first, chunk.last)


def _names_within(asked: Analysis, chunks: Sequence[Chunk]) -> Iterator[Span]:
    """Capitalised words of what was spoken of: "Pro" of "the Pro plan"."""
    for chunk in chunks:
        run = [
            index
            for index in range(chunk.first, chunk.last)
            if index and asked.tokens[index].text[:1].isupper()
        ]
        if run:
            yield _span(asked, run[0], run[-1] + 1)


def _span(analysis: Analysis, first: int, last: int) -> Span:
    start, end = analysis.tokens[first].start, analysis.tokens[last - 1].end
    return Span(text=analysis.text[start:end], start=start, end=end, first=first, last=last)


def _spoken_of(analysis: Analysis) -> list[Chunk]:
    """What a text is about, the most prominent first: what has a name, and then subjects before objects."""
    found = [chunk for chunk in analysis.chunks if _can_be_meant(analysis.tokens[chunk.head])]
    return sorted(found, key=lambda chunk: _rank(analysis, chunk))


def _rank(analysis: Analysis, chunk: Chunk) -> tuple[int, int]:
    named = any(
        index and analysis.tokens[index].text[:1].isupper() for index in range(chunk.first, chunk.last)
    )
    place = _kind(analysis, chunk) in PLACES
    return (1 if place else 0 if named else 1), _RANKS.get(analysis.tokens[chunk.head].relation, 3)


def _can_be_meant(head: Token) -> bool:
    return head.part in ("NOUN", "PROPN", "X") and head.lemma not in _MEASURES


def _pronouns(question: Analysis) -> list[int]:
    """Tokens that stand for something said before this question."""
    if _IMPERSONAL.search(question.text):
        return []
    return [
        index
        for index, token in enumerate(question.tokens)
        if token.text.casefold() in PRONOUNS
        and _refers(question, index, token)
        and not _has_antecedent(question, index, token)
    ]


def _refers(question: Analysis, index: int, token: Token) -> bool:
    word = token.text.casefold()
    if word == "there":
        return token.relation != "expl"
    if word == "one":
        return token.relation != "nummod" and token.tag != "CD"
    if word == "that":
        return token.tag in ("DT", "PRP") or (token.tag == "IN" and token.relation == "pobj")
    if token.relation == "det":
        return question.tokens[token.head].lemma not in _MEASURES
    return True


def _has_antecedent(question: Analysis, index: int, token: Token) -> bool:
    """True where the question itself says before what is meant; a verb's subject is not its object too."""
    if token.relation == "det":
        return False
    return any(
        chunk.last <= index
        and _can_be_meant(question.tokens[chunk.head])
        and question.tokens[chunk.head].head != token.head
        and _agrees(token.text.casefold(), question, chunk)
        for chunk in question.chunks
    )


def _agrees(word: str, analysis: Analysis, chunk: Chunk) -> bool:
    head = analysis.tokens[chunk.head]
    is_person = _kind(analysis, chunk) == "PERSON"
    if word in PERSONS:
        return is_person
    if word == "there":
        return _kind(analysis, chunk) in PLACES
    if word in MANY:
        return head.tag in ("NNS", "NNPS") or _kind(analysis, chunk) == "ORG"
    return head.tag not in ("NNS", "NNPS") and not is_person


def _kind(analysis: Analysis, chunk: Span) -> str:
    inside = [each for each in analysis.entities if each.first < chunk.last and chunk.first < each.last]
    return inside[0].kind if inside else ""


def _replaced(question: Analysis, before: Sequence[tuple[Analysis, Analysis | None]]) -> Resolved:
    text, reasons = question.text, list[str]()
    for index in reversed(_pronouns(question)):
        token = question.tokens[index]
        start, end = _extent(question, index)
        meant = _meant(question, index, before)
        if meant is None:
            continue
        said = question.text[start:end]
        owner = token.text.casefold() in POSSESSIVE or (
            token.text.casefold() == "her" and token.relation == "poss"
        )
        text = text[:start] + (f"{meant}'s" if owner else _led(token, meant)) + text[end:]
        reasons.append(f'"{said}" is "{meant}".')
    return Resolved(text=text, reasons=tuple(reversed(reasons)))


def _led(token: Token, meant: str) -> str:
    return f"in {meant}" if token.text.casefold() == "there" else meant


def _extent(question: Analysis, index: int) -> tuple[int, int]:
    """The pronoun; "that plan" is replaced as a whole."""
    token = question.tokens[index]
    end = question.tokens[token.head].end if token.relation == "det" else token.end
    return token.start, max(end, token.end)


def _meant(question: Analysis, index: int, before: Sequence[tuple[Analysis, Analysis | None]]) -> str | None:
    """What was spoken of most recently and fits: the question before counts more than its answer."""
    token = question.tokens[index]
    word = token.text.casefold()
    noun = question.tokens[token.head].lemma if token.relation == "det" else ""
    texts = [text for exchange in reversed(before) for text in exchange if text is not None]
    if noun:
        return next((said for text in texts for said in _called(text, noun)), None) or _first(texts, "it")
    if word in ("this", "that") and (done := _done(before[-1][0])) is not None:
        return done
    found = _first(texts, word)
    return found if found is not None or word in PERSONS or word == "there" else _first(texts[:1], "")


def _first(texts: Sequence[Analysis], word: str) -> str | None:
    for text in texts:
        if word == "there" or word in PERSONS:
            wanted = PLACES if word == "there" else frozenset(("PERSON",))
            if (named := _named(text, wanted)) is not None:
                return named.text
            if word in PERSONS and (unknown := _unknown_name(text)) is not None:
                return unknown
            continue
        for chunk in _spoken_of(text):
            if not word or _agrees(word, text, chunk):
                return _said(text, chunk)
    return None


def _named(text: Analysis, kinds: frozenset[str]) -> Entity | None:
    return next((entity for entity in reversed(text.entities) if entity.kind in kinds), None)


def _unknown_name(text: Analysis) -> str | None:
    """Two capitalised names together are taken for a person where the model saw none."""
    for chunk in text.chunks:
        words = [text.tokens[index] for index in range(chunk.first, chunk.last)]
        if len(words) == 2 and all(word.part == "PROPN" for word in words) and not _is_place(text, chunk):
            return chunk.text
    return None


def _is_place(text: Analysis, chunk: Chunk) -> bool:
    return _kind(text, chunk) in PLACES


def _called(text: Analysis, noun: str) -> Iterator[str]:
    for chunk in _spoken_of(text):
        if text.tokens[chunk.head].lemma == noun and chunk.last - chunk.first > 1:
            yield _said(text, chunk)


def _said(text: Analysis, chunk: Chunk) -> str:
    """The chunk without a question's own words before it: "how much does the Pro plan" is "the Pro plan"."""
    first = chunk.first
    for index in range(chunk.first, chunk.head):
        token = text.tokens[index]
        if token.tag.startswith("W") or token.part in ("AUX", "SCONJ") or token.lemma in ("much", "many"):
            first = index + 1
    last = chunk.last - 1 if _swallows_verb(text, chunk) and chunk.last - first > 1 else chunk.last
    return _span(text, min(first, last - 1), last).text


def _swallows_verb(text: Analysis, chunk: Chunk) -> bool:
    """Models take "does the Pro plan cost?" for a noun of three words when no other word is a verb."""
    asks = any(token.lemma == "do" and token.part == "AUX" for token in text.tokens)
    closes = not any(any(map(str.isalnum, token.text)) for token in text.tokens[chunk.last :])
    return asks and closes and not any(token.part == "VERB" for token in text.tokens)


def _done(asked: Analysis) -> str | None:
    """What somebody does, for "how long does that take?": "cancel my subscription"."""
    for chunk in asked.chunks:
        head = asked.tokens[chunk.head]
        verb = asked.tokens[head.head] if head.relation == "dobj" else None
        if verb is not None and verb.part == "VERB" and verb.end <= chunk.start and _can_be_meant(head):
            return asked.text[verb.start : chunk.end]
    return None
