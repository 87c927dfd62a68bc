"""Names of people and places: those that a language's model finds, and those that rules find in any language.

Rules know who introduces themselves, titles before a name, and common given names of English, German and
Spanish. In German every noun has a capital, so that a capital alone tells nothing there.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib import resources

from core.language.analysis import Analysis
from core.privacy.detection.finding import Finding, Kind

_WORD = r"[A-ZÀ-ÖØ-Þ][\w'’]{0,29}(?:-[A-ZÀ-ÖØ-Þ][\w'’]{1,29}){0,2}"
_PARTICLE = (
    r"(?:van der|van den|van|von der|von|vom|zu|zum|de la|de los|de las|de|del|della|di|da|dos|bin|al|la|y)"
)
_PARTICLES = frozenset(_PARTICLE.strip("(?:)").replace("|", " ").split())
_NAME = rf"{_WORD}(?:(?:,? {_PARTICLE})? {_WORD}|\. {_WORD}| [A-Z]\.){{0,3}}"
_INTRODUCED = re.compile(
    r"\b(?:(?i:my (?:full |first |last |real )?name(?:'s| is)|i(?:'m| am) called|(?:is|are) (?:called|named)"
    r"|call me|this is|signed,?|regards,?|sincerely,?|cheers,?|name ?:|mein (?:voller )?name ist"
    r"|ich hei(?:ß|ss)e"
    r"|man nennt mich|(?:hei(?:ß|ss)t|genannt)|hier (?:ist|spricht)|ich bin|gez\."
    r"|gr(?:u|ü)(?:ß|ss)e?n?,?(?: von| an)?"
    r"|(?:me|se) llama?o?|mi nombre(?: completo)? es|soy|le habla|firmado:?|saludos,?|atentamente,?|nombre:))"
    rf"\s{{1,3}}({_NAME})"
)
_IN_LOWER_CASE = re.compile(
    r"\b(?:my name(?:'s| is)|mein name ist|ich hei(?:ß|ss)e|me llamo|mi nombre es)"
    r"\s{1,3}(\w{2,20}(?: \w{2,20})?)"
    r"|^(?:hello|hi|hey|hallo|hola|guten tag)?[,!]? ?(\w{2,20}) (?:here|hier)\b|\baqu[ií] (\w{2,20}),",
    re.IGNORECASE,
)
_TITLED = re.compile(
    r"(?<!\w)(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof|Professor|Sir|Lady|Herrn?|Frau|Hr|Fr|Familie|Sr|Sra|Srta|Señora?"
    r"|Señorita|Don|Doña|Dra|señora?|señorita|don|doña|doctora?|profesora?|familia)\.?"
    r"(?: (?:Dr|Prof|med|jur|Ing|Dipl)\.){0,3}"
    rf" ((?:{_PARTICLE} )?{_NAME})"
)
_SPELLED = re.compile(rf"(?<![\w'’.-]){_NAME}")
LANGUAGES = ("en", "de", "es")
_PERSON = frozenset(("PERSON", "PER"))
_PLACE = frozenset(("GPE", "LOC"))
_LETTERS_OF_PRODUCTS = re.compile(r"\d|[a-z][A-Z]|[/_@#]")


def find_names(text: Analysis) -> Iterator[Finding]:
    """People and places; without a model only cities that everybody knows."""
    for entity in text.entities if _is_in_its_language(text) else ():
        if entity.kind in _PERSON and _is_somebody(entity.text):
            yield Finding(start=entity.start, end=entity.end, kind=Kind.PERSON)
        elif entity.kind in _PLACE and entity.text.casefold() not in _words("products"):
            yield Finding(start=entity.start, end=entity.end, kind=Kind.PLACE)
    for pattern in (_INTRODUCED, _TITLED):
        for found in pattern.finditer(text.text):
            if kept := _without_ordinary_words(found[1]):
                yield Finding(start=found.start(1), end=found.start(1) + len(kept), kind=Kind.PERSON)
    for found in _IN_LOWER_CASE.finditer(text.text):
        group = next(each for each in (1, 2, 3) if found[each])
        if kept := _without_ordinary_words(found[group]):
            yield Finding(start=found.start(group), end=found.start(group) + len(kept), kind=Kind.PERSON)
    yield from _given(text.text)
    is_spanish = _count(text, "es") > max(_count(text, "en"), _count(text, "de"))
    for found in _SPELLED.finditer(text.text):
        yield from _in_capitals(found, text.text, is_spanish=is_spanish or text.language == "es")


def _in_capitals(found: re.Match[str], text: str, *, is_spanish: bool) -> Iterator[Finding]:
    """Known cities; and, in Spanish, whose nouns have no capitals, two capitals in a row."""
    for word in re.finditer(r"[\w'’-]+", found[0]):
        if word[0].casefold() in _words("places"):
            start = found.start() + word.start()
            yield Finding(start=start, end=start + len(word[0]), kind=Kind.PLACE)
    if not is_spanish:
        return
    kept = _without_ordinary_words(found[0])
    words = kept.casefold().split()
    is_named = len(words) > 1 and not any(each in _words("products") for each in words)
    if is_named and not any(each in _words("places") for each in words) and not _has_street(text, found):
        yield Finding(start=found.start(), end=found.start() + len(kept), kind=Kind.PERSON)


def _has_street(text: str, found: re.Match[str]) -> bool:
    """Whether a number follows: then it is a street, or a model of something."""
    return re.match(r",? ?(?:n[.º°]* ?)?\d", text[found.end() : found.end() + 6]) is not None


def _count(text: Analysis, language: str) -> int:
    """Function words of a language in the text."""
    return len({token.text.casefold() for token in text.tokens} & _words(f"function_{language}"))


def _is_in_its_language(text: Analysis) -> bool:
    """Short texts are taken for the chat's usual language, and a model sees names in what it cannot read."""
    if text.language not in LANGUAGES:
        return True
    its_own = _count(text, text.language)
    return all(_count(text, each) <= its_own for each in LANGUAGES)


