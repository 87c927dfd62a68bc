"""What a sentence claims, in a form that can be held against another sentence."""

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property

from core.knowledge.grounding.wording import ANY_NEGATION, CANONICAL, DENYING, FUNCTION, NEGATIONS
from core.language.analysis import Analysis, Span, Token
from core.language.figures import Figure, find_figures

KINDS = {
    "PERSON": "person",
    **dict.fromkeys(("GPE", "LOC", "FAC", "NORP", "LANGUAGE"), "place"),
    **dict.fromkeys(("ORG", "PRODUCT", "EVENT", "WORK_OF_ART", "LAW"), "thing"),
}
"""Kinds of entities that are names (OntoNotes), and what they are names of."""
_CONTENT = frozenset(("NOUN", "PROPN", "VERB", "ADJ", "ADV", "NUM", "X", "INTJ", ""))
_PREDICATES = frozenset(("acomp", "attr", "dobj", "oprd", "xcomp"))
_BELOW = _PREDICATES | frozenset(
    ("prep", "pobj", "advmod", "ccomp", "nsubj", "nsubjpass", "agent", "compound", "amod", "conj")
)
_PHRASE = frozenset(("pobj", "pcomp", "prep"))
_CLAUSES = frozenset(("xcomp", "ccomp", "advcl", "csubj"))
_DEPTH = 3
"""Steps down from a denied word that its negation reaches."""
_TOTALS = frozenset(("nothing", "nobody", "everything", "everybody", "everyone"))
"""Pronouns that refer to nothing said before."""
_SHORT = 4
"""Letters up to which the first word of a sentence is taken for a function word, where no model tells."""
_REACH = 3
"""Words after a negation that it denies, where no model tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Name:
    """A name, as the words it is made of."""

    text: str
    words: tuple[str, ...]
    kind: str
    """A person, a place, a thing; empty where unknown."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Denial:
    """A negation: the words it denies, and those in its reach."""

    core: Set[str]
    reach: Set[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Doing:
    """Who does what to whom; each side the words it is called by, or nothing."""

    who: Set[str]
    does: str
    whom: Set[str]


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A sentence with what matters of it."""

    span: Span
    tokens: Sequence[Token]
    language: str
    modelled: bool
    figures: tuple[Figure, ...]
    names: tuple[Name, ...]
    offset: int
    """Index of the first token, to which the tokens' heads refer."""

    @cached_property
    def words(self) -> Set[str]:
        """Every word as written, in lower case, and its lemma."""
        found = {plain(token.text) for token in self.tokens} | {token.lemma for token in self.tokens}
        return found | {part for word in found if "-" in word for part in word.split("-") if part}

    @cached_property
    def content(self) -> Set[str]:
        """Lemmas that carry the meaning, those of one group of synonyms as one; numbers are apart."""
        return frozenset(lemma for _, lemma in self._content_tokens())

    def _content_tokens(self) -> Iterator[tuple[int, str]]:
        taken = [(figure.start, figure.end) for figure in self.figures]
        for place, token in enumerate(self.tokens):
            if any(start <= token.start < end for start, end in taken):
                continue
            if is_content(token):
                yield place, canonical(token.lemma)

    @cached_property
    def denials(self) -> Sequence[Denial]:
        """What each negation reaches."""
        found = [
            self._denial(place, token)
            for place, token in enumerate(self.tokens)
            if self.is_negation(place, token)
        ]
        return [denial for denial in found if denial.reach]

    def _denial(self, place: int, token: Token) -> Denial:
        if not self.modelled:
            after = [canonical(each.lemma) for each in self.tokens[place + 1 :] if is_content(each)][:_REACH]
            return Denial(core=frozenset(after[:1]), reach=frozenset(after))
        core, head = self._denied(place + self.offset, token)
        reach = {head, *core}
        for _ in range(_DEPTH):
            reach |= self._below(reach, _BELOW)
        return Denial(core=self._lemmas(core), reach=self._lemmas(reach))

    def _denied(self, index: int, token: Token) -> tuple[Set[int], int]:
        """The words that a negation denies, and the word on which they hang."""
        if token.lemma == "non":
            return {index + 2}, token.head
        if token.relation == "prep":
            below = self._below({index}, _PHRASE)
            return below | self._below(below, _PHRASE), index
        if token.lemma in ("impossible", "unable"):
            return self._below({index, token.head}, _CLAUSES), token.head
        head, around = token.head, self._at(token.head)
        while around is not None and around.part == "ADV" and around.head != head:
            head, around = around.head, self._at(around.head)
        if token.relation == "det" and around is not None:
            return {head}, around.head
        core = {head}
        if around is not None and around.lemma in ("be", "have", "do"):
            core |= self._below({head}, _PREDICATES)
        return core, head

    def _below(self, indices: Set[int], relations: Set[str]) -> Set[int]:
        """The tokens that depend on these in such a way."""
        pairs = [pair for index in indices for pair in self._children(index)]
        return {at for at, child in pairs if child.relation in relations}

    @cached_property
    def excluded(self) -> Sequence[Set[str]]:
        """What is ruled out without a negation: the words around each "prohibited" or "excludes"."""
        found = []
        for index, token in enumerate(self.tokens, self.offset):
            if token.lemma in DENYING:
                found.append(self._lemmas({index, *(at for at, _ in self._children(index))}))
        return found

    def _children(self, index: int) -> Iterator[tuple[int, Token]]:
        for at, token in enumerate(self.tokens, self.offset):
            if token.head == index and at != index:
                yield at, token

    def _lemmas(self, indices: Set[int]) -> Set[str]:
        found = [self._at(index) for index in indices]
        return frozenset(canonical(each.lemma) for each in found if each is not None and is_content(each))

    @cached_property
    def free(self) -> Set[str]:
        """Words outside its figures."""
        spans = [(figure.start, figure.end) for figure in self.figures]
        outside = [each for each in self.tokens if not any(start <= each.start < end for start, end in spans)]
        return frozenset(plain(each.text) for each in outside) | frozenset(each.lemma for each in outside)

    @cached_property
    def negations(self) -> int:
        """How many negations stand in it."""
        return sum(self.is_negation(place, token) for place, token in enumerate(self.tokens))

    def is_negation(self, place: int, token: Token) -> bool:
        """True for a negation that is more than the "No," before a sentence."""
        if token.lemma == "non":
            return self.tokens[place + 1 : place + 2] != () and self.tokens[place + 1].text == "-"
        words = NEGATIONS.get(self.language, ANY_NEGATION)
        if plain(token.text) not in words and token.lemma not in words:
            return False
        following = self.tokens[place + 1].text if place + 1 < len(self.tokens) else ""
        return not (token.lemma == "no" and following in (",", ".", ":", "", "!"))

    def _at(self, index: int) -> Token | None:
        place = index - self.offset
        return self.tokens[place] if 0 <= place < len(self.tokens) else None

    @cached_property
    def doings(self) -> Sequence[Doing]:
        """Who does what to whom, the passive turned round."""
        found = []
        for index, token in enumerate(self.tokens, self.offset):
            if token.part in ("VERB", "ADJ"):
                who, whom = self._sides(index)
                if who or whom:
                    found.append(Doing(who=who, does=token.lemma, whom=whom))
        return found

    def _sides(self, index: int) -> tuple[Set[str], Set[str]]:
        who: set[str] = set()
        whom: set[str] = set()
        around = self._at(index)
        if around is not None and around.relation == "acomp":
            who |= self._sides(around.head)[0]
        for at, child in self._children(index):
            if child.relation in ("nsubj", "csubj"):
                who |= self._called(at)
            elif child.relation in ("dobj", "obj", "nsubjpass"):
                whom |= self._called(at)
                for more in self._below({at}, frozenset(("conj",))):
                    whom |= self._called(more)
            elif child.relation == "agent" or child.lemma == "than":
                for below, token in self._children(at):
                    if token.relation == "pobj":
                        (who if child.relation == "agent" else whom).update(self._called(below))
        return frozenset(who), frozenset(whom)

    def _called(self, index: int) -> Set[str]:
        """A noun with what tells it from its like; nothing for "it"."""
        parts = {at for at, child in self._children(index) if child.relation in ("compound", "amod", "poss")}
        found = [self._at(each) for each in (index, *parts)]
        return {
            each.lemma
            for each in found
            if each is not None and (each.part != "PRON" or each.lemma in _TOTALS)
        }

    @cached_property
    def places(self) -> Sequence[tuple[int, str]]:
        """The content words with the offset at which each stands."""
        return [(self.tokens[place].start, lemma) for place, lemma in self._content_tokens()]


def claims(analysis: Analysis, most: int) -> list[Claim]:
    """The sentences of a text, no more than `most`."""
    return [_claim(analysis, sentence) for sentence in analysis.sentences[:most]]


def _claim(analysis: Analysis, sentence: Span) -> Claim:
    tokens = analysis.within(sentence)
    figures = find_figures(analysis.text[sentence.start : sentence.end])
    moved = tuple(_moved(figure, sentence.start) for figure in figures)
    return Claim(
        span=sentence,
        tokens=tokens,
        language=analysis.language,
        modelled=analysis.modelled,
        figures=moved,
        names=tuple(_names(analysis, sentence, moved)),
        offset=sentence.first,
    )


def _moved(figure: Figure, offset: int) -> Figure:
    return replace(figure, start=figure.start + offset, end=figure.end + offset)


def _names(analysis: Analysis, sentence: Span, figures: Sequence[Figure]) -> Iterator[Name]:
    """Runs of words that are names: by the model, or by their capitals."""
    kinds: dict[int, str] = {}
    for entity in analysis.entities:
        if entity.kind in KINDS and sentence.first <= entity.first < sentence.last:
            kinds |= dict.fromkeys(range(entity.first, entity.last), KINDS[entity.kind])
    run: list[int] = []
    for index in range(sentence.first, sentence.last):
        token = analysis.tokens[index]
        inside = any(figure.start <= token.start < figure.end for figure in figures)
        if not inside and _is_name(token, index == sentence.first, index in kinds, analysis):
            run.append(index)
        elif run:
            yield _name(analysis, run, kinds)
            run = []
    if run:
        yield _name(analysis, run, kinds)


def _is_name(token: Token, opens: bool, named: bool, analysis: Analysis) -> bool:
    word = plain(token.text)
    if not any(map(str.isalnum, word)) or (word in FUNCTION and not _is_acronym(token)):
        return False
    if analysis.modelled and (token.part == "PROPN" or (named and token.text[:1].isupper())):
        return True
    if opens and not analysis.modelled and analysis.language != "en":
        # Elsewhere than in English the first word is looked up too: it may be a noun that German capitalises.
        return len(token.text) > _SHORT and token.text[:1].isupper()
    return not opens and token.text[:1].isupper() and len(token.text) > 1


def _name(analysis: Analysis, run: Sequence[int], kinds: Mapping[int, str]) -> Name:
    tokens = [analysis.tokens[index] for index in run]
    return Name(
        text=" ".join(token.text for token in tokens),
        words=tuple(plain(token.text) for token in tokens),
        kind=next((kinds[index] for index in run if index in kinds), ""),
    )


def plain(text: str) -> str:
    """In lower case, without a possessive ending and points."""
    return re.sub(r"['’]s$", "", text.casefold()).strip(".")


def is_content(token: Token) -> bool:
    """True for words that carry meaning of their own."""
    if not any(map(str.isalnum, token.text)):
        return False
    if token.lemma in FUNCTION or plain(token.text) in FUNCTION:
        return _is_acronym(token)
    return token.part in _CONTENT


def _is_acronym(token: Token) -> bool:
    """US and IT are no pronouns."""
    return token.text in ("US", "IT", "U.S.") or (token.part == "PROPN" and token.text.isupper())


def canonical(lemma: str) -> str:
    """One word for all that may stand for each other."""
    return CANONICAL.get(lemma, lemma)
