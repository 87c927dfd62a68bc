"""Both platforms out of reach for minutes, in the middle of answers: late is all that they may be."""

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

from tests.crash.line import Line
from tests.crash.round import Plan, open_stage
from tests.crash.service import Setup
from tests.crash.sight import Shown, slack_posts, telegram_posts
from tests.crash.supervisor import Life
from tests.crash.talks import slack_talks, telegram_talks
from tests.crash.verdict import numbers_of

PLAN = Plan(seed=1, messages=0, kills=(), over_http=False)
AWAY = 180.0
"""Seconds of the outage on the platforms' clocks: by then they have tried twice to deliver again."""
LATE = 60.0
"""Seconds within which everything must be answered after the lines are mended."""


async def test_what_was_asked_around_a_loss_of_the_network_is_answered_once(tmp_path: Path) -> None:
    async with open_stage(PLAN, tmp_path) as stage:
        settings = stage.setup.settings
        async with (
            Line(str(settings["slack_api_url"])) as to_slack,
            Line(str(settings["telegram_api_url"])) as to_telegram,
        ):
            lines = {"slack_api_url": to_slack.url, "telegram_api_url": to_telegram.url}
            setup: Setup = replace(stage.setup, settings={**settings, **lines}, word_seconds=0.2)
            life = Life(setup)
            assert await life.ready()
            random = Random(1)
            talks = [
                *await slack_talks(stage.slack, random),
                *await telegram_talks(stage.telegram, random),
            ]
            places = {number: await talk.ask(number) for number, talk in enumerate(talks, 1)}
            await stage.slack.wait_for_journal(method="chat.startStream")
            await stage.telegram.wait_for_journal(method="sendMessageDraft")
            await asyncio.gather(to_slack.cut(), to_telegram.cut())
            for number, talk in enumerate(talks, 1001):
                talk.begin_anew()
                places[number] = await talk.ask(number)
            await stage.slack.wait_for_journal(direction="delivery", outcome="connection_failed")
            await asyncio.gather(stage.slack.advance(AWAY), stage.telegram.advance(AWAY))
            await asyncio.gather(to_slack.mend(), to_telegram.mend())

            async def look() -> list[Shown]:
                states = await asyncio.gather(stage.slack.state(), stage.telegram.state())
                return [*slack_posts(states[0]), *telegram_posts(states[1])]

            async with asyncio.timeout(LATE):
                while not places.keys() <= numbers_of(await look()):
                    if (await stage.slack.state())["sockets"]:
                        await stage.slack.advance(61)
                    await asyncio.sleep(0.5)
            posts = await look()
            await life.kill()
    assert set(Counter(number for post in posts for number in post.names).values()) == {1}
    assert all(places[number] == post.place for post in posts for number in post.names)
    assert not any(post.is_placeholder for post in posts if post.place.platform == "slack")
