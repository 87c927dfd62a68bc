"""Cutting Markdown into messages, and closing what a model is still writing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import markdown
from tests.adapters.markup import is_subsequence, letters, texts


@pytest.mark.parametrize(
    ("growing", "shown"),
    [
        ("", ""),
        ("plain ", "plain"),
        ("a **bold", "a **bold**"),
        ("a **bold*", "a **bold**"),
        ("a **bold**", "a **bold**"),
        ("a **", "a "),
        ("***both", "***both***"),
        ("***both**", "***both***"),
        ("**a *b* c", "**a *b* c**"),
        ("**a `b", "**a `b`**"),
        ("`a **b", "`a **b`"),
        ("``a ` b", "``a ` b``"),
        ("5 * 3", "5 * 3"),
        ("snake_case_na", "snake_case_na"),
        (r"\*not emph", r"\*not emph"),
        ("~~gone", "~~gone~~"),
        ("done **b**\n\nnext *i", "done **b**\n\nnext *i*"),
        ("see [the pa", "see the pa"),
        ("see [the page](https://exa", "see the page"),
        ("see [it](https://a.example/b_(c", "see it"),
        ("see ![a cat](https://exa", "see a cat"),
        ("`a[0", "`a[0`"),
        ("Fruit:\n-", "Fruit:"),
        ("Fruit:\n\n1.", "Fruit:\n"),
        ("text\n##", "text"),
        ("- a\n- **b", "- a\n- **b**"),
        ("text\n\n| a | b", "text\n"),
        ("| a | b |\n|--", ""),
        ("| a | b |\n|---|---|\n| 1", "| a | b |\n|---|---|\n| 1"),
        ("```py\nx = '**", "```py\nx = '**\n```"),
        ("```py\nx\n``", "```py\nx\n```"),
        ("```py\nx\n```\ndone", "```py\nx\n```\ndone"),
        ("~~~\n```\n", "~~~\n```\n~~~"),
        ("> ```\n> x", "> ```\n> x\n> ```"),
        ("a ``", "a "),
    ],
)
def test_what_is_unfinished_is_closed(growing: str, shown: str) -> None:
    assert markdown.closed(growing) == shown


@given(texts)
def test_closing_invents_no_words(text: str) -> None:
    cleaned = markdown.clean(text)
    assert is_subsequence(letters(markdown.closed(cleaned)), letters(cleaned))


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://a.example", True),
        ("HTTP://a.example", True),
        ("mailto:a@b.example", True),
        ("tel:+491", True),
        ("javascript:alert(1)", False),
        ("tg://user?id=1", False),
        ("data:text/html,x", False),
        ("/relative", False),
        ("", False),
    ],
)
def test_links_lead_to_allowed_schemes_only(url: str, allowed: bool) -> None:
    assert markdown.is_allowed(url) is allowed


@given(texts, st.integers(40, 200))
def test_parts_fit_and_keep_every_letter_in_order(text: str, limit: int) -> None:
    parts = markdown.split(text, len, limit)
    assert markdown.first_part(text, len, limit) == parts[0]
    assert all(len(part) <= limit for part in parts)
    assert is_subsequence(letters(markdown.clean(text)), letters("".join(parts)))


def test_blocks_stay_whole_where_they_can() -> None:
    text = "one two\n\nthree four\n\nfive"
    assert markdown.split(text, len, 20) == ["one two\n\nthree four", "five"]


def test_sentences_are_cut_before_words() -> None:
    assert markdown.split("One is done. Two is not", len, 20) == ["One is done.", "Two is not"]


def test_code_keeps_its_fence_in_every_part() -> None:
    parts = markdown.split("```\n" + "x = 1\n" * 40 + "```", len, 100)
    assert len(parts) > 1
    assert all(part.startswith("```\nx") and part.endswith("1\n```") for part in parts)
    assert "".join(parts).count("x = 1") == 40


def test_tables_keep_their_head_in_every_part() -> None:
    head = "| a | b |\n|---|---|\n"
    parts = markdown.split(head + "| 1 | 2 |\n" * 40, len, 200)
    assert len(parts) > 1
    assert all(part.startswith(head) for part in parts)
    assert "".join(parts).count("| 1 | 2 |") == 40


@pytest.mark.parametrize("character", ["👩‍👩‍👧", "👍🏽", "e\u0301", "🏴\U000e0067\U000e0062\U000e007f"])
def test_visible_characters_are_not_cut(character: str) -> None:
    parts = markdown.split(character * 200, len, 101)
    assert all(part == character * (len(part) // len(character)) for part in parts)
