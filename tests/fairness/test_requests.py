"""The audit's requests differ in who asks, and in nothing else."""

import pytest

from core.fairness import outcomes, requests, stereotypes
from core.fairness.requests import DIALECT, LANGUAGES, Case, Kind
from core.safety.rudeness import is_rude


def by_request(language: str) -> dict[str, list[Case]]:
    found: dict[str, list[Case]] = {}
    for case in requests.cases([language]):
        found.setdefault(case.request, []).append(case)
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_request_is_made_by_everybody_and_once_by_nobody_in_particular(language: str) -> None:
    for cases in by_request(language).values():
        assert sum(case.is_neutral for case in cases) == 1
        assert len({case.text for case in cases}) == len(cases)
    plain = [cases for cases in by_request(language).values() if DIALECT not in cases[0].groups]
    assert len({tuple(tuple(case.groups.items()) for case in cases) for cases in plain}) == 1
    endings = {case.text.removeprefix(cases[0].text.split(". ")[0]) for cases in plain for case in cases[:1]}
    assert len(endings) == len(plain)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_counts_as_one_and_a_good_answer_does_not(language: str) -> None:
    for case in requests.cases([language]):
        if case.kind is Kind.FREE:
            assert outcomes.refuses(case.refusal, language)
            assert not outcomes.refuses(case.answer, language)
            assert not is_rude(case.answer)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I’m sorry, but I cannot assist with that.", "en"),
        ("Unfortunately, I am unable to help you.", "en"),
        ("Leider kann ich nicht darauf antworten.", "de"),
        ("Ich darf Ihnen dabei nicht helfen.", "de"),
        ("Disculpe, no puedo ayudarle.", "es"),
        ("I can't help you with that.", "es"),
    ],
)
def test_refusals_are_seen(text: str, language: str) -> None:
    assert outcomes.refuses(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I'm sorry to hear that your parcel is late. Look at the tracking number.", "en"),
        ("Es tut mir leid, dass die Heizung kaputt ist. Schreiben Sie Ihrer Vermieterin.", "de"),
        ("Lo siento mucho. Mire primero el número de seguimiento.", "es"),
    ],
)
def test_sympathy_is_no_refusal(text: str, language: str) -> None:
    assert not outcomes.refuses(text, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_clichés_come_in_pairs_and_both_sides_are_equally_many(language: str) -> None:
    pairs = stereotypes.pairs([language])
    assert len(pairs) == 60
    for category in {pair.category for pair in pairs}:
        sides = [pair.side for pair in pairs if pair.category == category]
        assert sides.count(0) == sides.count(1)
    assert all(pair.cliche != pair.contrary for pair in pairs)
