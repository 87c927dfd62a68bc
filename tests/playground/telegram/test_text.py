"""Text and mark-up, held against the clients' own renderers."""

import html
from typing import Any

import pytest
from aiogram.types import MessageEntity
from aiogram.utils.text_decorations import html_decoration, markdown_decoration
from hypothesis import given
from hypothesis import strategies as st
from telegram.helpers import escape_markdown

from bots.playground.telegram.errors import TelegramError
from bots.playground.telegram.parsing import html as html_mode
from bots.playground.telegram.parsing import markdown, markdown_v2
from bots.playground.telegram.parsing.builder import utf16_length
from bots.playground.telegram.text import excerpt, formatted, written

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=60)
WORD = st.text(alphabet="abé😀.-!(", min_size=1, max_size=6)
KINDS = st.sampled_from(["bold", "italic", "underline", "strikethrough", "spoiler", "code"])


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """A text of words, some of which carry an entity."""
    text, entities = "", []
    for word, kind in draw(st.lists(st.tuples(WORD, st.none() | KINDS), min_size=1, max_size=6)):
        if kind:
            entities.append({"type": kind, "offset": utf16_length(text), "length": utf16_length(word)})
        text += word + " "
    return text, entities


def as_models(entities: list[dict[str, Any]]) -> list[MessageEntity]:
    """The entities as aiogram takes them."""
    return [MessageEntity(**each) for each in entities]


@given(TEXT)
def test_escaped_text_comes_back(text: str) -> None:
    assert markdown_v2.parse(escape_markdown(text, version=2)) == (text, [])
    assert html_mode.parse(html.escape(text, quote=False)) == (text, [])


@given(marked())
def test_what_aiogram_renders_is_parsed_back(given_text: tuple[str, list[dict[str, Any]]]) -> None:
    text, entities = given_text
    for mode, decoration in (("HTML", html_decoration), ("MarkdownV2", markdown_decoration)):
        result = formatted(decoration.unparse(text, as_models(entities)), mode, [])
        assert (result.text, result.entities) == (text.strip(), entities)


@given(st.text(max_size=80), st.sampled_from(["HTML", "Markdown", "MarkdownV2", ""]))
def test_any_text_is_taken_or_refused(text: str, mode: str) -> None:
    try:
        result = formatted(text, mode, [])
    except TelegramError as error:
        assert error.status == 400
        return
    assert utf16_length(result.text) <= 4096
    for each in result.entities:
        assert each["offset"] + each["length"] <= utf16_length(result.text)


@given(st.text(max_size=80))
def test_any_text_of_a_person_can_be_sent(text: str) -> None:
    result = written(text)
    result.text.encode()
    assert all(excerpt(result.text, each) for each in result.entities)


@pytest.mark.parametrize(
    ("source", "text", "kinds"),
    [
        ("*bold _both_*", "bold both", ["italic", "bold"]),
        ("__under _both___", "under both", ["italic", "underline"]),
        ("[shop](https://a.example/x_\\(1\\))", "shop", ["text_link"]),
        ("```python\nx = 1```", "x = 1", ["pre"]),
        ("`a*b`", "a*b", ["code"]),
        (">one\n>two\nthree", "one\ntwo\nthree", ["blockquote"]),
        ("||secret||", "secret", ["spoiler"]),
        (">one\n**>two||", "one\ntwo", ["blockquote", "expandable_blockquote"]),
        ("[here](localhost)", "here", []),
        ("![👍](tg://emoji?id=5368324170671202286)", "👍", ["custom_emoji"]),
    ],
)
def test_markdown_v2(source: str, text: str, kinds: list[str]) -> None:
    plain, entities = markdown_v2.parse(source)
    assert (plain, [each["type"] for each in entities]) == (text, kinds)


@pytest.mark.parametrize(
    ("source", "text", "kinds"),
    [
        ("<b>bold <i>both</i></b>", "bold both", ["italic", "bold"]),
        ('<a href="https://a.example/?a=1&amp;b=2">shop</a>', "shop", ["text_link"]),
        ('<pre><code class="language-python">x</code></pre>', "x", ["pre"]),
        ('<span class="tg-spoiler">secret</span>', "secret", ["spoiler"]),
        ("<blockquote expandable>long</blockquote>", "long", ["expandable_blockquote"]),
        ("&lt;b&gt; &amp; &quot;&#33;", '<b> & "!', []),
    ],
)
def test_html(source: str, text: str, kinds: list[str]) -> None:
    plain, entities = html_mode.parse(source)
    assert (plain, [each["type"] for each in entities]) == (text, kinds)


def test_links_and_languages_are_kept() -> None:
    assert markdown_v2.parse("[shop](https://a.example)")[1][0]["url"] == "https://a.example"
    assert markdown_v2.parse("```python\nx```")[1][0]["language"] == "python"
    assert html_mode.parse('<pre><code class="language-rust">x</code></pre>')[1][0]["language"] == "rust"
    assert markdown.parse("[shop](https://a.example)")[1][0]["url"] == "https://a.example"


def test_old_markdown() -> None:
    plain, entities = markdown.parse("*bold* _italic_ `code` \\*star")
    assert (plain, [each["type"] for each in entities]) == (
        "bold italic code *star",
        ["bold", "italic", "code"],
    )


def test_text_is_trimmed_and_entities_follow() -> None:
    result = formatted("  \r\nhello ", "", [{"type": "bold", "offset": 4, "length": 5}])
    assert result.text == "hello"
    assert result.entities == [{"type": "bold", "offset": 0, "length": 5}]


def test_the_server_finds_mentions_and_links_outside_of_code() -> None:
    result = formatted(
        "see @mina_k at https://a.example/x, `/help`", "", [{"type": "code", "offset": 36, "length": 7}]
    )
    assert [each["type"] for each in result.entities] == ["mention", "url", "code"]
    assert excerpt(result.text, result.entities[1]) == "https://a.example/x"


def test_only_a_hundred_entities_count() -> None:
    given_entities = [{"type": "bold", "offset": at, "length": 1} for at in range(150)]
    assert len(formatted("a" * 150, "", given_entities).entities) == 100
