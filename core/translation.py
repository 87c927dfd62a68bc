"""The language in which the assistant speaks of its own accord: message catalogues, chosen per person."""

import gettext as catalogues
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE = "en"
"""The language in which the phrases stand in the code."""
FOLDER = Path(__file__).with_name("locale")
"""One `LANGUAGE.po` for each other language."""
LANGUAGES = (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))
"""What the assistant can speak."""

_spoken = ContextVar("_spoken", default=SOURCE)


@contextmanager
def spoken(*wishes: str) -> Iterator[None]:
    """Speak, within the block, the first of the wished languages that there is; else English.

    Args:
        wishes: BCP 47 tags, as platforms report them; an empty one wishes nothing.
    """
    tags = [wish.replace("_", "-") for wish in wishes if wish]
    token = _spoken.set(negotiate_locale(tags, LANGUAGES, sep="-") or SOURCE)
    try:
        yield
    finally:
        _spoken.reset(token)


def language() -> str:
    """What is spoken now."""
    return _spoken.get()


def locale() -> Locale:
    """How dates, numbers and times are written in the language spoken now."""
    return Locale(_spoken.get())


def gettext(phrase: str) -> str:
    """The phrase in the language spoken now."""
    return _catalogue(_spoken.get()).gettext(phrase)


def ngettext(one: str, many: str, number: int) -> str:
    """The phrase for one thing or for `number` of them."""
    return _catalogue(_spoken.get()).ngettext(one, many, number)


@cache
def _catalogue(language: str) -> catalogues.NullTranslations:
    if language == SOURCE:
        return catalogues.NullTranslations()
    compiled = BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return catalogues.GNUTranslations(compiled)
