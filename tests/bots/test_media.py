"""Voice notes and pictures through the real clients: heard, read, shown, answered, refused in plain words."""

import asyncio
import base64
import io
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bots.playground.slack.driver import replies as slack_replies
from bots.playground.slack.driver import shown
from bots.playground.slack.seed import ANA, HELP
from bots.playground.telegram.driver import replies
from bots.playground.telegram.seed import MINA
from bots.playground.widget.driver import WidgetVisitor
from core.desk import switchboard
from core.desk_policy import DeskSection
from core.media.decoding import RATE, Pixels
from core.media.listener import Speech, Stretch
from core.media.reader import Code, Page
from core.message import Box
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.bots.conftest import Start, Telegram
from tests.playground.slack.conftest import Slack

NOTE = base64.b64encode(
    (Path(__file__).parent.parent / "media" / "samples" / "capital.ogg").read_bytes()
).decode()
CAPITAL = "What is the capital of France?"
MISHEARD = "I said something else"
SITE = "https://www.example.org"
FLOW = """
flow: callback
title: Call me back
about: Somebody calls.
start: {commands: [callback], examples: [Please call me back]}
slots:
  reason:
    type: choice
    ask: What is it about?
    options:
      - {value: price, label: A price, words: [cost]}
      - {value: delivery, label: A delivery, words: [parcel]}
steps:
  - ask: reason
  - say: "We call you about: {reason}."
"""
LONGER_FLOW = """
flow: callback
title: Call me back
about: Somebody calls.
start: {commands: [callback], examples: [Please call me back]}
slots:
  reason: {type: text, ask: "What is it about?"}
  early: {type: yes_no, ask: "In the morning?"}
steps:
  - ask: reason
  - ask: early
  - say: "We call you about: {reason}."
"""


class Ears:
    """Hears what it is told to hear, in whatever has the length of a recording."""

    def __init__(self) -> None:
        self.hears = CAPITAL
        self.confidence = 0.9
        self.long: tuple[Stretch, ...] = ()
        """Heard in its place: a recording that lasts as long as these."""

    async def listen(self, samples: bytes, tell: Callable[[float, float], None]) -> Speech:
        seconds = len(samples) / 2 / RATE
        assert seconds > 1
        tell(1.0, seconds)
        heard = Stretch(start=0.0, end=seconds, text=self.hears)
        stretches = self.long or ((heard,) if self.hears else ())
        return Speech(language="en", stretches=stretches, confidence=self.confidence)

    async def close(self) -> None:
        """Nothing is open."""


class NeverDone(Ears):
    """Listens for ever."""

    async def listen(self, samples: bytes, tell: Callable[[float, float], None]) -> Speech:
        return await asyncio.Future()


class Eyes:
    """Reads what it is told to read, by the width of the picture."""

    def __init__(self) -> None:
        self.reads = {100: "Invoice 2026-117\nTotal | 69.80 EUR", 200: "Second page", 300: ""}
        self.codes: tuple[Code, ...] = ()

    async def read(self, picture: Pixels) -> Page:
        text = self.reads[picture.width]
        thirds = [Box(left=0.0, top=at / 3, right=0.3, bottom=(at + 1) / 3) for at in range(3)]
        return Page(text=text, codes=self.codes, rows=tuple(thirds[: len(text.splitlines())]))

    async def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
def eyes() -> Eyes:
    return Eyes()


@pytest.fixture
async def service(
    start: Start, ears: Ears, eyes: Eyes, slack: Slack, telegram: Telegram
) -> AsyncIterator[str]:
    async with start(listener=ears, reader=eyes) as url:
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.wait_for(lambda state: state["polled"])
        yield url


def picture(width: int) -> str:
    """As base64."""
    file = io.BytesIO()
    Image.new("RGB", (width, 50), "white").save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def voice() -> dict[str, str]:
    """A voice note in Telegram."""
    return {"kind": "voice", "data": NOTE}


def photo(width: int) -> dict[str, str]:
    """A photo in Telegram."""
    return {"kind": "photo", "data": picture(width)}


async def _on_telegram(telegram: Telegram, text: str, *, number: int = 1) -> str:
    """The bot's finished message of this number, once it holds the text."""

    def told(state: dict[str, Any]) -> list[dict[str, Any]]:
        said = replies(state, MINA)
        return [each for each in said[number - 1 : number] if text in each["text"]]

    state = await telegram.driver.wait_for(told, timeout=30)
    return str(told(state)[0]["text"])


