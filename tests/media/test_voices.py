"""An answer as a file that is made when it is fetched: with the names in it, and gone with the answer."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.errors import Refused, TooLarge
from core.media.files import MadeFiles
from core.media.voices import VOICES, Voices, lying_voice
from core.message import Addressing, Arrival, Conversation, LyingFile, Message, Person, Platform, Post
from core.store.ports import Store
from core.store.records import Outcome, TurnState
from core.store.sqlite.store import open_store
from core.testing import FakeVoice

HERE = Conversation(platform=Platform.TELEGRAM, tenant="1", channel="1", direct=True)
SOMEBODY = Person(platform=Platform.TELEGRAM, tenant="1", id="1")


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "frontdesk.db", SystemClock()) as opened:
        yield opened


async def answered(store: Store, reply: str) -> LyingFile:
    """A question is answered so; returns the answer as a file."""
    message = Message(
        id="m1",
        conversation=HERE,
        sender=SOMEBODY,
        text="hello",
        addressed=Addressing.DIRECT,
        sent_at=datetime.now(UTC),
    )
    await store.inbox.accept(Arrival(key="k1", event=message))
    await store.history.pseudonyms(HERE, [("PERSON", "Ana Ruiz")])
    assert await store.leases.take(f"conversation:{HERE.key}")
    post = Post(id="p1", turn_id="t1", conversation=HERE)
    turn = await store.turns.begin(HERE, post, await store.inbox.waiting(HERE.key))
    outcome = Outcome(state=TurnState.ANSWERED, reply=reply, parts=(), question="hello", route="chat")
    await store.turns.finish(turn, outcome, [])
    return lying_voice("t1", HERE)


async def test_an_answer_is_read_with_the_names_that_its_person_sees(store: Store) -> None:
    voice = FakeVoice()
    file = await answered(store, "Good day, **<PERSON_1>**.")
    files = MadeFiles({VOICES: Voices(store.history, voice)})
    assert await files.fetch(file.attachment, file.conversation, limit=100) == b"speech"
    assert voice.read == ["Good day, Ana Ruiz."]
    with pytest.raises(TooLarge):
        await files.fetch(file.attachment, file.conversation, limit=3)


async def test_an_answer_that_was_forgotten_is_not_read(store: Store) -> None:
    voice = FakeVoice()
    file = await answered(store, "Good day.")
    await store.people.forget(HERE.key, "m1")
    with pytest.raises(Refused):
        await Voices(store.history, voice).fetch(file.attachment, file.conversation, limit=100)
    with pytest.raises(Refused):
        await MadeFiles({}).fetch(file.attachment, file.conversation, limit=100)
    assert voice.read == []
