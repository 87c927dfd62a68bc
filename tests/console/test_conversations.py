"""Conversations in the console."""

from core.message import Conversation, Platform
from tests.console.conftest import Caller, Office
from tests.console.samples import NAME, PHONE, SCRIPT


async def test_conversations_are_listed_by_what_happened_last(caller: Caller) -> None:
    text = await caller.look("/conversations")
    for platform in ("slack", "telegram", "web"):
        assert f"{platform}:T1:C0:" in text
    chosen = await caller.look("/conversations?platform=telegram")
    assert "telegram:T1:C0:" in chosen and "slack:T1:C0:" not in chosen


async def test_a_conversation_is_shown_without_names_numbers_and_markup(caller: Caller) -> None:
    texts = ""
    for platform in ("slack", "telegram", "web"):
        for channel in range(4):
            texts += await caller.look(f"/conversations/{platform}:T1:C{channel}:")
    assert "shoes" in texts and "[name]" in texts and "&lt;script&gt;" in texts
    assert NAME not in texts and "Anna" not in texts and PHONE not in texts and SCRIPT not in texts
    assert "smollm2-135m@1a2b3c4d5e6f" in texts and "shipping.md" in texts and "300 read, 40 written" in texts


async def test_what_a_person_had_forgotten_is_not_shown(caller: Caller, office: Office) -> None:
    turn = await office.sample.answered(Platform.SLACK, "C9", "My secret is a teapot.", "A teapot it is.")
    place = Conversation(platform=Platform.SLACK, tenant="T1", channel="C9", direct=True)
    await office.core.store.people.forget(place.key, turn.removeprefix("t"))
    text = await caller.look(f"/conversations/{place.key}")
    assert "teapot" not in text and "Its words are not kept" in text


async def test_long_conversations_come_in_pages(caller: Caller, office: Office) -> None:
    for number in range(23):
        await office.sample.answered(Platform.WEB, "C9", f"question {number}", f"reply {number}")
    newest = await caller.look("/conversations/web:T1:C9:")
    assert "question 22" in newest and "question 2<" not in newest
    before = newest.partition("?before=")[2].partition('"')[0]
    oldest = await caller.look(f"/conversations/web:T1:C9:?before={before}")
    assert "question 2<" in oldest and "question 22" not in oldest


async def test_a_conversation_that_is_none(caller: Caller) -> None:
    assert "There is no such conversation" in await caller.look("/conversations/slack:T1:NOWHERE:")
    assert caller.status == 404