async def test_a_voice_note_is_heard_shown_and_answered(
    service: str, telegram: Telegram, engine: ScriptedEngine
) -> None:
    await telegram.driver.send(MINA, MINA, files=[voice()])
    answer = await _on_telegram(telegram, "echo:")
    assert answer.startswith("I heard:")
    assert answer.count(CAPITAL) == 2  # shown, and answered
    await telegram.driver.send(MINA, MINA, "And of Spain?")
    await _on_telegram(telegram, "And of Spain?", number=2)
    assert f"user: {CAPITAL}\nassistant: echo: {CAPITAL}\n" in engine.prompts[-1]


async def test_a_long_recording_is_told_in_a_few_of_its_sentences_and_answered_from_them(
    service: str, telegram: Telegram, ears: Ears, engine: ScriptedEngine
) -> None:
    ears.long = tuple(
        Stretch(start=6.0 * at, end=6.0 * at + 6, text=f"The fence number {at} needs paint, and {at} nails.")
        for at in range(100)
    )
    await telegram.driver.send(MINA, MINA, "How long does it take?", files=[voice()])
    shown = (await _on_telegram(telegram, "How long does it take?")).partition("\necho:")[0]
    marks = [line.split()[0] for line in shown.splitlines() if "fence" in line]
    assert len(marks) == 10
    assert [mark.partition(":")[0] for mark in marks] == [str(minute) for minute in range(10)]
    asked = engine.prompts[-1].partition("user: ")[2]
    assert asked.startswith("How long does it take?\nFrom a long recording:\n> 0:")
    assert asked.count("fence") == 10


async def test_an_audio_clip_in_slack_is_heard(service: str, slack: Slack) -> None:
    direct = await slack.driver.open_dm(ANA)
    await slack.driver.send(ANA, direct, files=[{"name": "clip.ogg", "data": NOTE}])

    def answered(state: dict[str, Any]) -> bool:
        return any(f"echo: {CAPITAL}" in shown(each) for each in slack_replies(state, direct))

    await slack.driver.wait_for(answered)


async def test_what_was_heard_badly_is_asked_back_and_answered_once_it_is_right(
    service: str, telegram: Telegram, ears: Ears, engine: ScriptedEngine
) -> None:
    ears.confidence = 0.2
    await telegram.driver.send(MINA, MINA, files=[voice()])
    asked = await _on_telegram(telegram, "Did you say this?")
    assert CAPITAL in asked
    assert not engine.prompts
    state = await telegram.driver.state()
    (post,) = replies(state, MINA)
    yes = next(button for row in post["buttons"] for button in row if button["text"] == "Yes")
    await telegram.driver.click(MINA, MINA, post["id"], yes["callback_data"])
    await _on_telegram(telegram, f"echo: {CAPITAL}", number=2)


async def test_a_written_question_is_answered_though_a_recording_with_it_was_heard_badly(
    service: str, telegram: Telegram, ears: Ears, engine: ScriptedEngine
) -> None:
    ears.confidence, ears.hears = 0.2, "Mumble mumble."
    await telegram.driver.send(MINA, MINA, CAPITAL, files=[voice()])
    answer = await _on_telegram(telegram, f"echo: {CAPITAL}")
    assert answer.startswith("I am not sure that I heard you well. Did you say this?")
    assert "Mumble" in answer
    assert "Mumble" not in engine.prompts[-1]
    await telegram.driver.send(MINA, MINA, "And of Spain?")
    await _on_telegram(telegram, "And of Spain?", number=2)
    assert f"user: {CAPITAL}\nassistant: echo: {CAPITAL}\n" in engine.prompts[-1]
    assert "Mumble" not in engine.prompts[-1]


async def _takes_back(telegram: Telegram, number: int) -> None:
    """Mina presses that she said something else, under the bot's message of this number."""

    def correctable(state: dict[str, Any]) -> list[tuple[int, str]]:
        posts = replies(state, MINA)[number - 1 : number]
        buttons = ((post["id"], each) for post in posts for row in post["buttons"] for each in row)
        return [(at, each["callback_data"]) for at, each in buttons if each["text"] == MISHEARD]

    ((post, data),) = correctable(await telegram.driver.wait_for(correctable))
    await telegram.driver.click(MINA, MINA, post, data)
    await _on_telegram(telegram, "Please say it again, or write it to me.", number=number + 1)


