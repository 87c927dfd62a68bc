"""What is read aloud of a Markdown text."""

import pytest

from core.media.aloud import aloud


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Good **day**, _you_!", "Good day, you!"),
        ("# Opening hours\n\nNine to five", "Opening hours.\nNine to five."),
        ("- One\n- Two\n\n1. First", "One.\nTwo.\nFirst."),
        ("It is 2 °C [1], and dry [12].", "It is 2 °C, and dry."),
        ("See [our page](https://acme.example/a_b) or https://acme.example.", "See our page or."),
        ("Run this:\n\n```sh\nrm -rf /\n```\n\nThen `stop`.", "Run this:\nThen stop."),
        ("| A | B |\n|---|---|\n| 1 | 2 |", "A, B.\n1, 2."),
        ("> The documents\n> say so", "The documents say so."),
        ("<b>bold</b> & ![picture](x.png)", "<b>bold</b> &."),
        ("```\ncode alone\n```", ""),
        ("---\n\n[1]", ""),
    ],
)
def test_only_words_are_read_without_marks_links_code_and_numbers_of_sources(text: str, said: str) -> None:
    assert aloud(text) == said


def test_text_that_is_nested_without_end_is_read_or_left_out() -> None:
    assert len(aloud("> " * 5_000 + "deep " + "[" * 5_000)) < 20_000
