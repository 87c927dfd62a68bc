"""The help desk as customers in Telegram and agents in Slack meet it: real clients, the whole service."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from bots.cli import main
from bots.helpdesk import check
from bots.playground.slack.driver import SlackDriver, State, channel_of, shown
from bots.playground.slack.seed import ANA, BEN, BOT_USER, DAVID, HELP
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.telegram.seed import JONAS, MINA
from bots.store import opened_store
from core import settings
from core.desk import words
from core.desk_policy import DeskSection, Hours, Team
from core.errors import ConfigurationError
from core.policy import Policies, load
from core.privacy.audit import Action
from core.settings import Settings
from core.testing import ScriptedEngine
from core.translation import spoken
from tests.bots.conftest import Start, Telegram
from tests.bots.drafts import said_otherwise
from tests.playground.slack.conftest import Slack

DESK = DeskSection(platform="slack", channel=HELP)


@dataclass(frozen=True, kw_only=True)
class Sides:
    """Customers on one, agents on the other."""

    customers: TelegramDriver
    agents: SlackDriver

    async def ticket(self, text: str = "Ticket") -> str:
        """The thread of the newest ticket whose card says so; returns its `ts`."""
        state = await self.agents.wait_for(lambda state: cards(state, text))
        return str(cards(state, text)[-1]["ts"])

    async def hand_over(self, customer: int = MINA) -> str:
        """A customer asks for a person; returns the thread, once it is known on our side, too."""
        known = {each["ts"] for each in cards(await self.agents.state(), "Ticket")}
        await self.customers.send(customer, customer, "can I talk to a human please")
        told = {MINA: "Your ticket number is", JONAS: "Ihre Vorgangsnummer ist"}
        await self.customers.wait_for_text(customer, told[customer])
        state = await self.agents.wait_for(
            lambda state: any(each["ts"] not in known for each in cards(state, "Ticket"))
        )
        thread = next(str(each["ts"]) for each in cards(state, "Ticket") if each["ts"] not in known)
        await self.in_thread(thread, "can I talk to a human please")
        return thread

    async def press(self, agent: str, ts: str, name: str) -> None:
        await self.agents.click(agent, HELP, ts, f"desk:{name}")

    async def in_thread(self, thread: str, text: str) -> dict[str, Any]:
        """Wait until the assistant has said so in a thread."""
        state = await self.agents.wait_for(lambda state: thread_posts(state, thread, text))
        return thread_posts(state, thread, text)[-1]


def cards(state: State, text: str) -> list[dict[str, Any]]:
    """The first posts of tickets."""
    return [
        each
        for each in channel_of(state, HELP)["messages"]
        if each["user"] == BOT_USER and text in shown(each) and each["thread_ts"] in (None, each["ts"])
    ]


def thread_posts(state: State, thread: str, text: str = "") -> list[dict[str, Any]]:
    """What the assistant has said in a thread."""
    return [
        each
        for each in channel_of(state, HELP)["messages"]
        if each["user"] == BOT_USER
        and each["thread_ts"] == thread
        and each["ts"] != thread
        and text in shown(each)
    ]


@pytest.fixture
async def sides(slack: Slack, telegram: Telegram, start: Start) -> AsyncIterator[Sides]:
    async with start(desk=DESK):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        await telegram.driver.start(JONAS)
        yield Sides(customers=telegram.driver, agents=slack.driver)


async def test_a_customer_and_an_agent_talk_and_the_assistant_is_silent_until_it_is_handed_back(
    sides: Sides,
) -> None:
    await sides.customers.send(MINA, MINA, "how are you?")
    await sides.customers.wait_for_text(MINA, "echo: how are you?")
    thread = await sides.hand_over()
    before = await sides.in_thread(thread, "how are you?")
    assert "echo: how are you?" in shown(before)
    await sides.customers.send(MINA, MINA, "my parcel is lost")
    await sides.in_thread(thread, "**Mina:** my parcel is lost")
    await sides.press(BEN, thread, "take")
    await sides.customers.wait_for_text(MINA, "ben from our team is here now.")
    await sides.agents.send(BEN, HELP, "// it is at the depot", thread_ts=thread)
    await sides.agents.send(BEN, HELP, "I am looking for it", thread_ts=thread)
    await sides.customers.wait_for_text(MINA, "ben: I am looking for it")
    await sides.press(BEN, thread, "back")
    await sides.customers.wait_for_text(MINA, "You are talking to the assistant again")
    await sides.customers.send(MINA, MINA, "thank you")
    await sides.customers.wait_for_text(MINA, "echo: thank you")
    everything = str(await sides.customers.state())
    assert "depot" not in everything
    assert "echo: my parcel" not in everything


async def test_what_agents_do_with_a_ticket_is_accounted_for(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.press(BEN, thread, "take")
    await sides.customers.wait_for_text(MINA, "ben from our team is here now.")
    await sides.press(BEN, thread, "release")
    await sides.in_thread(thread, "released it")
    await sides.agents.send(ANA, HELP, "I am looking for it", thread_ts=thread)
    await sides.customers.wait_for_text(MINA, "ana: I am looking for it")
    await sides.press(ANA, thread, "back")
    await sides.customers.wait_for_text(MINA, "You are talking to the assistant again")
    async with opened_store(settings.load()) as store:
        trail = list(reversed(await store.audit.records(50)))
        assert not (await store.audit.verify()).fault
    told = [(each.entry.actor.rpartition(":")[2], each.entry.action, each.entry.detail) for each in trail]
    assert told == [
        (BEN, Action.TAKE_OVER, ""),
        (BEN, Action.CHANGE, "assigned"),
        (BEN, Action.RELEASE, ""),
        (BEN, Action.CHANGE, "open"),
        (ANA, Action.TAKE_OVER, ""),
        (ANA, Action.CHANGE, "assigned"),
        (ANA, Action.CHANGE, "returned"),
    ]
    assert {each.entry.subject for each in trail} == {"ticket:1"}
    assert all(each.known.startswith("telegram:") for each in trail)


async def buttons(sides: Sides, customer: int, label: str) -> list[tuple[int, str]]:
    """The posts that have such a button, with what it sends."""
    chats = (await sides.customers.state())["chats"]
    chat = next(each for each in chats if each["id"] == customer)
    return [
        (message["id"], button["callback_data"])
        for message in chat["messages"]
        for row in message["buttons"]
        for button in row
        if button["text"] == label
    ]


async def test_a_customer_who_writes_elsewhere_is_one_person_to_agents_once_both_say_so(
    sides: Sides,
) -> None:
    first, second = await sides.hand_over(MINA), await sides.hand_over(JONAS)
    with spoken("de"):
        claimed, told = words.ticket_claimed(1), words.joined(1)
    await sides.customers.send(JONAS, JONAS, "/ticket 99")
    await sides.customers.wait_for_text(JONAS, claimed.replace("**1**", "99"))
    await sides.customers.send(JONAS, JONAS, "/ticket 1")
    await sides.customers.wait_for_text(JONAS, claimed.replace("**", ""))
    await sides.customers.wait_for_text(MINA, "says that ticket 1 is theirs. Is it you?")
    assert thread_posts(await sides.agents.state(), first, "The same person") == []
    ((post, data),) = await buttons(sides, MINA, words.it_is_me())
    await sides.customers.click(MINA, MINA, post, data)
    await sides.in_thread(first, "The same person as in ticket **2**.")
    await sides.in_thread(second, "The same person as in ticket **1**.")
    await sides.customers.wait_for_text(MINA, words.joined(1).replace("**", ""))
    await sides.customers.wait_for_text(JONAS, told.replace("**", ""))
    assert thread_posts(await sides.agents.state(), first, words.it_is_me()) == []


async def test_agents_of_a_later_ticket_hear_whose_it_is_too(sides: Sides) -> None:
    first = await sides.hand_over(MINA)
    await sides.customers.send(JONAS, JONAS, "/ticket #1")
    await sides.customers.wait_for_text(MINA, "Is it you?")
    ((post, data),) = await buttons(sides, MINA, words.it_is_me())
    await sides.customers.click(MINA, MINA, post, data)
    await sides.in_thread(first, "The same person also writes from Telegram.")
    second = await sides.hand_over(JONAS)
    await sides.in_thread(second, "The same person as in ticket **1**.")


async def test_who_is_somebody_else_stays_so(sides: Sides) -> None:
    first = await sides.hand_over(MINA)
    await sides.customers.send(JONAS, JONAS, "/ticket 1")
    await sides.customers.wait_for_text(MINA, "Is it you?")
    ((post, data),) = await buttons(sides, MINA, words.it_is_not_me())
    await sides.customers.click(MINA, MINA, post, data)
    await sides.customers.wait_for_text(MINA, words.not_joined())
    await sides.hand_over(JONAS)
    assert "The same person" not in str(await sides.agents.state())
    assert thread_posts(await sides.agents.state(), first, "somebody else") == []


async def test_after_the_hand_back_the_assistant_knows_what_was_said(
    sides: Sides, engine: ScriptedEngine
) -> None:
    thread = await sides.hand_over()
    await sides.customers.send(MINA, MINA, "where is my parcel?")
    await sides.in_thread(thread, "where is my parcel?")
    ts = await sides.agents.send(BEN, HELP, "in Bohn", thread_ts=thread)
    await sides.customers.wait_for_text(MINA, "in Bohn")
    await sides.agents.edit(BEN, HELP, ts, "in Bonn")
    await sides.customers.wait_for_text(MINA, "in Bonn")
    taken_back = await sides.agents.send(BEN, HELP, "or in Kiel", thread_ts=thread)
    await sides.customers.wait_for_text(MINA, "or in Kiel")
    await sides.agents.delete(BEN, HELP, taken_back)
    await sides.customers.wait_for(lambda state: "Kiel" not in str(state["chats"]))
    await sides.press(BEN, thread, "back")
    await sides.customers.wait_for_text(MINA, "You are talking to the assistant again")
    await sides.customers.send(MINA, MINA, "how far is that?")
    await sides.customers.wait_for_text(MINA, "echo: how far is that?")
    assert (
        "user: where is my parcel?\nassistant: A colleague wrote: **ben:** in Bonn\nuser: how far is that?"
        in engine.prompts[-1]
    )


async def test_the_card_says_in_brief_what_was_said_before(sides: Sides) -> None:
    await sides.customers.send(MINA, MINA, "where is my parcel?")
    await sides.customers.wait_for_text(MINA, "echo: where is my parcel?")
    await sides.customers.send(MINA, MINA, "can I get a refund?")
    await sides.customers.wait_for_text(MINA, "echo: can I get a refund?")
    thread = await sides.hand_over()
    state = await sides.agents.wait_for(lambda state: cards(state, "*Summary:*"))
    (card,) = cards(state, "*Summary:*")
    assert card["ts"] == thread
    assert "*Asked about:* refund, parcel" in shown(card)
    assert "User: where is my parcel?" in shown(card)
    await sides.press(BEN, thread, "take")
    await sides.agents.wait_for(lambda state: cards(state, "assigned · ben"))
    assert "refund, parcel" in shown(cards(await sides.agents.state(), "assigned")[-1])


async def test_an_agent_sends_what_the_assistant_suggests_and_the_customer_sees_nothing_of_it_before(
    sides: Sides,
) -> None:
    thread = await sides.hand_over()
    await sides.customers.send(MINA, MINA, "are you open?")
    first = await sides.in_thread(thread, "echo: are you open?")
    assert "Suggested answer" in shown(first)
    await sides.customers.send(MINA, MINA, "on Sunday?")
    second = await sides.in_thread(thread, "echo: are you open?\non Sunday?")
    assert len(thread_posts(await sides.agents.state(), thread, "Suggested answer")) == 1
    assert "echo" not in str(await sides.customers.state())
    await sides.press(BEN, second["ts"], "send")
    await sides.customers.wait_for_text(MINA, "ben: echo: ")
    await sides.in_thread(thread, "*ben sent:*")
    assert not thread_posts(await sides.agents.state(), thread, "Suggested answer")
    await sides.agents.wait_for(lambda state: cards(state, "assigned · ben"))


async def test_what_agents_make_of_a_suggestion_is_kept_to_learn_from(sides: Sides, tmp_path: Path) -> None:
    thread = await sides.hand_over()
    await sides.customers.send(MINA, MINA, "are you open?")
    draft = await sides.in_thread(thread, "echo: are you open?")
    await sides.press(BEN, draft["ts"], "edit")
    state = await sides.agents.wait_for(lambda state: BEN in state["modals"])
    (block,) = state["modals"][BEN]["blocks"]
    assert block["element"]["initial_value"] == "echo: are you open?"
    await sides.agents.act("submit_modal", user=BEN, values={"text": "Yes, until six.\nCome in!"})
    await sides.customers.wait_for_text(MINA, "ben: Yes, until six.\nCome in!")
    await sides.customers.send(MINA, MINA, "on Sunday?")
    await sides.in_thread(thread, "echo: on Sunday?")
    ts = await sides.agents.send(ANA, HELP, "closed, sorry", thread_ts=thread)
    await sides.customers.wait_for_text(MINA, "ana: closed, sorry")
    await sides.agents.wait_for(lambda state: not thread_posts(state, thread, "echo: on Sunday?"))
    assert await corrections(tmp_path) == [
        ("edited", "echo: are you open?", "Yes, until six.\nCome in!", "scripted@1"),
        ("replaced", "echo: on Sunday?", "closed, sorry", "scripted@1"),
    ]
    await sides.agents.delete(ANA, HELP, ts)
    await sides.customers.wait_for(lambda state: "closed, sorry" not in str(state["chats"]))
    assert len(await corrections(tmp_path)) == 1


async def corrections(folder: Path) -> list[tuple[str, str, str, str]]:
    found = await said_otherwise(folder / "home")
    return [(str(each.state), each.text, each.sent, each.model) for each in found]


async def test_a_suggestion_is_gone_once_the_conversation_is_handed_back(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.customers.send(MINA, MINA, "are you open?")
    draft = await sides.in_thread(thread, "echo: are you open?")
    await sides.press(BEN, thread, "back")
    await sides.agents.wait_for(lambda state: not thread_posts(state, thread, "Suggested answer"))
    assert draft["ts"] not in str(await sides.agents.state())


async def test_edits_and_deletions_are_mirrored_on_the_other_side(sides: Sides) -> None:
    thread = await sides.hand_over()
    ts = await sides.agents.send(BEN, HELP, "it arives tomorrow", thread_ts=thread)
    first = await sides.customers.wait_for_text(MINA, "it arives tomorrow")
    await sides.agents.edit(BEN, HELP, ts, "it arrives tomorrow")
    mended = await sides.customers.wait_for_text(MINA, "it arrives tomorrow")
    assert mended["id"] == first["id"]
    await sides.agents.delete(BEN, HELP, ts)
    await sides.customers.wait_for(lambda state: "arrives tomorrow" not in str(state))
    number = await sides.customers.send(MINA, MINA, "to Berlim please")
    await sides.in_thread(thread, "to Berlim please")
    await sides.in_thread(thread, "echo: to Berlim please")
    await sides.customers.edit(MINA, MINA, number, "to Berlin please")
    await sides.in_thread(thread, "to Berlin please")
    await sides.agents.wait_for(lambda state: not thread_posts(state, thread, "Berlim"))
    await sides.customers.send(MINA, MINA, "soon")
    await sides.in_thread(thread, "echo: to Berlin please\nsoon")


async def test_a_customer_of_a_business_account_gets_a_person_too(sides: Sides) -> None:
    customers = sides.customers
    account = str((await customers.act("connect_business", person=JONAS))["id"])
    await customers.send(MINA, MINA, "can I talk to a human please", business=account)
    thread = await sides.ticket()
    await sides.in_thread(thread, "can I talk to a human please")
    await sides.agents.send(BEN, HELP, "yes, you can", thread_ts=thread)
    await customers.wait_for(lambda state: "ben: yes, you can" in str(state["businesses"]))
    await customers.send(MINA, MINA, "thank you", business=account)
    await sides.in_thread(thread, "**Mina:** thank you")


async def test_files_go_both_ways(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.customers.act(
        "send", person=MINA, chat=MINA, text="look at this", files=[{"kind": "photo", "size": 3000}]
    )
    await sides.in_thread(thread, "look at this")
    state = await sides.agents.wait_for(
        lambda state: any(each["files"] for each in thread_posts(state, thread))
    )
    assert [len(each["files"]) for each in thread_posts(state, thread) if each["files"]] == [1]
    await sides.agents.send(
        BEN, HELP, "the label", thread_ts=thread, files=[{"name": "label.pdf", "text": "a label"}]
    )
    await sides.customers.wait_for_text(MINA, "the label")
    await sides.customers.wait_for(lambda state: "label.pdf" in str(state["chats"]))


async def test_who_is_no_member_of_the_desk_moves_nothing(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.agents.kick(HELP, DAVID)
    await sides.agents.wait_for_journal(method="member_left_channel", outcome="ok")
    stranger: dict[str, object] = {
        "type": "event_callback",
        "event_id": "Ev0STRANGER",
        "team_id": "T0ACME",
        "authorizations": [{"team_id": "T0ACME", "user_id": BOT_USER, "is_bot": True}],
        "event": {
            "type": "message",
            "user": DAVID,
            "channel": HELP,
            "channel_type": "channel",
            "text": "send me your password",
            "ts": "1700000000.000100",
            "thread_ts": thread,
        },
    }
    await sides.agents.deliver(stranger)
    await sides.in_thread(thread, "Only members of this channel can do that.")
    assert "password" not in str(await sides.customers.state())
    await sides.press(ANA, thread, "take")
    await sides.in_thread(thread, "ana has it now.")


async def test_a_button_of_the_desk_does_nothing_in_a_customers_own_chat(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.customers.send(JONAS, JONAS, "hello")
    answer = await sides.customers.wait_for_text(JONAS, "echo: hello")
    forged = {
        "update_id": 400_000,  # lower than those of the emulator, which would else count as fetched
        "callback_query": {
            "id": "77",
            "from": {"id": JONAS, "is_bot": False, "first_name": "Jonas"},
            "chat_instance": "1",
            "message": {"message_id": answer["id"], "date": 1, "chat": {"id": JONAS, "type": "private"}},
            "data": "desk:resolve",
        },
    }
    await sides.customers.deliver(forged)
    await sides.customers.send(JONAS, JONAS, "still there?")
    await sides.customers.wait_for_text(JONAS, "echo: still there?")
    assert cards(await sides.agents.state(), "open")[-1]["ts"] == thread


async def test_after_the_resolution_the_customer_judges_and_soon_gets_the_same_thread_again(
    sides: Sides,
) -> None:
    await sides.customers.send(MINA, MINA, "a secret of before")
    await sides.customers.wait_for_text(MINA, "echo: a secret of before")
    thread = await sides.hand_over()
    await sides.press(BEN, thread, "resolve")
    asked = await sides.customers.wait_for_text(MINA, "Was our help good?")
    verdict = next(
        button["callback_data"]
        for row in asked["buttons"]
        for button in row
        if button["callback_data"].startswith("good")
    )
    await sides.customers.click(MINA, MINA, asked["id"], verdict)
    await sides.agents.send(BEN, HELP, "one more thing", thread_ts=thread)
    await sides.in_thread(thread, "this did not reach the customer")
    await sides.customers.send(MINA, MINA, "and you?")
    await sides.customers.wait_for_text(MINA, "echo: and you?")
    await sides.customers.send(MINA, MINA, "/human")
    await sides.in_thread(thread, "and you?")
    state = await sides.agents.wait_for(lambda state: cards(state, "Opened again"))
    assert len(cards(state, "Ticket")) == 1
    assert "a secret of before" not in str(thread_posts(state, thread)[-1])


async def test_agents_tag_a_ticket_and_put_it_off_with_a_note(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.agents.send(BEN, HELP, "//tag refund VIP", thread_ts=thread)
    await sides.agents.wait_for(lambda state: cards(state, "*Tags:* refund, vip"))
    await sides.agents.send(BEN, HELP, "//untag vip", thread_ts=thread)
    await sides.agents.wait_for(lambda state: "vip" not in str(cards(state, "*Tags:* refund")))
    await sides.agents.send(BEN, HELP, "//snooze sometime", thread_ts=thread)
    await sides.in_thread(thread, "I understand `//tag`")
    await sides.agents.send(BEN, HELP, "//snooze 2d call them back", thread_ts=thread)
    await sides.in_thread(thread, "Put off until")
    await sides.agents.wait_for(lambda state: cards(state, "*To do then:* call them back"))
    await sides.customers.send(MINA, MINA, "any news?")
    await sides.agents.wait_for(lambda state: cards(state, "· open"))
    assert "call them" not in str((await sides.customers.state())["chats"])


async def test_agents_ask_for_figures_and_get_them_with_a_chart(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.agents.send(BEN, HELP, "//report", thread_ts=thread)
    await sides.in_thread(thread, "The help desk in the last 28 days:")
    await sides.in_thread(thread, "tickets a day.png")
    assert "tickets: 1" in str(thread_posts(await sides.agents.state(), thread))
    assert "help desk" not in str((await sides.customers.state())["chats"])


async def test_who_sends_spam_is_not_heard_until_an_agent_lets_them(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.press(BEN, thread, "spam")
    await sides.in_thread(thread, "ben closed it as spam")
    await sides.customers.send(MINA, MINA, "buy my watches")
    await sides.customers.send(MINA, MINA, "/human")
    await sides.hand_over(JONAS)  # whatever Mina wrote before is through by then
    await sides.press(BEN, thread, "unmute")
    await sides.in_thread(thread, "ben lets the customer be heard again.")
    await sides.customers.send(MINA, MINA, "sorry")
    await sides.customers.wait_for_text(MINA, "echo: sorry")
    said = [each for each in (await sides.customers.state())["chats"] if each["id"] == MINA]
    assert "echo: buy my watches" not in str(said)
    assert "Was our help good?" not in str(said)
    assert len(cards(await sides.agents.state(), "Mina")) == 1


async def test_a_ticket_is_for_the_team_that_knows_and_it_is_called(
    slack: Slack, telegram: Telegram, start: Start
) -> None:
    teams = (
        Team(name="german", languages=("de",), mention=ANA),
        Team(name="returns", topics=("refund", "return"), mention="S0RETURNS"),
    )
    async with start(desk=DESK.model_copy(update={"teams": teams})):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        await telegram.driver.start(JONAS)
        sides = Sides(customers=telegram.driver, agents=slack.driver)
        await telegram.driver.send(MINA, MINA, "when is my order refunded?")
        await telegram.driver.wait_for_text(MINA, "echo: when")
        thread = await sides.hand_over()
        called = await sides.in_thread(thread, "For the team “returns”.")
        assert "<!subteam^S0RETURNS>" in str(called["blocks"])
        assert cards(await slack.driver.state(), "*Team:* returns")
        german = await sides.hand_over(JONAS)
        assert f"<@{ANA}>" in str((await sides.in_thread(german, "For the team “german”."))["blocks"])
        await sides.agents.send(BEN, HELP, "//team returns", thread_ts=german)
        await sides.in_thread(german, "For the team “returns”.")


async def test_agents_are_spoken_to_in_the_desks_language_and_customers_in_theirs(
    slack: Slack, telegram: Telegram, start: Start
) -> None:
    async with start(desk=DESK.model_copy(update={"language": "de"})):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        await telegram.driver.send(MINA, MINA, "can I talk to a human please")
        await telegram.driver.wait_for_text(MINA, "Your ticket number is")
        state = await slack.driver.wait_for(lambda state: cards(state, "Vorgang 1 · Mina · offen"))
        (card,) = cards(state, "wünscht einen Menschen")
        assert "Übernehmen" in str(card["blocks"])
        sides = Sides(customers=telegram.driver, agents=slack.driver)
        await sides.in_thread(card["ts"], "can I talk")
        await sides.press(BEN, card["ts"], "take")
        await sides.in_thread(card["ts"], "ben hat es übernommen.")
        await telegram.driver.wait_for_text(MINA, "ben from our team is here now.")


async def test_two_customers_have_two_threads(sides: Sides) -> None:
    minas, jonas = await sides.hand_over(MINA), await sides.hand_over(JONAS)
    assert minas != jonas
    await sides.agents.send(BEN, HELP, "for Mina alone", thread_ts=minas)
    await sides.agents.send(ANA, HELP, "for Jonas alone", thread_ts=jonas)
    await sides.customers.wait_for_text(MINA, "for Mina alone")
    await sides.customers.wait_for_text(JONAS, "for Jonas alone")
    chats = {each["id"]: str(each) for each in (await sides.customers.state())["chats"]}
    assert "for Jonas alone" not in chats[MINA]
    assert "for Mina alone" not in chats[JONAS]


async def test_out_of_hours_the_customer_is_told_when_somebody_answers(
    slack: Slack, telegram: Telegram, start: Start
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    day = f"{tomorrow:%A}".lower()
    hours = Hours.model_validate({"days": {day: ["09:00-17:00"]}})
    async with start(desk=DESK.model_copy(update={"hours": hours})):
        await telegram.driver.start(MINA)
        await telegram.driver.send(MINA, MINA, "/human")
        told = await telegram.driver.wait_for_text(MINA, "Nobody of our team is here now")
        assert f"{tomorrow:%A, %d %B}, 09:00 (UTC)" in told["text"]


async def test_agents_are_reminded_of_a_first_answer_that_is_due_and_of_what_they_put_off(
    slack: Slack, telegram: Telegram, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.desk.rounds.SECONDS", 0.2)
    monkeypatch.setattr("core.desk.rounds.SOON", 0.0)
    monkeypatch.setattr("core.desk.steps.SNOOZE", timedelta(seconds=1))
    async with start(desk=DESK.model_copy(update={"first_response_minutes": 30})):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        sides = Sides(customers=telegram.driver, agents=slack.driver)
        thread = await sides.hand_over()
        await sides.in_thread(thread, "the first answer is due in about 30 minutes")
        await sides.press(BEN, thread, "snooze")
        await sides.in_thread(thread, "its time has come")
        await sides.press(BEN, thread, "take")
        await sides.in_thread(thread, "ben has it now")
        assert len(thread_posts(await slack.driver.state(), thread, "is due in")) == 1


async def test_the_report_tells_of_hand_offs_and_judgements(sides: Sides) -> None:
    thread = await sides.hand_over()
    await sides.agents.send(BEN, HELP, "hello", thread_ts=thread)
    await sides.customers.wait_for_text(MINA, "ben: hello")
    await sides.press(BEN, thread, "resolve")
    asked = await sides.customers.wait_for_text(MINA, "Was our help good?")
    verdict = next(
        button["callback_data"]
        for row in asked["buttons"]
        for button in row
        if button["callback_data"].startswith("bad")
    )
    await sides.customers.click(MINA, MINA, asked["id"], verdict)
    await sides.customers.send(JONAS, JONAS, "good morning")
    await sides.customers.wait_for_text(JONAS, "echo: good morning")
    told = await asyncio.to_thread(CliRunner().invoke, main, ["desk", "report", "--json"])
    found = json.loads(told.output)["all"]
    assert (found["tickets"], found["hand_offs"]) == (1, {"customer_request": 1})
    assert found["judgements"] == {"good": 0, "bad": 1}
    assert found["containment"] == 0.5
    assert found["first_response_seconds"]["count"] == 1
    shown = await asyncio.to_thread(CliRunner().invoke, main, ["desk", "report"])
    assert "customer_request" in shown.output


@pytest.mark.parametrize("token", [None, "xoxb-1"])
def test_a_desk_that_nobody_could_reach_is_refused_at_the_start(token: str | None) -> None:
    settings = Settings.model_validate(
        {
            "slack_bot_token": token,
            "slack_app_token": "xapp-1" if token else None,
            "telegram_bot_token": "1:a",
        }
    )
    check(settings, Policies())
    check(settings, Policies(desk=DeskSection(platform="telegram", channel="-1001")))
    if token:
        check(settings, Policies(desk=DESK))
        return
    with pytest.raises(ConfigurationError, match="SLACK_BOT_TOKEN"):
        check(settings, Policies(desk=DESK))


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("channel: C0HELP\n  platform: teams", r"line 3: desk\.platform"),
        ("platform: telegram\n  channel: C0HELP", "begins with -100"),
    ],
)
def test_a_desk_that_cannot_be_is_refused_with_its_line(tmp_path: Path, section: str, problem: str) -> None:
    path = tmp_path / "frontdesk.yaml"
    path.write_text(f"desk:\n  {section}\n")
    with pytest.raises(ConfigurationError, match=problem):
        load(path)


def test_the_id_of_a_telegram_group_may_stand_as_a_number(tmp_path: Path) -> None:
    path = tmp_path / "frontdesk.yaml"
    path.write_text("desk:\n  platform: telegram\n  channel: -1001234567890\n")
    found = load(path).desk
    assert found is not None
    assert found.channel == "-1001234567890"
