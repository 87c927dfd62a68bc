"""Markdown for Telegram: valid entities, nothing lost, nothing over the limit, nothing alive."""

import re

import pytest
from hypothesis import given

from adapters import markdown
from adapters.telegram.render import (
    ENTITIES,
    LENGTH,
    TelegramText,
    layout,
    preview,
    render,
    split,
    utf16_length,
)
from tests.adapters.markup import ATTACKS, LINKS, is_subsequence, letters, texts


def _stretches(made: TelegramText) -> list[tuple[str, str]]:
    """Every entity's type and text, read as Telegram reads it."""
    raw = made.text.encode("utf-16-le")
    return [
        (each.type, raw[2 * each.offset : 2 * (each.offset + each.length)].decode("utf-16-le"))
        for each in made.entities
    ]


def _live(made: TelegramText) -> list[str]:
    """What Telegram would link by itself: outside code and addresses, after taking out what it drops."""
    units = list(made.text.encode("utf-16-le"))
    for each in made.entities:
        if each.type in ("code", "pre"):
            units[2 * each.offset : 2 * (each.offset + each.length)] = list(b".\0") * each.length
    text = re.sub("[\u0333\u033f\u030a\u2028-\u202e]", "", bytes(units).decode("utf-16-le"))
    text = re.sub(r"https?://[a-z0-9.-]+\.[a-z]+/[^\s(){}\[\]<>,]*", "", text, flags=re.IGNORECASE)
    return re.findall(r"(?<!\w)@[A-Za-z0-9_]+|(?<![\w/<>])/[A-Za-z0-9_]+|\b(?:tg|slack)://", text)


def _check(made: TelegramText) -> None:
    size = utf16_length(made.text)
    assert size <= LENGTH
    assert len(made.entities) <= ENTITIES
    assert made.text == made.text.strip()
    for each, (_, stretch) in zip(made.entities, _stretches(made), strict=True):
        assert 0 <= each.offset < each.offset + each.length <= size
        assert stretch.strip()
        assert each.url == "" or markdown.is_allowed(each.url)
    code = [
        (each.offset, each.offset + each.length) for each in made.entities if each.type in ("code", "pre")
    ]
    for each in made.entities:
        if each.type not in ("code", "pre", "blockquote"):
            assert all(each.offset + each.length <= low or high <= each.offset for low, high in code)
    assert _live(made) == []


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("plain", "plain", []),
        ("a **b** c", "a b c", [("bold", "b")]),
        ("*i* and ~~s~~", "i and s", [("italic", "i"), ("strikethrough", "s")]),
        ("`x<y>`", "x<y>", [("code", "x<y>")]),
        ("vector<int> stays", "vector<int> stays", []),
        ("5 * 3 * 2", "5 * 3 * 2", []),
        ("```py\na\n\nb\n```", "a\n\nb", [("pre", "a\n\nb")]),
        ("# Title\ntext", "Title\n\ntext", [("bold", "Title")]),
        ("- a\n- b\n  - c", "• a\n• b\n\u00a0\u00a0◦ c", []),
        ("3. a\n4. b", "3. a\n4. b", []),
        ("> quoted", "quoted", [("blockquote", "quoted")]),
        ("[page](https://a.example)", "page", [("text_link", "page")]),
        ("[page](javascript:x)", "page (javascript:x)", []),
        ("![cat](https://a.example/c.png)", "cat", [("text_link", "cat")]),
        ("👍 **b**", "👍 b", [("bold", "b")]),
        ("**a `b` c**", "a b c", [("bold", "a"), ("code", "b"), ("bold", "c")]),
        ("one\n\n\n\ntwo", "one\n\ntwo", []),
        ("a  \nb", "a\nb", []),
        ("@durov hi", "@\u2060durov hi", []),
        ("try /start or and/or", "try /\u2060start or and/or", []),
        ("https://m.example/@user", "https://m.example/@user", []),
        ("`@durov /start`", "@durov /start", [("code", "@durov /start")]),
        ("| a | b |\n|---|---|\n| 1 | 22 |", "a  b\n─  ──\n1  22", [("pre", "a  b\n─  ──\n1  22")]),
        ("write to desk@shop.example", "write to desk@shop.example", []),
        ("[us](mailto:desk@shop.example)", "us (desk@shop.example)", []),
        ("<desk@shop.example>", "desk@shop.example", []),
        ("[`f()`](https://a.example)", "f()", [("text_link", "f()")]),
        ("`redis://a`", "redis://a", [("code", "redis://a")]),
        ("redis://a", "redis:\u2060//a", []),
        ("[x](/path)", "x (/\u2060path)", []),
        ("![a](tg://user?id=1)", "a (tg:\u2060//user?id=1)", []),
        ("wow![a](https://a.example)", "wowa", [("text_link", "a")]),
        ("***b***", "b", [("italic", "b"), ("bold", "b")]),
        ("** b**", "** b**", []),
        ("**bold\n\nlost**", "**bold\n\nlost**", []),
        ("a\n***\nb", "a\n\n―――\n\nb", []),
        ("> a\n> > b", "a\n\nb", [("blockquote", "a\n\nb")]),
        ("> ```\n> x\n> ```", "x", [("blockquote", "x"), ("pre", "x")]),
        ("1. a\n   - b\n2. c", "1. a\n\u00a0\u00a0◦ b\n2. c", []),
        (
            "| 日本 | b |\n|-|-|\n| a | c |",
            "日本  b\n────  ─\na     c",
            [("pre", "日本  b\n────  ─\na     c")],
        ),
        ("|a|\n|-|\n|[x](https://b.de)|", "a\n────────────────\nx (https://b.de)", None),
        ("[a]: https://example.org", "[a]: https://example.org", []),
        ("&amp; &lt;b&gt;", "& <b>", []),
        ("\x00a\ud800", "a\ufffd", []),
    ],
)
def test_examples(source: str, text: str, entities: list[tuple[str, str]] | None) -> None:
    made = layout(source)
    assert made.text == text
    assert entities in (None, _stretches(made))


