"""Answers read to people: when they ask, when they always want it, and what is said when it cannot be."""

import asyncio

import pytest

from core import words
from core.testing import FakeVoice
from tests.delivery.stories.bot import Bot, Side, until
from tests.delivery.stories.test_own_data import mark, newest, plain

NOTE = "voice note"


async def notes(side: Side) -> int:
    """How many voice notes stand in the private chat."""
    return sum(NOTE in each.text for each in await side.posts())


async def _heard(voice: FakeVoice, texts: list[str]) -> None:
    await until(lambda: voice.read == texts)


@pytest.mark.parametrize("asking", ["Read it to me!", "{mark}voice"])
async def test_the_last_answer_is_read_when_somebody_asks(bot: Bot, side: Side, asking: str) -> None:
    voice = FakeVoice()
    await bot.start("It is **ready** [1], see [the page](https://acme.example).", synthesiser=voice)
    await side.say("is it ready?")
    await newest(side, "ready")
    await side.say(asking.format(mark=mark(side)))
    await newest(side, NOTE)
    assert (await side.answers())[-2] == plain(side, words.reads_aloud())
    assert voice.read == ["It is ready, see the page."]
    method = "sendVoice" if side.name == "telegram" else "files.completeUploadExternal"
    assert len(await side.driver.journal(direction="request", method=method)) == 1


async def test_who_wants_it_hears_every_answer_until_they_have_enough(bot: Bot, side: Side) -> None:
    voice = FakeVoice()
    await bot.start("First.", "Second.", "Third.", synthesiser=voice)
    await side.say(f"{mark(side)}voice on")
    await newest(side, plain(side, words.voice_on()))
    assert bot.ask("SELECT voice, remembered FROM preferences") == [(1, 0)]
    for heard in (["First."], ["First.", "Second."]):
        await side.say("hello")
        await _heard(voice, heard)
        await newest(side, NOTE)
    await side.say(f"{mark(side)}me")
    await newest(side, plain(side, words.kept_voice()))
    await side.say(f"{mark(side)}voice off")
    await newest(side, words.voice_off())
    await side.say("hello")
    await newest(side, "Third.")
    await bot.quiet()
    assert voice.read == ["First.", "Second."]


async def test_in_a_group_the_answer_is_read_but_nobody_decides_for_all(bot: Bot, telegram: Side) -> None:
    voice = FakeVoice()
    await bot.start("First.", synthesiser=voice)
    await telegram.say("hello", at="group")
    await telegram.sees("First.", at="group")
    await telegram.say("/voice", at="group", to_the_assistant=False)
    await until(lambda: voice.read == ["First."])
    await telegram.say("/voice on", at="group", to_the_assistant=False)
    async with asyncio.timeout(60):
        while words.voice_in_private() not in await telegram.answers(at="group"):
            await telegram.scene.changed()
    assert bot.ask("SELECT count(*) FROM preferences") == [(0,)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("I'm sorry, but I can't help with that.", words.nothing_to_read_aloud()),
        ("Der Vertrag läuft noch bis zum Ende des nächsten Jahres.", words.no_voice_for_language()),
        ("An answer without an end. " * 150, words.too_long_to_read_aloud()),
        ("```\nprint()\n```", words.nothing_to_read_aloud()),
    ],
    ids=["refused", "German", "long", "code"],
)
async def test_what_cannot_or_must_not_be_read_is_told(
    bot: Bot, telegram: Side, answer: str, said: str
) -> None:
    voice = FakeVoice()
    await bot.start(answer, synthesiser=voice)
    await telegram.say("hello")
    await until(lambda: bot.ask("SELECT 1 FROM turns WHERE state = 'answered'"))
    await telegram.say("/voice")
    await newest(telegram, said)
    assert voice.read == []


async def test_without_a_voice_people_are_told(bot: Bot, side: Side) -> None:
    await bot.start("First.")
    for command in ("voice", "voice on"):
        await side.say("hello")
        await side.say(f"{mark(side)}{command}")
        await newest(side, words.no_voice())


async def test_who_cannot_be_read_to_hears_why(bot: Bot, telegram: Side) -> None:
    voice = FakeVoice()
    voice.fails = True
    await bot.start("First.", synthesiser=voice)
    await telegram.say("hello")
    await newest(telegram, "First.")
    await telegram.say("/voice")
    await newest(telegram, words.voice_lost())


async def test_a_voice_note_whose_fate_is_unknown_is_not_sent_twice(bot: Bot, telegram: Side) -> None:
    await bot.start("First.", synthesiser=FakeVoice())
    await telegram.say("hello")
    await newest(telegram, "First.")
    await telegram.driver.add_fault("drop_after_commit", method="sendVoice", remaining=1)
    await telegram.say("/voice")
    async with bot.hurrying():
        await until(lambda: bot.ask("SELECT 1 FROM outbox WHERE state = 'failed' AND reason LIKE '%twice%'"))
        await bot.quiet()
    assert len(await telegram.driver.journal(direction="request", method="sendVoice")) == 1
    assert await notes(telegram) == 1