async def test_what_was_heard_wrongly_is_put_right_and_forgotten(
    service: str, telegram: Telegram, ears: Ears, engine: ScriptedEngine
) -> None:
    ears.hears = "What is the capital of trance?"
    await telegram.driver.send(MINA, MINA, files=[photo(100)])
    await _on_telegram(telegram, "Invoice 2026-117")
    await telegram.driver.send(MINA, MINA, "Quickly please!", files=[voice()])
    await _on_telegram(telegram, "echo:", number=2)
    await _takes_back(telegram, 2)
    await telegram.driver.send(MINA, MINA, CAPITAL)
    answer = await _on_telegram(telegram, "echo:", number=4)
    assert "trance" not in answer
    assert engine.prompts[-1].count("assistant: ") == 1  # to the picture
    assert f"user: Quickly please!\n{CAPITAL}" in engine.prompts[-1]
    await telegram.driver.send(MINA, MINA, "And of Spain?")
    await _on_telegram(telegram, "And of Spain?", number=5)
    assert CAPITAL in engine.prompts[-1]
    assert "trance" not in engine.prompts[-1]


async def test_what_was_heard_wrongly_may_be_said_again(
    service: str, telegram: Telegram, ears: Ears, engine: ScriptedEngine
) -> None:
    ears.hears = "What is the capital of trance?"
    await telegram.driver.send(MINA, MINA, files=[voice()])
    await _on_telegram(telegram, "echo:")
    await _takes_back(telegram, 1)
    ears.hears = CAPITAL
    await telegram.driver.send(MINA, MINA, files=[voice()])
    assert "trance" not in await _on_telegram(telegram, f"echo: {CAPITAL}", number=3)
    assert "trance" not in engine.prompts[-1]


async def test_what_was_asked_after_something_else_puts_nothing_right(
    service: str, telegram: Telegram, engine: ScriptedEngine
) -> None:
    await telegram.driver.send(MINA, MINA, files=[voice()])
    await _on_telegram(telegram, "echo:")
    await _takes_back(telegram, 1)
    await telegram.driver.send(MINA, MINA, "/help")
    await telegram.driver.wait_for(lambda state: len(replies(state, MINA)) == 3)
    await telegram.driver.send(MINA, MINA, "And of Spain?")
    await _on_telegram(telegram, "And of Spain?", number=4)
    assert f"user: {CAPITAL}\nassistant: echo: {CAPITAL}\n" in engine.prompts[-1]


async def test_what_was_heard_badly_may_be_written_beside_what_came_with_it(
    service: str, telegram: Telegram, ears: Ears, engine: ScriptedEngine
) -> None:
    ears.confidence, ears.hears = 0.2, "Mumble mumble."
    await telegram.driver.send(MINA, MINA, files=[voice()])
    await _on_telegram(telegram, "Did you say this?")
    await telegram.driver.send(MINA, MINA, CAPITAL)
    assert "Mumble" not in await _on_telegram(telegram, f"echo: {CAPITAL}", number=2)
    assert "Mumble" not in engine.prompts[-1]


async def test_what_a_channel_masks_is_masked_in_what_was_heard(
    start: Start, ears: Ears, telegram: Telegram, engine: ScriptedEngine
) -> None:
    ears.hears = "Write to peter@example.org please."
    async with start(Policy(settle_seconds=0, personal_data="mask"), listener=ears):
        await telegram.driver.wait_for(lambda state: state["polled"])
        await telegram.driver.send(MINA, MINA, files=[voice()])
        answer = await _on_telegram(telegram, "echo: Write to peter@example.org please.")
    assert answer.count("peter@example.org") == 2
    assert "peter@example.org" not in engine.prompts[-1]
    assert "Write to <EMAIL_1> please." in engine.prompts[-1]


async def test_a_recording_without_words_is_told(service: str, telegram: Telegram, ears: Ears) -> None:
    ears.hears = ""
    await telegram.driver.send(MINA, MINA, files=[voice()])
    await _on_telegram(telegram, "I heard no words in this recording.")


async def test_a_picture_that_is_sent_as_a_file_is_read_too(service: str, telegram: Telegram) -> None:
    scan = {"kind": "document", "name": "scan.png", "mime": "image/png", "data": picture(100)}
    await telegram.driver.send(MINA, MINA, "How much is it?", files=[scan])
    assert "Invoice 2026-117" in await _on_telegram(telegram, "How much is it?")


