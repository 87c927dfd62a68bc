"""What a text is indexed by: the stems of its words, without accents and without words that say nothing.

Stems are Snowball's (snowballstem.org), by the language of the document. Scripts without spaces are cut into
pairs of characters.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import lru_cache
from importlib.metadata import version

import snowballstemmer

from core.language.stopwords import STOP
from core.language.words import each_word

VERSION = f"1, snowballstemmer {version('snowballstemmer')}"
"""Names how terms are made; its number is raised with every other change of them. What was indexed by another
version is indexed anew."""
LONGEST = 40
"""Characters of a term; what is longer is no word, and counts by its beginning."""
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_ALGORITHMS = {
    "ar": "arabic",
    "ca": "catalan",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "et": "estonian",
    "eu": "basque",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hi": "hindi",
    "hu": "hungarian",
    "hy": "armenian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "no": "norwegian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sr": "serbian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
_STEMMERS = {
    language: snowballstemmer.stemmer(_ALGORITHMS.get(language, "english")) for language in ("", *_ALGORITHMS)
}


def terms(text: str, language: str) -> Iterator[str]:
    """The terms of a text in a language (ISO 639-1), each as often as it stands there, in order.

    Of a language without a stemmer, or an unknown one, they are stemmed as English.
    """
    for word in content_words(text):
        yield from _of_word(word, language if language in _ALGORITHMS else "")


def variants(word: str, languages: Collection[str]) -> tuple[str, ...]:
    """What a word may be indexed by in documents of these languages."""
    return tuple(
        dict.fromkeys(term for language in sorted({"", *languages}) for term in terms(word, language))
    )


def content_words(text: str) -> Iterator[str]:
    """The words that say something, as written but in lower case."""
    return (word for word in each_word(text) if word not in STOP)


@lru_cache(maxsize=200_000)
def _of_word(word: str, language: str) -> tuple[str, ...]:
    if _SPACELESS.search(word) and len(word) > 2:
        return tuple(word[at : at + 2] for at in range(len(word) - 1))
    stem = _STEMMERS[language].stemWord(word)
    plain = "".join(char for char in unicodedata.normalize("NFKD", stem) if not unicodedata.combining(char))
    return (plain[:LONGEST],)
