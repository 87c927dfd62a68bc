"""Flows on both platforms: answers in any order, corrections, buttons, restarts, new versions in between."""

from pathlib import Path

import pytest

from core import words
from core.engine.types import Load
from core.policy import Policy
from core.translation import spoken
from tests.delivery.stories.bot import Bot, Side, until

ROOM = """
flow: room
title: Book a room
start: {commands: [room], examples: [book a room please]}
slots:
  people: {type: number, ask: "How many people?", cues: [people]}
  size:
    type: choice
    ask: "Which size?"
    options: [{value: small, label: Small}, {value: large, label: Large}]
  sure: {type: yes_no, ask: "Sure?"}
steps:
  - ask: people
  - ask: size
  - choose: sure
    text: "A room, {size}, for {people}. Sure?"
    then: {no: stopped}
  - end: Booked for {people}.
  - id: stopped
    end: Not booked.
"""
PEOPLE, SIZE = "How many people?", "Which size?"


@pytest.fixture(autouse=True)
def flows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the flows, where the service is started."""
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "room.yaml").write_text(ROOM)
    monkeypatch.chdir(tmp_path)
    return folder


async def test_a_flow_with_a_correction_and_a_question_in_the_middle(bot: Bot, side: Side) -> None:
    await bot.start("It is sunny.")
    await side.say("book a room please")
    await side.sees(PEOPLE)
    await side.say("6")
    await side.sees(PEOPLE, SIZE)
    await side.say("what is the weather like today?")
    aside = f"It is sunny.\n\n{SIZE}"
    await side.sees(PEOPLE, SIZE, aside)
    await side.scene.press(0, "direct", "Large")
    asked = "A room, Large, for 6. Sure?"
    await side.sees(PEOPLE, SIZE, aside, asked)
    await side.say("no, 8 people")
    again = "Noted: people is 8.\n\nA room, Large, for 8. Sure?"
    await side.sees(PEOPLE, SIZE, aside, asked, again)
    await side.scene.press(0, "direct", "Yes")
    await side.sees(PEOPLE, SIZE, aside, asked, again, "Booked for 8.")
    await bot.quiet()
    assert bot.ask("SELECT count(*) FROM flow_versions") == [(0,)]


async def test_a_flow_outlives_a_crash_and_ends_as_it_began(bot: Bot, side: Side, flows: Path) -> None:
    await bot.start()
    await side.say("book a room please")
    await side.sees(PEOPLE)
    await bot.quiet()
    await bot.stop()
    (flows / "room.yaml").write_text(ROOM.replace("Which size?", "How big?").replace("Booked", "Reserved"))
    await bot.start()
    await side.say("4, a small one")
    asked = "A room, Small, for 4. Sure?"
    await side.sees(PEOPLE, asked)
    await side.say("yes")
    await side.sees(PEOPLE, asked, "Booked for 4.")
    await side.say("book a room please")
    await side.sees(PEOPLE, asked, "Booked for 4.", PEOPLE)
    await side.say("3")
    await side.sees(PEOPLE, asked, "Booked for 4.", PEOPLE, "How big?")


async def test_an_edited_answer_is_read_anew_in_its_place(bot: Bot, slack: Side) -> None:
    await bot.start()
    await slack.say("book a room please")
    await slack.sees(PEOPLE)
    await slack.say("6")
    await slack.sees(PEOPLE, SIZE)
    await slack.scene.edit(0, "direct", "12, large")
    await slack.sees(PEOPLE, "A room, Large, for 12. Sure?")


async def test_where_flows_are_switched_off_none_begins(bot: Bot, side: Side) -> None:
    await bot.start(policy=Policy(settle_seconds=0, flows=()))
    await side.say("book a room please")
    await side.sees("echo: book a room please")


async def test_after_a_day_it_is_asked_whether_to_go_on(bot: Bot, telegram: Side) -> None:
    await bot.start()
    await telegram.say("book a room please")
    await telegram.sees(PEOPLE)
    bot.clock.push(24 * 3600)
    await telegram.say("hello")
    question = words.flow_return("Book a room")
    await telegram.sees(PEOPLE, question)
    await telegram.scene.press(0, "direct", words.go_on())
    await telegram.sees(PEOPLE, question, PEOPLE)


async def test_people_in_a_group_do_not_answer_for_one_another(bot: Bot, telegram: Side) -> None:
    await bot.start()
    await telegram.say("book a room please", at="group")
    await telegram.sees(PEOPLE, at="group")
    await telegram.say("5", at="group")
    await telegram.sees(PEOPLE, SIZE, at="group")
    await telegram.scene.press(1, "group", "Large")
    with spoken("de"):
        refused = words.flow_not_yours()
    await telegram.sees(PEOPLE, SIZE, refused, at="group")
    await telegram.say("small", at="group")
    asked = "A room, Small, for 5. Sure?"
    await telegram.sees(PEOPLE, SIZE, refused, asked, at="group")


async def test_a_flow_does_not_wait_for_the_model(bot: Bot, slack: Side) -> None:
    await bot.start("It is sunny.", held=True)
    bot.engine.busy = Load(queued=0, active=1, capacity=1, seconds_per_answer=3.0)
    await slack.say("what is the weather like today?", at="group")
    await until(lambda: bot.engine.prompts)
    await slack.say("book a room please")
    await slack.sees(PEOPLE)
    await slack.say("6")
    await slack.sees(PEOPLE, SIZE)
    bot.engine.hold.set()
    await slack.sees("It is sunny.", at="group")
