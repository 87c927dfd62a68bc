"""What arrives: committed before it is acknowledged, answered once however often it comes."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from bots.playground.slack.seed import ANA, BOT_USER, GENERAL, NORA, PARTNER, SHARED
from bots.playground.telegram.seed import MINA
from core.errors import ConfigurationError, StoreError
from core.store.sql.rows import Shelf
from tests.delivery.stories.bot import Bot, Side, until
from tests.ports import free_port

DAY = 24 * 3600.0


def refuse_commits(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The next commits of an event fail, after its key has been written."""
    meet, failures = Shelf.meet, iter(range(times))

    def fail(self: Shelf, *arguments: object) -> None:
        if next(failures, None) is not None:
            raise StoreError
        meet(self, *arguments)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(Shelf, "meet", fail)


@pytest.mark.parametrize("hooks", [True, False], ids=["hooks", "sockets"])
async def test_what_could_not_be_committed_is_not_acknowledged_and_its_retry_is_answered(
    bot: Bot, side: Side, hooks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bot.start(hooks_on=free_port() if hooks else 0)
    refuse_commits(monkeypatch, times=2)
    await side.say("hello")
    async with bot.hurrying():
        await side.sees("echo: hello")
    assert len(bot.ask("SELECT 1 FROM inbox")) == 1


async def test_every_message_written_while_the_bot_was_down_is_answered(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.say("before")
    await side.sees("echo: before")
    await bot.stop()
    await side.say("while down")
    await bot.start()
    async with bot.hurrying():
        await side.sees("echo: before", "echo: while down")


async def test_nothing_that_waits_at_telegram_is_ever_dropped_at_the_start(bot: Bot, telegram: Side) -> None:
    for hooks_on in (0, free_port()):
        await bot.start(hooks_on=hooks_on)
        await bot.stop()
    calls = [
        call
        for method in ("setWebhook", "deleteWebhook")
        for call in await bot.telegram.journal(method=method)
    ]
    assert len(calls) == 2
    assert not any(call["body"].get("drop_pending_updates") in ("true", "True", True) for call in calls)


async def test_an_event_that_is_delivered_twice_is_answered_once(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.driver.add_fault("duplicate_delivery", method="message", remaining=1)
    await side.say("hello")
    await side.say("bye")
    async with bot.hurrying():
        await until(lambda: len(bot.ask("SELECT 1 FROM inbox")) == 2)
    await bot.quiet()
    said = "\n".join(await side.answers())
    assert said.count("hello") == 1


async def test_a_repeat_is_known_a_day_later(bot: Bot, side: Side) -> None:
    await bot.start()
    await side.say("hello")
    await side.sees("echo: hello")
    (sent,) = await side.deliveries()
    bot.clock.push(DAY + 60)
    await side.driver.deliver(sent)
    await side.say("bye")
    async with bot.hurrying():  # Slack ended the connection meanwhile, and delivers again where it met none
        await side.sees("echo: hello", "echo: bye")
    assert len(bot.engine.prompts) == 2


async def test_a_late_event_with_an_older_number_is_answered(bot: Bot, side: Side) -> None:
    """Repeats are known by their keys alone: no high-water mark takes a late event for one."""
    await bot.start()
    await side.driver.add_fault("reorder_delivery", method="message", remaining=1)
    await side.say("the older one", who=0)
    await side.say("the newer one", who=1)
    await side.sees("echo: the newer one", who=1)
    await side.sees("echo: the older one", who=0)


async def test_an_update_numbered_below_what_was_confirmed_is_answered(bot: Bot, telegram: Side) -> None:
    await bot.start()
    await telegram.say("hello")
    await telegram.sees("echo: hello")
    (sent,) = await telegram.deliveries()
    late = sent["message"] | {"message_id": 99, "text": "late"}
    await bot.telegram.deliver({"update_id": sent["update_id"] - 1000, "message": late})
    await telegram.sees("echo: hello", "echo: late")


async def test_a_retry_that_is_the_only_copy_is_answered(bot: Bot, slack: Side) -> None:
    """Slack's first delivery finds nobody; its retry carries X-Slack-Retry-Num and is all there is."""
    port = free_port()
    await bot.start(hooks_on=port)
    await bot.stop()
    await slack.say("is anybody there?")
    await bot.slack.wait_for_journal(method="message", outcome="connection_failed")
    await bot.start(hooks_on=port)
    async with bot.hurrying():
        await slack.sees("echo: is anybody there?")
    taken = await bot.slack.journal(method="message", outcome="ok")
    assert taken[0]["body"]["retry_attempt"] > 0


async def test_message_and_mention_are_twins_with_one_answer(bot: Bot, slack: Side) -> None:
    await bot.start()
    await bot.slack.send(ANA, GENERAL, f"<@{BOT_USER}> hello")
    await bot.slack.wait_for_text(GENERAL, "echo: hello")
    for twin in ("message", "app_mention"):
        await bot.slack.wait_for_journal(direction="delivery", method=twin, outcome="ok")
    await bot.quiet()
    assert len(bot.engine.prompts) == 1


async def test_a_slack_connect_post_that_comes_once_per_workspace_is_answered_once(
    bot: Bot, slack: Side
) -> None:
    await bot.start()
    await bot.slack.send(NORA, SHARED, f"<@{BOT_USER}> hello")
    await bot.slack.wait_for_text(SHARED, "echo: hello")
    (event,) = await bot.slack.journal(direction="delivery", method="app_mention")
    payload = event["body"]["payload"]
    assert payload["is_ext_shared_channel"]
    other = {**payload, "event_id": "Ev0NORTHWIND", "team_id": PARTNER}
    await bot.slack.deliver(other)
    await until_delivered(bot, 2)
    await bot.quiet()
    assert len(bot.engine.prompts) == 1


async def until_delivered(bot: Bot, times: int) -> None:
    async with asyncio.timeout(60):
        while len(await bot.slack.journal(direction="delivery", method="app_mention")) < times:
            await asyncio.sleep(0.01)


async def test_two_processes_poll_with_one_token_and_never_collide(bot: Bot, telegram: Side) -> None:
    await bot.start()
    await bot.telegram.wait_for(lambda state: state["polled"])
    second = bot.twin()
    await second.start()
    try:
        await until(lambda: any("standing by" in each.health().detail for each in second.adapters))
        await telegram.say("hello")
        await telegram.sees("echo: hello")
        await bot.stop()
        second.clock.push(5)
        await telegram.say("who is left?")
        await telegram.sees("echo: hello", "echo: who is left?")
    finally:
        await second.stop()
    assert await bot.telegram.journal(method="*etUpdates", outcome="*Conflict*") == []


async def test_a_foreign_poller_is_shown_in_health_and_outlasted(bot: Bot, telegram: Side) -> None:
    await bot.start()
    await bot.telegram.wait_for(lambda state: state["polled"])
    await bot.poll_as_somebody_else()
    await until(lambda: not all(each.health().ok for each in bot.adapters))
    async with aiohttp.ClientSession() as session, session.get(f"{bot.url}/readyz") as answer:
        assert answer.status == 200, "people of other platforms are still let in"
        assert "Another program" in (await answer.json())["parts"]["telegram"]["detail"]
    polls = len(await bot.telegram.journal(method="*etUpdates"))
    await telegram.say("hello")
    assert len(await bot.telegram.journal(method="*etUpdates")) == polls
    async with bot.hurrying():
        await telegram.sees("echo: hello")
    assert all(each.health().ok for each in bot.adapters)


async def test_nothing_enumerates_a_workspace_at_the_start(bot: Bot, slack: Side) -> None:
    await bot.start()
    await slack.say("hello", at="group")
    await slack.sees("echo: hello", at="group")
    called = {each["method"] for each in await bot.slack.journal(direction="request")}
    assert not {each for each in called if each.endswith(".list") or each.startswith("users.")}
    asked = {each["method"] for each in await bot.telegram.journal(direction="request")}
    assert {each.lower() for each in asked} <= {"getme", "setmycommands", "deletewebhook", "getupdates"}


async def test_a_wrong_signature_or_secret_is_refused_and_answers_nothing(bot: Bot) -> None:
    await bot.start(hooks_on=free_port())
    async with aiohttp.ClientSession() as session:
        for headers in ({}, {"X-Slack-Signature": "v0=0", "X-Slack-Request-Timestamp": "soon"}):
            async with session.post(f"{bot.url}/slack/events", data=b"{}", headers=headers) as answer:
                assert answer.status == 401
        async with session.post(f"{bot.url}/telegram/webhook", data=b"{}") as answer:
            assert answer.status == 403
    assert bot.ask("SELECT 1 FROM inbox") == []


async def test_a_request_that_is_replayed_within_its_five_minutes_is_answered_once(
    bot: Bot, side: Side
) -> None:
    await bot.start(hooks_on=free_port())
    await side.say("hello")
    await side.sees("echo: hello")
    (sent,) = await side.deliveries()
    for _ in range(3):
        assert await bot.knock(side.name, json.dumps(sent).encode()) == 200
    await bot.quiet()
    assert len(bot.engine.prompts) == 1
    assert await side.answers() == ["echo: hello"]


@pytest.mark.parametrize("name", ["slack_signing_secret", "telegram_webhook_secret"])
async def test_an_empty_secret_stops_the_start(bot: Bot, name: str) -> None:
    settings: dict[str, Any] = {name: ""}
    with pytest.raises(ConfigurationError, match=name.upper()):
        await bot.start(hooks_on=free_port(), **settings)


async def test_a_person_writes_in_the_very_moment_of_the_start(bot: Bot, telegram: Side) -> None:
    sent = asyncio.create_task(bot.telegram.send(MINA, MINA, "early"))
    await bot.start()
    await sent
    await telegram.sees("echo: early")