async def test_an_album_with_a_caption_is_read_whole_before_it_is_answered(
    service: str, telegram: Telegram, engine: ScriptedEngine
) -> None:
    await telegram.driver.send(MINA, MINA, "How much is it?", files=[photo(100), photo(200)])
    answer = await _on_telegram(telegram, "How much is it?")
    assert answer.startswith("I read in the picture:")
    assert "> Total | 69.80 EUR" in engine.prompts[-1]
    assert "> Second page" in engine.prompts[-1]


async def test_a_picture_alone_is_asked_about_and_remembered(
    service: str, telegram: Telegram, engine: ScriptedEngine
) -> None:
    await telegram.driver.send(MINA, MINA, files=[photo(100)])
    assert "What would you like to know about it?" in await _on_telegram(telegram, "Invoice 2026-117")
    await telegram.driver.send(MINA, MINA, "When was it?")
    await _on_telegram(telegram, "When was it?", number=2)
    assert "Invoice 2026-117" in engine.prompts[-1]


async def test_a_reply_to_an_earlier_picture_is_about_that_picture(
    service: str, telegram: Telegram, engine: ScriptedEngine
) -> None:
    invoice = await telegram.driver.send(MINA, MINA, files=[photo(100)])
    await _on_telegram(telegram, "Invoice 2026-117")
    await telegram.driver.send(MINA, MINA, "/new")
    await _on_telegram(telegram, "I start afresh", number=2)
    await telegram.driver.send(MINA, MINA, "How much was it?", reply_to=invoice)
    await _on_telegram(telegram, "How much was it?", number=3)
    assert "> Invoice 2026-117\n> Total | 69.80 EUR\nHow much was it?" in engine.prompts[-1]


async def test_a_code_is_shown_as_what_it_is_and_not_followed(
    service: str, telegram: Telegram, eyes: Eyes
) -> None:
    eyes.codes = (Code(format="QRCode", text="https://example.org/pay"),)
    await telegram.driver.send(MINA, MINA, files=[photo(300)])
    await _on_telegram(telegram, "QRCode: https://example.org/pay")
    (post,) = replies(await telegram.driver.state(), MINA)
    assert [each["type"] for each in post["entities"]] == ["pre"]


async def test_a_picture_without_text_is_told_honestly(service: str, telegram: Telegram) -> None:
    await telegram.driver.send(MINA, MINA, files=[photo(300)])
    await _on_telegram(telegram, "I found no text in this picture, and text is all that I can see in one.")


async def test_what_is_no_picture_is_refused_in_plain_words(service: str, telegram: Telegram) -> None:
    await telegram.driver.send(MINA, MINA, files=[{"kind": "photo", "text": "not a picture at all"}])
    await _on_telegram(telegram, "I do not know files of this format.")


async def test_without_the_extras_people_are_asked_to_write(start: Start, telegram: Telegram) -> None:
    async with start():
        await telegram.driver.wait_for(lambda state: state["polled"])
        await telegram.driver.send(MINA, MINA, files=[voice()])
        await _on_telegram(telegram, "I cannot listen to recordings here. Please write to me in words.")
        await telegram.driver.send(MINA, MINA, files=[photo(100)])
        await _on_telegram(telegram, "I cannot look at pictures here. Please write to me in words.", number=2)


async def test_a_voice_note_during_an_answer_waits_for_the_next_turn(
    service: str, telegram: Telegram, engine: ScriptedEngine
) -> None:
    engine.hold.clear()
    await telegram.driver.send(MINA, MINA, "Tell me a story about a fox")
    while not engine.prompts:
        await asyncio.sleep(0.01)
    await telegram.driver.send(MINA, MINA, files=[voice()])
    engine.hold.set()
    await _on_telegram(telegram, "fox")
    assert CAPITAL in await _on_telegram(telegram, "echo:", number=2)


def _put_flow(home: Path, flow: str) -> None:
    (home / "flows").mkdir()
    (home / "flows" / "callback.yaml").write_text(flow)


async def _speak_in_flow(telegram: Telegram) -> None:
    """Begin the flow, and answer its first question with a voice note."""
    await telegram.driver.wait_for(lambda state: state["polled"])
    await telegram.driver.send(MINA, MINA, "/callback")
    await _on_telegram(telegram, "What is it about?")
    await telegram.driver.send(MINA, MINA, files=[voice()])


async def test_a_flow_takes_a_spoken_answer(
    start: Start, ears: Ears, telegram: Telegram, bare_environment: Path
) -> None:
    _put_flow(bare_environment, FLOW)
    ears.hears = "It is about my parcel."
    async with start(listener=ears):
        await _speak_in_flow(telegram)
        answer = await _on_telegram(telegram, "We call you about: A delivery.", number=2)
        assert answer.startswith("I heard:")


