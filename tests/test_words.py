"""The catalogues of phrases: whole, well formed, and chosen by the person's language."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from core import words
from core.translation import FOLDER, LANGUAGES, SOURCE, spoken
from tests.docs.pages import ROOT

TRANSLATED = [language for language in LANGUAGES if language != SOURCE]
_PLACE = re.compile(r"\{\w+\}|`[^`]*`")


def phrases() -> set[str | tuple[str, ...]]:
    """All that the code says."""
    found = (each for part in ("core", "adapters", "bots") for each in extract_from_dir(str(ROOT / part)))
    return {phrase for _, _, phrase, *_ in found}


def catalogue(language: str) -> Catalog:
    with (FOLDER / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


def entries(language: str) -> Iterator[tuple[Message, tuple[str, ...], tuple[str, ...]]]:
    for message in catalogue(language):
        if message.id:
            yield message, _tuple(message.id), _tuple(message.string)


def _tuple(text: object) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)  # type: ignore[arg-type]


@pytest.mark.parametrize("language", TRANSLATED)
def test_every_phrase_is_translated_and_none_is_left_over(language: str) -> None:
    assert {source if len(source) > 1 else source[0] for _, source, _ in entries(language)} == phrases()
    assert [source for message, source, said in entries(language) if message.fuzzy or not all(said)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_translations_keep_what_is_filled_in_and_the_commands(language: str) -> None:
    for _, source, said in entries(language):
        wanted = set(_PLACE.findall(source[-1]))
        assert set(_PLACE.findall(said[-1])) == wanted
        for each in said:
            assert set(_PLACE.findall(each)) <= wanted
            assert each.count("*") == source[0].count("*") and each.startswith("_") == source[0].startswith(
                "_"
            )


@pytest.mark.parametrize(
    ("wishes", "expected"),
    [
        (("de",), "Angehalten."),
        (("de-AT",), "Angehalten."),
        (("es_MX",), "Detenido."),
        (("fr", "de"), "Angehalten."),
        (("fr",), "Stopped."),
        (("",), "Stopped."),
        (("\0-x!", ""), "Stopped."),
    ],
)
def test_the_first_language_that_there_is_is_spoken(wishes: tuple[str, ...], expected: str) -> None:
    with spoken(*wishes):
        assert words.stopped() == f"_{expected}_"
    assert words.stopped() == "_Stopped._"


def test_numbers_times_and_dates_are_written_as_the_language_does() -> None:
    with spoken("de"):
        assert words.queue(1, 61) == "Eine Frage ist vor Ihrer an der Reihe: Ich beginne in etwa 60 Sekunden."
        assert words.queue(2, 600) == "2 Fragen sind vor Ihrer an der Reihe: Ich beginne in etwa 10 Minuten."
        assert words.kept(datetime(2026, 3, 1, tzinfo=UTC)).endswith("1. März 2026 über Sie aufbewahre")
    assert words.queue(2, 600) == "2 questions come before yours: I begin in about 10 minutes."
