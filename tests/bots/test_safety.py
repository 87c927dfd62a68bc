"""What wants care, and what trades expect, as people meet it on both platforms."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.playground.slack.driver import SlackDriver, replies, shown
from bots.playground.slack.seed import ANA
from bots.playground.telegram.driver import TelegramDriver, texts
from bots.playground.telegram.seed import JONAS, MINA
from core.message import Conversation, Platform
from core.policy import Policies, Policy
from core.profiles import PROFILES, profile
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram
from tests.playground.slack.conftest import Slack


@pytest.fixture
async def people(telegram: Telegram, start: Start) -> AsyncIterator[TelegramDriver]:
    async with start():
        await telegram.driver.wait_for(lambda state: state["polled"])
        yield telegram.driver


def button(message: dict[str, Any], text: str) -> str:
    shown = (each for row in message["buttons"] for each in row)
    return str(next(each["callback_data"] for each in shown if text in each["text"]))


async def test_who_wants_to_die_hears_where_help_is_and_can_say_that_it_was_meant_otherwise(
    people: TelegramDriver, engine: ScriptedEngine
) -> None:
    await people.send(JONAS, JONAS, "ich will nicht mehr leben")
    care = await people.wait_for_text(JONAS, "TelefonSeelsorge, 0800 111 0 111")
    assert "ich möchte nicht, dass Sie damit allein sind" in care["text"]
    assert not engine.prompts
    await people.click(JONAS, JONAS, care["id"], button(care, "etwas anderes"))
    await people.wait_for_text(JONAS, "echo: ich will nicht mehr leben")


async def test_an_answer_that_insults_its_reader_is_not_shown_at_any_time(
    people: TelegramDriver, engine: ScriptedEngine
) -> None:
    engine.hold.clear()
    await people.send(MINA, MINA, "you are a stupid idiot and more words follow here")
    engine.hold.set()
    await people.wait_for_text(MINA, "I would rather not show")
    assert not [text for text in texts(await people.state(), MINA) if text.startswith("echo")]


async def test_below_an_answer_that_speaks_of_self_harm_stands_where_help_is(
    people: TelegramDriver, engine: ScriptedEngine
) -> None:
    engine.say("Some characters in it say: I want to die.")
    await people.send(JONAS, JONAS, "worum geht es in dem Roman?")
    answer = await people.wait_for_text(JONAS, "TelefonSeelsorge, 0800 111 0 111")
    assert answer["text"].startswith("Some characters in it say: I want to die.")


async def test_a_forbidden_subject_is_not_spoken_of_in_answers_either(
    telegram: Telegram, start: Start, engine: ScriptedEngine
) -> None:
    policy = Policy(settle_seconds=0, forbidden={"pay": ("salary", "salaries")})
    engine.say("Your boss earns a salary of 9000 and more words follow here")
    async with start(policy):
        people = telegram.driver
        await people.wait_for(lambda state: state["polled"])
        await people.send(MINA, MINA, "what does my boss get?")
        await people.wait_for_text(MINA, "I may not speak about this subject here (pay).")
        assert not [text for text in texts(await people.state(), MINA) if "9000" in text]


async def test_ordinary_words_that_sound_dangerous_are_answered_as_ever(people: TelegramDriver) -> None:
    for asked in ("this meeting is killing me", "the process was killed", "how do I end the subscription?"):
        await people.send(MINA, MINA, asked)
        await people.wait_for_text(MINA, f"echo: {asked}")


async def test_a_practice_gives_no_medical_answer_of_its_own_makes_no_diagnosis_and_keeps_no_name(
    telegram: Telegram, start: Start, engine: ScriptedEngine
) -> None:
    policy = Policy(settle_seconds=0, profile="healthcare", answers="free", human="Call 555 0100.")
    async with start(policy):
        people = telegram.driver
        await people.wait_for(lambda state: state["polled"])
        await people.send(MINA, MINA, "I am called Ottoline Quarrington, which customer parks where?")
        await people.wait_for_text(MINA, "echo: I am called Ottoline Quarrington, which patient parks where?")
        await people.send(MINA, MINA, "what dose of ibuprofen may I take?")
        answer = await people.wait_for_text(MINA, "echo: what dose of ibuprofen may I take?")
        assert "does not replace a doctor's advice" in answer["text"]
        await people.send(MINA, MINA, "Can you diagnose me?")
        await people.wait_for_text(
            MINA, "I may not speak about this subject here (diagnosis). Call 555 0100."
        )
    assert not any("Ottoline" in prompt for prompt in engine.prompts)


async def test_a_bank_recommends_nothing_and_says_so(slack: Slack, start: Start) -> None:
    driver: SlackDriver = slack.driver
    async with start(Policy(settle_seconds=0, profile="finance")):
        await driver.wait_for(lambda state: state["sockets"] == 1)
        channel = await driver.open_dm(ANA)
        await driver.send(ANA, channel, "what is a bond?")
        await driver.wait_for_text(channel, "no recommendation to buy or sell anything")
        await driver.send(ANA, channel, "Which stock should I buy?")
        await driver.wait_for_text(channel, "I may not speak about this subject here (single investments).")
        await driver.send(ANA, channel, "when do you open?")
        await driver.wait_for_text(channel, "echo: when do you open?")
        last = shown(replies(await driver.state(), channel)[-1])
        assert "recommendation" not in last


async def test_a_shop_says_that_it_is_no_lawyer_and_speaks_of_customers(slack: Slack, start: Start) -> None:
    driver: SlackDriver = slack.driver
    async with start(Policy(settle_seconds=0, profile="customer-service")):
        await driver.wait_for(lambda state: state["sockets"] == 1)
        channel = await driver.open_dm(ANA)
        await driver.send(ANA, channel, "do I need a lawyer as a user?")
        answer = await driver.wait_for_text(channel, "echo: do I need a lawyer as a customer?")
        assert "does not replace a lawyer's advice" in shown(answer)


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_gives_way_to_what_is_set_beside_it_and_rules_what_is_set_above(name: str) -> None:
    where = Policies.model_validate(
        {
            "assistant": {"keep_messages_days": 9, "name": "Ada"},
            "channels": [
                {"match": "*:T1:*", "policy": {"profile": name}},
                {"match": "*:T2:*", "policy": {"profile": name, "keep_messages_days": 7}},
            ],
        }
    )
    first, second = (where.for_conversation(_place(tenant)) for tenant in ("T1", "T2"))
    assert first.keep_messages_days == profile(name)["keep_messages_days"] and first.name == "Ada"
    assert second.keep_messages_days == 7 and second.vocabulary == profile(name)["vocabulary"]
    assert where.for_conversation(_place("T3")).keep_messages_days == 9
    set_above = Policies(assistant=Policy(profile=name, keep_messages_days=3))
    assert set_above.for_conversation(_place("T1")).keep_messages_days == 3


def _place(tenant: str) -> Conversation:
    return Conversation(platform=Platform.SLACK, tenant=tenant, channel="C1")