def _given(text: str) -> Iterator[Finding]:
    """Runs of capitals that begin with a given name, or have one followed by another name within."""
    given, doubtful = _words("given"), _words("doubtful")
    for found in _SPELLED.finditer(text):
        words = list(re.finditer(r"[\w'’.-]+", found[0]))
        for place, word in enumerate(words):
            name = word[0].strip(".").casefold()
            first = name.partition("-")[0]
            if name not in given and first not in given and name not in doubtful:
                continue
            kept = _without_ordinary_words(found[0][word.start() :])
            is_alone = len(kept.split()) < 2
            if name in doubtful and name not in given and is_alone:
                continue
            if kept:
                yield Finding(
                    start=found.start() + word.start(),
                    end=found.start() + word.start() + len(kept),
                    kind=Kind.PERSON,
                )
                break
            if place == 2:
                break


def _is_somebody(name: str) -> bool:
    """Models take products for people; a name is no product, and has no digits in it."""
    words = name.casefold().split()
    return not _LETTERS_OF_PRODUCTS.search(name) and not all(word in _words("products") for word in words)


def _without_ordinary_words(name: str) -> str:
    """The name up to the first word that is none: "Anna Bitte" is Anna."""
    ordinary, end = _words("ordinary"), 0
    for word in re.finditer(r"[\w'’.-]+", name):
        if word[0] in _PARTICLES:
            continue
        if word[0].strip(".").casefold() in ordinary:
            break
        end = word.end()
    return name[:end].rstrip(".,")


@cache
def _words(kind: str) -> frozenset[str]:
    """A list of words, in lower case: `given` names, `doubtful` ones that are words as well, `ordinary` words
    that follow names, `products` that models take for people, `places`, `function` words of a language."""
    text = resources.files("core.privacy.detection").joinpath(f"{kind}.txt").read_text("utf-8")
    return frozenset(text.casefold().split())
