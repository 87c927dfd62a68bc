"""The dialogue through the whole delivery core: memory, commands, records."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core import words
from core.dialogue.own_data import OwnData, consent_of
from core.errors import ModelLeft
from core.message import Attachment, Platform
from core.policy import Policy
from core.privacy.audit import Action
from core.privacy_policy import PrivacySection
from core.store.records import Purpose, Turn
from core.store.sqlite.store import open_store
from core.testing import FakeClock, ScriptedEngine
from tests.delivery.conftest import Desk, open_desk
from tests.samples import ANNA, HERE, arrival, conversation, message


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path / "frontdesk.db", policy=Policy(settle_seconds=0)) as desk:
        yield desk


async def _say(desk: Desk, text: str, command: str = "") -> str:
    await desk.accept(arrival(message(text, command=command)))
    await desk.idle()
    return desk.texts[-1]


async def test_it_remembers_what_was_said_here_and_nothing_said_elsewhere(desk: Desk) -> None:
    await _say(desk, "my number is 42")
    await desk.accept(arrival(message("what is my number?", where=conversation("elsewhere"))))
    await desk.idle()
    assert "42" not in desk.engine.prompts[-1]
    await _say(desk, "what is my number?")
    assert "42" in desk.engine.prompts[-1]


async def test_a_question_whose_model_left_is_read_by_the_next_one(desk: Desk) -> None:
    desk.engine.say(ModelLeft("The model that read this prompt is not in memory"), "Paris.")
    assert await _say(desk, "What is the capital of France?") == "Paris."
    assert len(desk.engine.prompts) == 2


async def test_new_forgets_what_was_said_here(desk: Desk) -> None:
    await _say(desk, "my number is 42")
    assert await _say(desk, "", "new") == words.afresh()
    await _say(desk, "what is my number?")
    assert "42" not in desk.engine.prompts[-1]


async def test_help_lists_the_commands_and_unknown_ones_get_it_too(desk: Desk) -> None:
    for command in ("help", "frobnicate"):
        text = await _say(desk, "", command)
        assert all(f"`/{name}`" in text for name in ("help", "new", "stop", "again", "me"))


async def test_me_says_what_is_kept(desk: Desk) -> None:
    await _say(desk, "hello")
    text = await _say(desk, "", "me")
    assert "2 messages of yours in 1 conversation" in text
    assert (await desk.store.people.knowledge(ANNA.key)).messages == 2


async def test_plain_words_do_what_the_command_does_in_private_and_elsewhere_point_there(desk: Desk) -> None:
    private = replace(HERE, channel="private", direct=True)
    for text, said in (
        ("What do you know about me?", "1 message of yours"),
        ("please forget me", "Shall I erase everything"),
        ("don't learn from me", words.learning_off()),
        ("turn memory off", words.remembers_no_more()),
    ):
        await desk.accept(arrival(message(text, where=private)))
        await desk.idle()
        assert said in desk.texts[-1]
    await desk.accept(arrival(message("forget me", where=replace(HERE, channel="group", direct=False))))
    await desk.idle()
    assert desk.texts[-1] == words.ask_in_private("forget")
    assert not desk.engine.prompts


async def test_whatever_somebody_agrees_to_is_recorded_alike_and_allows_nothing_else(desk: Desk) -> None:
    await desk.accept(arrival(message("on", command="memory")))
    await desk.idle()
    subjects, lessons = desk.store.subjects, desk.store.lessons
    await subjects.prefer_voice(consent_of(message("on"), Purpose.VOICE, True, words.let_read_aloud()))
    assert await lessons.consent(ANNA.key) is None and await lessons.withdrawn() == []
    await lessons.decide(consent_of(message("no"), Purpose.LEARNING, False, words.may_learn("Acme")))
    kept = (await subjects.records(await subjects.holdings(ANNA.key)))["consents"]
    assert [(each["purpose"], each["granted"], each["wording"]) for each in kept] == [
        ("memory", 1, words.memory_is_for()),
        ("voice", 1, words.let_read_aloud()),
        ("learning", 0, words.may_learn("Acme")),
    ]
    trail = reversed(await desk.store.audit.records(9, action=Action.CONSENT))
    assert [(each.entry.subject, each.entry.detail) for each in trail] == [
        ("memory", "on"),
        ("voice", "on"),
        ("learning", "off"),
    ]
    assert await lessons.withdrawn() == [ANNA.key]


@pytest.mark.parametrize(("platform", "is_told"), [(Platform.SLACK, True), (Platform.TELEGRAM, False)])
async def test_me_promises_to_forget_deleted_messages_only_where_deletions_are_heard_of(
    tmp_path: Path, platform: Platform, is_told: bool
) -> None:
    place = replace(HERE, platform=platform)
    asked = message("", command="me", where=place)
    turn = Turn(id="t", conversation=place, attempt=1, messages=(asked,), posts=())
    async with open_store(tmp_path / "frontdesk.db", FakeClock()) as store:
        answer = await OwnData(store, PrivacySection()).answer(turn)
    assert answer is not None
    assert ("Delete a message and I forget it." in answer.text) == is_told


async def test_an_empty_message_and_a_file_without_words_get_an_honest_answer(desk: Desk) -> None:
    assert await _say(desk, "  ") == words.empty()
    picture = message("")
    attachment = Attachment(id="f", kind="image")
    await desk.accept(arrival(type(picture)(**{**vars(picture), "id": "x", "attachments": (attachment,)})))
    await desk.idle()
    assert desk.texts[-1] == words.no_words()


@pytest.mark.parametrize("wanted", [True, False, None])
async def test_what_no_longer_fits_is_summarised_for_those_who_want_to_be_remembered(
    tmp_path: Path, wanted: bool | None
) -> None:
    long = "word " * 300
    engine = ScriptedEngine("short", long, long, long, long, "Anna likes tea.")
    async with open_desk(tmp_path / "frontdesk.db", engine=engine, policy=Policy(settle_seconds=0)) as desk:
        if wanted is not None:
            consent = consent_of(message("", where=HERE), Purpose.MEMORY, wanted, "May I?")
            await desk.store.subjects.remember(consent)
        for number in range(5):
            await desk.accept(arrival(message(f"q{number}")))
            await desk.idle()
        transcript = await desk.store.history.transcript(HERE.key, 40)
        assert transcript.summary == ("Anna likes tea." if wanted else "")
        if not wanted:
            return
        await desk.accept(arrival(message("and now?")))
        await desk.until(lambda: len(engine.prompts) >= 7)
        assert "Earlier in this conversation: Anna likes tea." in engine.prompts[-1]