async def test_a_flow_takes_a_spoken_answer_back_that_was_heard_wrongly(
    start: Start, ears: Ears, telegram: Telegram, bare_environment: Path
) -> None:
    _put_flow(bare_environment, LONGER_FLOW)
    ears.hears = "My fence"
    async with start(listener=ears):
        await _speak_in_flow(telegram)
        await _on_telegram(telegram, "In the morning?", number=2)
        await _takes_back(telegram, 2)
        await telegram.driver.send(MINA, MINA, "My parcel")
        await _on_telegram(telegram, "In the morning?", number=4)
        await telegram.driver.send(MINA, MINA, "Yes")
        await _on_telegram(telegram, "We call you about: My parcel.", number=5)


async def test_agents_read_what_a_customer_says(
    start: Start, ears: Ears, slack: Slack, telegram: Telegram
) -> None:
    async with start(listener=ears, desk=DeskSection(platform="slack", channel=HELP)):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        await telegram.driver.send(MINA, MINA, "can I talk to a human please")
        await telegram.driver.wait_for_text(MINA, "Your ticket number is")
        await telegram.driver.send(MINA, MINA, files=[voice()])

        def passed_on(state: dict[str, Any]) -> bool:
            posts = slack_replies(state, HELP)
            heard = any("Heard by machine:" in shown(each) and CAPITAL in shown(each) for each in posts)
            return heard and any(each["files"] for each in posts)

        await slack.driver.wait_for(passed_on)


async def test_who_sends_agents_one_recording_after_the_other_is_not_listened_to_without_end(
    start: Start, ears: Ears, slack: Slack, telegram: Telegram
) -> None:
    policy, desk = Policy(settle_seconds=0, person_budget=1), DeskSection(platform="slack", channel=HELP)
    async with start(policy, listener=ears, desk=desk):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        await telegram.driver.send(MINA, MINA, "can I talk to a human please")
        await telegram.driver.wait_for_text(MINA, "Your ticket number is")
        await telegram.driver.send(MINA, MINA, files=[voice()])
        await slack.driver.wait_for(lambda state: len(_files(state)) == 1)
        await telegram.driver.send(MINA, MINA, "And this?", files=[voice()])
        state = await slack.driver.wait_for(lambda state: len(_files(state)) == 2)
        heard = [each for each in slack_replies(state, HELP) if "Heard by machine:" in shown(each)]
        assert len(heard) == 1


def _files(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in slack_replies(state, HELP) if each["files"]]


async def test_agents_need_not_wait_until_a_recording_is_heard(
    start: Start, slack: Slack, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(switchboard, "PERCEPTION_SECONDS", 0.1)
    desk = DeskSection(platform="slack", channel=HELP)
    async with start(listener=NeverDone(), desk=desk):
        await slack.driver.wait_for(lambda state: state["sockets"] == 1)
        await telegram.driver.start(MINA)
        await telegram.driver.send(MINA, MINA, "can I talk to a human please")
        await telegram.driver.wait_for_text(MINA, "Your ticket number is")
        await telegram.driver.send(MINA, MINA, "It is urgent!", files=[voice()])

        def passed_on(state: dict[str, Any]) -> bool:
            posts = slack_replies(state, HELP)
            said = any("It is urgent!" in shown(each) for each in posts)
            return said and any(each["files"] for each in posts)

        await slack.driver.wait_for(passed_on)


async def test_visitors_of_the_widget_speak_and_show(start: Start, ears: Ears, eyes: Eyes) -> None:
    async with (
        start(listener=ears, reader=eyes, FRONTDESK_WIDGET_ORIGINS=SITE) as url,
        WidgetVisitor(url, site=SITE) as visitor,
    ):
        note = await visitor.upload("note.ogg", "audio/ogg", base64.b64decode(NOTE))
        await visitor.say("", note["id"])
        await visitor.wait_for(lambda: any(f"echo: {CAPITAL}" in each for each in visitor.answers))
        shot = await visitor.upload("shot.png", "image/png", base64.b64decode(picture(100)))
        await visitor.say("How much is it?", shot["id"])
        await visitor.wait_for(lambda: any("How much is it?" in each for each in visitor.answers))
        assert "Total | 69.80 EUR" in visitor.answers[-1]
