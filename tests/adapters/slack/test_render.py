"""Markdown for Slack: nothing lost, nothing over the limit, nothing alive, at no moment of a stream."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from adapters import markdown
from adapters.markdown import clean
from adapters.slack.render import PART, StreamText, neutralise, preview, render, summary, to_mrkdwn
from tests.adapters.markup import ATTACKS, LINKS, is_subsequence, letters, texts

PINGS = re.compile(
    r"(?:<|＜|&lt;|&#0*60;|&#x0*3c;)\\?(?:[!@#！＠＃]|&#0*(?:33|35|64);)(?:channel|here|everyone|subteam|[A-Z]\d)"
    r"|(?:@|＠|&commat;|&#0*64;)(?:channel|here|everyone)",
    re.IGNORECASE,
)
READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
READER.validateLink = lambda url: True  # type: ignore[method-assign]  # reads links of every scheme


def _live(text: str) -> list[str]:
    """What a careless reader of Markdown could bring to life."""
    inline = [child for token in READER.parse(text) for child in token.children or []]
    urls = [str(child.attrs["href"]) for child in inline if child.type == "link_open"]
    refused = [
        url for url in urls if re.match("[a-z][a-z0-9+.-]*:", url, re.I) and not markdown.is_allowed(url)
    ]
    images = [child.content for child in inline if child.type == "image"]
    words = [child.content for child in inline if child.type == "text"]
    bare = [word for word in words if re.search("(tg|slack)://", word)]
    return [*PINGS.findall(text), *refused, *images, *bare]


@pytest.mark.parametrize("attack", [*ATTACKS, *LINKS])
@pytest.mark.parametrize("around", ["{}", "see {} now", "`{}`", "```\n{}\n```", "a{}b", "- x\n\n  {}"])
def test_no_attack_stays_alive(attack: str, around: str) -> None:
    assert [_live(part) for part in render(around.replace("{}", attack))] == [[]]


@pytest.mark.parametrize("attack", [*ATTACKS, *LINKS])
def test_no_attack_comes_alive_in_a_stream_wherever_it_is_cut(attack: str) -> None:
    whole = f"look {attack} here"
    for cut in range(len(whole)):
        stream = StreamText()
        shown = stream.feed(whole[:cut])
        assert not _live(shown)
        shown += stream.feed(whole)
        assert not _live(shown)


@pytest.mark.parametrize(
    "code",
    [
        "<!DOCTYPE html>\n<!-- note -->",
        "std::vector<std::string> names;",
        "<xs:element name='a'/>",
        "redis://localhost:6379",
        "if (!['a'].includes(b)) handlers[name](request)",
    ],
)
def test_code_can_be_copied(code: str) -> None:
    text = f"```\n{code}\n```"
    assert render(text) == [text]


@pytest.mark.parametrize("text", ["`redis://localhost`", "vector<int> of a<b", "a <!-- b", "x[1]: 2"])
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert render(text) == [text]


@given(texts)
def test_parts_keep_every_letter_within_the_limit(text: str) -> None:
    parts = render(text)
    assert all(len(part) <= PART for part in parts)
    assert is_subsequence(letters(clean(text)), letters("".join(parts)))
    assert [_live(part) for part in parts] == [[] for _ in parts]


@given(texts, st.integers(0, 200))
def test_previews_at_every_length_are_safe(text: str, end: int) -> None:
    growing = preview(text[:end])
    assert len(growing) <= PART
    assert not _live(growing)


@given(texts)
def test_neutralising_twice_changes_nothing(text: str) -> None:
    once = neutralise(text)
    assert neutralise(once) == once


@example("`[x]( <tg://user?id=1> )`", [25])
@given(texts, st.lists(st.integers(0, 400), max_size=6))
def test_a_stream_ends_with_the_whole_text(text: str, cuts: list[int]) -> None:
    stream, shown = StreamText(), ""
    for cut in sorted(cuts):
        shown += stream.feed(text[:cut])
        assert not _live(shown)
    final = render(text)[0]
    tail = stream.tail(final)
    assert tail is None or shown + tail == final.lstrip()


def test_a_plain_stream_needs_no_replacement() -> None:
    text = "Dear Anna, the answer is **42**. Ask `me` again."
    stream = StreamText()
    shown = "".join(stream.feed(text[:end]) for end in range(0, len(text), 3))
    tail = stream.tail(render(text)[0])
    assert tail is not None
    assert shown + tail == text


def test_a_stream_keeps_no_white_space_that_the_answer_loses() -> None:
    stream = StreamText()
    assert stream.feed(" One.\n\n") == "One."
    assert stream.tail("One.") == ""


def test_a_hundred_thousand_characters_in_parts() -> None:
    text = "\n\n".join(f"Paragraph {number}. " + "words and " * 40 for number in range(250))
    parts = render(text)
    assert all(len(part) <= PART for part in parts)
    assert letters("".join(parts)) == letters(text)
    assert all(part.startswith("Paragraph") for part in parts)


def test_long_code_stays_code_in_every_part() -> None:
    code = "\n".join(f"    line_{number} = {number}" for number in range(2000))
    parts = render(f"```python\n{code}\n```")
    assert len(parts) > 1
    assert all(part.startswith("```python\n") and part.endswith("\n```") for part in parts)
    assert "\n".join(part.removeprefix("```python\n").removesuffix("\n```") for part in parts) == code


@pytest.mark.parametrize(
    ("growing", "shown"),
    [
        ("a **bold", "a **bold**"),
        ("a **", "a "),
        ("a `code", "a `code`"),
        ("see [the page](https://exa", "see the page"),
        ("see [the pa", "see the pa"),
        ("```python\nprint('**", "```python\nprint('**\n```"),
        ("~~gone", "~~gone~~"),
    ],
)
def test_unfinished_marks_are_closed(growing: str, shown: str) -> None:
    assert preview(growing) == shown


@given(texts)
def test_summaries_and_mrkdwn_are_safe(text: str) -> None:
    for line in (summary(text), to_mrkdwn(text)):
        assert "<" not in line and ">" not in line
        assert not re.search(r"@(channel|here|everyone)", line, re.IGNORECASE)
    assert summary(text)
