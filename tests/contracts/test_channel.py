"""What the core rests on, of every platform alike: the real clients, and what people see."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.web import ids
from bots.playground.slack.driver import replies as slack_replies
from bots.playground.slack.driver import shown
from bots.playground.slack.seed import ANA, APP_TOKEN, BOT_TOKEN, TEAM
from bots.playground.telegram.driver import texts
from bots.playground.telegram.seed import MINA, TOKEN
from bots.playground.widget.driver import WidgetVisitor
from bots.run import build_adapters
from bots.service import open_core, serving
from core.message import Choice, Conversation, Person, Platform, Post, Reply
from core.policy import Policies
from core.ports import Channel
from core.settings import Settings
from core.testing import ScriptedEngine
from tests.bots.conftest import Telegram, telegram
from tests.playground.slack.conftest import Slack, slack

__all__ = ["slack", "telegram"]
ORIGIN = "http://localhost"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One platform: its channel, a place there, and the eyes of the person in it."""

    channel: Channel
    place: Conversation
    person: Person
    sees: Callable[..., Awaitable[None]]
    """Waits until exactly these texts of the assistant stand there."""

    async def put_up(self, number: int = 1, **more: object) -> Post:
        """A post of ours, placed."""
        wanted = Post(
            id=f"{number:032x}",
            turn_id=f"turn-{number:06}",
            conversation=self.place,
            recipient=self.person,
            created_at=datetime.now(UTC),
            **more,  # type: ignore[arg-type]  # fields of Post
        )
        return replace(wanted, platform_id=await self.channel.place(wanted))


@pytest.fixture(params=[Platform.SLACK, Platform.TELEGRAM, Platform.WEB])
async def side(
    request: pytest.FixtureRequest, slack: Slack, telegram: Telegram, tmp_path: Path
) -> AsyncIterator[Side]:
    settings = Settings.model_validate(
        {
            "slack_bot_token": BOT_TOKEN,
            "slack_app_token": APP_TOKEN,
            "slack_api_url": f"{slack.url}/api/",
            "telegram_bot_token": TOKEN,
            "telegram_api_url": telegram.url,
            "FRONTDESK_HOME": tmp_path,
            "FRONTDESK_PORT": 0,
            "FRONTDESK_WIDGET_ORIGINS": ORIGIN,
        }
    )
    platform: Platform = request.param
    async with open_core(settings, Policies(), ScriptedEngine()) as core:
        adapters = {each.platform: each for each in build_adapters(core)}
        async with (
            serving(core, list(adapters.values())) as url,
            WidgetVisitor(url, site=ORIGIN) as visitor,
        ):
            channel = adapters[platform].channel
            if platform is Platform.SLACK:
                yield await _slack(slack, channel)
            elif platform is Platform.TELEGRAM:
                yield await _telegram(telegram, channel)
            else:
                yield _web(visitor, channel)


async def _slack(slack: Slack, channel: Channel) -> Side:
    where = await slack.driver.open_dm(ANA)
    root = await slack.driver.send(ANA, where, "hello")
    await slack.driver.wait_for_text(where, "echo: hello")
    place = Conversation(platform=Platform.SLACK, tenant=TEAM, channel=where, thread=root, direct=True)

    async def sees(*wanted: str) -> None:
        await slack.driver.wait_for(
            lambda state: [shown(each).strip() for each in slack_replies(state, where)][1:] == list(wanted)
        )

    person = Person(platform=Platform.SLACK, tenant=TEAM, id=ANA)
    return Side(channel=channel, place=place, person=person, sees=sees)


async def _telegram(telegram: Telegram, channel: Channel) -> Side:
    bot = TOKEN.partition(":")[0]
    place = Conversation(platform=Platform.TELEGRAM, tenant=bot, channel=str(MINA), direct=True)
    await telegram.driver.send(MINA, MINA, "hello")
    await telegram.driver.wait_for_text(MINA, "echo: hello")

    async def sees(*wanted: str) -> None:
        await telegram.driver.wait_for(lambda state: texts(state, MINA)[1:] == list(wanted))

    person = Person(platform=Platform.TELEGRAM, tenant=bot, id=str(MINA))
    return Side(channel=channel, place=place, person=person, sees=sees)


def _web(visitor: WidgetVisitor, channel: Channel) -> Side:
    place = ids.conversation(ORIGIN, ids.anonymous(visitor.token))

    async def sees(*wanted: str) -> None:
        await visitor.sees(*wanted)

    person = Person(platform=Platform.WEB, tenant=place.tenant, id=place.channel)
    return Side(channel=channel, place=place, person=person, sees=sees)


async def test_a_post_shows_exactly_what_it_is_settled_with_however_often(side: Side) -> None:
    post = await side.put_up()
    for _ in range(3):
        await side.channel.settle(post, Reply(text="It is open."))
    await side.sees("It is open.")
    await side.channel.settle(post, Reply(text="It is closed."))
    await side.sees("It is closed.")


async def test_posts_stand_in_the_order_in_which_they_were_placed(side: Side) -> None:
    posts = [await side.put_up(number) for number in (1, 2, 3)]
    for number in (2, 0, 1):
        await side.channel.settle(posts[number], Reply(text=f"answer {number}"))
    await side.sees("answer 0", "answer 1", "answer 2")


async def test_what_is_withdrawn_is_gone_and_may_be_withdrawn_again(side: Side) -> None:
    stays, goes = await side.put_up(1), await side.put_up(2)
    await side.channel.settle(stays, Reply(text="stays"))
    await side.channel.settle(goes, Reply(text="goes"))
    await side.sees("stays", "goes")
    for _ in range(2):
        await side.channel.withdraw(goes)
    await side.sees("stays")


async def test_a_growing_text_is_no_part_of_what_stands(side: Side) -> None:
    post = await side.put_up()
    await side.channel.working(post, "reading")
    await side.channel.show(post, "It **is")
    await side.channel.show(post, "It **is** open")
    await side.channel.settle(post, Reply(text="No."))
    await side.channel.rest(post)
    await side.sees("No.")


async def test_the_same_answer_gives_the_same_parts_and_no_word_is_lost(side: Side) -> None:
    words = [f"word{number}" for number in range(4000)]
    reply = Reply(
        text="\n\n".join(" ".join(words[at : at + 50]) for at in range(0, len(words), 50)),
        choices=(Choice(id="a", label="Yes"),),
    )
    parts = side.channel.split(reply)
    assert list(parts) == list(side.channel.split(reply))
    assert " ".join(part.text for part in parts).split() == words
    assert [bool(part.choices) for part in parts] == [False] * (len(parts) - 1) + [True]


async def test_a_post_that_is_looked_for_is_found_or_nobody_can_look(side: Side) -> None:
    post = await side.put_up()
    await side.channel.settle(post, Reply(text="here"))
    found = await side.channel.find(replace(post, platform_id=""))
    assert found == (None if side.place.platform is Platform.TELEGRAM else post.platform_id)
    assert await side.channel.find(replace(post, id=f"{9:032x}", platform_id="")) is None