def test_code_keeps_its_language() -> None:
    (entity,) = layout("```python\nx\n```").entities
    assert entity.language == "python"


@pytest.mark.parametrize("attack", [*ATTACKS, *LINKS])
def test_no_attack_stays_alive(attack: str) -> None:
    for text in (
        attack,
        f"see {attack} now",
        f"**{attack}**",
        f"@**durov** {attack}",
        f"- {attack}",
        f"> {attack}",
    ):
        _check(layout(text))


@given(texts)
def test_every_part_is_valid_and_no_letter_is_lost(text: str) -> None:
    parts = render(text)
    for part in parts:
        _check(part)
    visible = letters(markdown.plain(markdown.parse(text)))
    assert is_subsequence(visible, letters("".join(part.text for part in parts)))


@given(texts)
def test_previews_at_every_length_are_valid(text: str) -> None:
    for end in range(0, len(text), max(1, len(text) // 5)):
        _check(preview(text[:end]))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("word " * 20_000, id="words"),
        pytest.param("x" * 100_000, id="no spaces"),
        pytest.param("👩‍👩‍👧" * 5_000, id="families"),
        pytest.param("[" * 20_000, id="brackets"),
        pytest.param("> " * 5_000 + "deep", id="quotes"),
        pytest.param("*" * 20_000, id="stars"),
        pytest.param("**b** " * 2_000, id="entities"),
        pytest.param("*a " * 5_000 + "b* " * 5_000, id="emphasis"),
        pytest.param("![" * 2_000 + "x" + "](https://a.example)" * 2_000, id="images"),
        pytest.param("`a`" * 10_000, id="code"),
        pytest.param("@a /b " * 10_000, id="mentions"),
        pytest.param("\n".join(f"- item {number}" for number in range(3_000)), id="list"),
        pytest.param("|a|b|\n|-|-|\n" + "|1|2|\n" * 3_000, id="table"),
    ],
)
def test_large_and_hostile_texts_are_cut_into_valid_parts(text: str) -> None:
    parts = render(text)
    for part in parts:
        _check(part)
    assert is_subsequence(
        letters(markdown.plain(markdown.parse(text))), letters("".join(part.text for part in parts))
    )


def test_parts_are_filled() -> None:
    parts = render("A **bold** word and `code`.\n\n" * 400)
    assert all(len(part.entities) > ENTITIES - 4 for part in parts[:-1])


def test_parts_end_between_paragraphs_and_fit_again_when_laid_out_alone() -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 60 for number in range(60))
    parts = split(text)
    assert len(parts) > 3
    assert all(part.startswith("Paragraph") for part in parts)
    assert all(split(part) == [part] for part in parts)
