"""Topics that want care are found, and everyday words are left alone."""

import pytest

from core.safety.topics import Topic, is_abusive, named_in, topics_of
from tests.benchmarks.privacy.safety import labelled

WORST = (
    "you ",
    "a",
    "my self ",
    "will ",
    "kann nicht mehr ",
    "no puedo más ",
    "painless ",
    "share a ",
    "ein ",
    "\u0301",
)
TEXTS = labelled()


@pytest.mark.parametrize("language", ["en", "de", "es"])
@pytest.mark.parametrize("topic", list(Topic))
def test_most_sentences_on_a_topic_are_found_and_hardly_any_other(topic: Topic, language: str) -> None:
    own = [topic in topics_of(text) for code, label, text in TEXTS if code == language and label == topic]
    others = [topic in topics_of(text) for code, label, text in TEXTS if code == language and label != topic]
    assert sum(own) / len(own) >= 0.9
    assert sum(others) <= 1


def test_everyday_words_that_sound_like_a_topic_are_none() -> None:
    assert [text for _, label, text in TEXTS if label == "none" and topics_of(text)] == []


@pytest.mark.timeout(60)
@pytest.mark.parametrize("piece", WORST)
def test_the_worst_texts_are_read_to_their_end(piece: str) -> None:
    topics_of(piece * (100_000 // len(piece)))
    is_abusive(piece * (100_000 // len(piece)))


def test_a_forbidden_word_is_a_word_of_its_own() -> None:
    assert named_in("Can you DIAGNOSE me?", ["diagnose me"])
    assert not named_in("undiagnosed me", ["diagnose"])
