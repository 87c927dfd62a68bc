"""Gaps are gathered by what they are about, and tell nothing of who asked."""

from datetime import UTC, datetime, timedelta

import pytest

from core.knowledge.gaps import topics
from core.language.pipeline import Pipeline
from core.privacy.detection.detector import Detector
from core.privacy.redaction import redacted
from core.store.records import Gap

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _gap(number: int, topic: str, reason: str = "nothing found") -> Gap:
    asked_at = NOON + timedelta(minutes=number)
    return Gap(
        turn_id=str(number), topic=topic, reason=reason, example=f"example {number}", asked_at=asked_at
    )


def test_topics_that_share_their_words_are_one_and_the_most_asked_comes_first() -> None:
    asked = ["parking", "refund", "refund period", "annual refund", "other", "other", "other", "other"]
    found = topics([_gap(number, topic) for number, topic in enumerate(asked)])
    assert [(each.name, each.count) for each in found] == [("refund", 3), ("parking", 1), ("other", 4)]


def test_a_topic_shows_its_newest_examples_and_its_reasons() -> None:
    (found,) = topics(
        [_gap(number, "refund", "did not help" if number else "nothing found") for number in range(5)]
    )
    assert found.examples == ("example 4", "example 3", "example 2")
    assert found.reasons == (("did not help", 4), ("nothing found", 1))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Can Maria Huber change her booking?", ("Maria", "Huber")),
        ("My mail is anna.b@example.org, where is it?", ("anna", "example.org")),
        ("Where is order AB-4711-X of 3 May 2024?", ("4711", "May", "2024")),
        ("Call me at +43 660 1234567 please", ("660", "1234567")),
        ("See https://intranet.example/people/7 for it", ("intranet",)),
        ("Does @jonas42 have access to Salzburg?", ("jonas42", "Salzburg")),
    ],
)
async def test_names_numbers_and_addresses_are_replaced(
    pipeline: Pipeline, text: str, hidden: tuple[str, ...]
) -> None:
    (read,) = await Detector(pipeline).read([text])
    result = redacted(read)
    assert not [each for each in hidden if each in result], result


async def test_names_of_the_operators_own_documents_may_stay(pipeline: Pipeline) -> None:
    (read,) = await Detector(pipeline).read(["Does the cluster run on Kubernetes?"])
    assert redacted(read) == "Does the cluster run on [place]?"
    assert redacted(read, {"kubernetes"}) == "Does the cluster run on Kubernetes?"
