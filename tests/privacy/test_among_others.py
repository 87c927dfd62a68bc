"""What somebody wrote among others is unreadable once they are erased, in copies made before, too."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import AbstractAsyncContextManager, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from core.clock import SystemClock
from core.errors import Erased
from core.message import Message, Person, Post, Reply
from core.policy import Policy
from core.privacy.erasure import Eraser
from core.privacy.keys import Keys
from core.privacy.sealing import KeyedSealer
from core.store.ports import Store
from core.store.records import Outcome, TurnState
from core.store.sealing import MARK, WITHIN, Sealer, personal
from core.store.sql.columns import SEALED, rows
from tests import samples
from tests.delivery.conftest import open_desk
from tests.places import Place, PostgresPlace, SqlitePlace
from tests.postgres import Server
from tests.privacy.home import ANNA, BEN, GROUP, SECRET, canary, live, private, say, ticket_of
from tests.samples import arrival, conversation, message
from tests.trust.page import Note
from tests.vaults import empty_database, vault_at

Words = dict[tuple[str, str], set[str]]
"""What can be read, by table and column."""
MIXED = {
    ("conversations", "pseudonyms"),
    ("conversations", "summary"),
    ("drafts", "text"),
    ("tickets", "brief"),
    ("turns", "prompt"),
}
"""Where words of several people stand together: they go with whichever of them is erased."""
OURS = conversation("c", "7")
"""Of several people."""


@dataclass(frozen=True)
class Installation:
    """A database and its keys, which do not lie in it."""

    place: Place
    vault: str
    """Where the keys lie."""
    keys: Keys

    def open(self, sealer: Sealer | None = None) -> AbstractAsyncContextManager[Store]:
        return self.place.open(SystemClock(), sealer or KeyedSealer(self.keys))

    def copied(self) -> "Installation":
        """The database as it is, copied by hand; the keys are those that there are."""
        if isinstance(self.place, SqlitePlace):
            path = self.place.path.with_name("older.db")
            shutil.copy(self.place.path, path)
            return replace(self, place=SqlitePlace(path))
        assert isinstance(self.place, PostgresPlace)
        parts = urlsplit(self.place.url)
        name = parts.path.removeprefix("/")
        copy = f"{name}_older"
        with psycopg.connect(parts._replace(path="/postgres").geturl(), autocommit=True) as server:
            server.execute(f"CREATE DATABASE {copy} TEMPLATE {name}".encode())
        return replace(self, place=PostgresPlace(parts._replace(path=f"/{copy}").geturl()))

    async def erase(self, person: str) -> None:
        async with self.open() as store:
            await store.subjects.ask(person, "rita")
            await Eraser(store, (), (), SystemClock(), patience=0).erase_all()

    async def words(self) -> Words:
        """Whatever can be read by who has the database, the keys and the secret."""
        found: Words = {}
        database = self.place.database()
        try:
            with closing(Keys(vault_at(self.vault), SECRET)) as keys:
                sealer = KeyedSealer(keys)
                for each in SEALED:
                    for row in await database.read(partial(rows, where=each, condition="1 = 1", values=[])):
                        for column, value in zip(each.columns, row.values, strict=True):
                            if (text := read(sealer, row.owner, value)) is not None:
                                found.setdefault((each.table, column), set()).add(text)
        finally:
            await database.close()
        return found


def read(sealer: Sealer, owner: str, value: bytes | None) -> str | None:
    try:
        return None if value is None else sealer.open(owner, value)
    except Erased:
        return None


def naming(words: Words, word: str) -> Words:
    """Of these, in which a word stands."""
    some = {where: {text for text in texts if word in text} for where, texts in words.items()}
    return {where: texts for where, texts in some.items() if texts}


@pytest.fixture
def here(request: pytest.FixtureRequest, place: Place, tmp_path: Path) -> Iterator[Installation]:
    """An empty installation, encrypted, on either database."""
    vault = str(tmp_path / "frontdesk.keys")
    if isinstance(place, PostgresPlace):
        server: Server = request.getfixturevalue("postgres")
        vault = empty_database(server)
    with closing(Keys(vault_at(vault), SECRET)) as keys:
        yield Installation(place, vault, keys)


async def lived(here: Installation, home: Path, sealer: Sealer | None = None) -> None:
    """Anna and Ben wrote, alone and in a group, and Ben's words there came of hers, too."""
    async with here.open(sealer) as store:
        await live(store, home, ANNA)
        await live(store, home, BEN)
        await say(store, BEN, GROUP, canary(BEN, "later"), "g-b2", quoted=f"user: {canary(ANNA, 'group')}\n")
        await ticket_of(store, ANNA, GROUP)
        await store.history.summarise(GROUP.key, canary(ANNA, "summary") + canary(BEN, "summary"), 10**6)


async def test_an_older_copy_says_nothing_any_more_of_who_was_erased(
    here: Installation, tmp_path: Path, record_property: Note
) -> None:
    await lived(here, tmp_path / "home")
    copy = here.copied()
    before = await copy.words()
    of_anna = naming(before, "canary-u-anna")
    assert set(of_anna) >= MIXED | {
        ("inbox", "event"),
        ("inbox", "raw"),
        ("turns", "question"),
        ("turns", "reply"),
        ("outbox", "body"),
        ("outbox", "citations"),
        ("outbox", "choices"),
        ("flow_runs", "state"),
        ("reviews", "correction"),
        ("gaps", "example"),
        ("feed", "body"),
    }
    await here.erase(ANNA.key)
    after = await copy.words()
    assert naming(after, "canary-u-anna") == {}
    record_property(
        "P2",
        f"{type(here.place).__name__.removesuffix('Place')}, a copy from before: "
        f"{sum(map(len, of_anna.values()))} texts with words of theirs, 0 readable now",
    )
    of_ben, left = naming(before, "canary-u-ben"), naming(after, "canary-u-ben")
    assert {where: texts for where, texts in of_ben.items() if where not in MIXED} == {
        where: texts for where, texts in left.items() if where not in MIXED
    }
    assert naming(left, canary(BEN, "group")) and naming(left, canary(BEN, "private"))


async def test_what_was_sealed_before_with_one_key_gets_those_of_its_authors(
    here: Installation, tmp_path: Path
) -> None:
    class Before(KeyedSealer):
        def seal(self, owner: str, text: str, authors: Collection[str] = ()) -> bytes:
            return super().seal(owner, text)

    await lived(here, tmp_path / "home", Before(here.keys))
    before = await here.words()
    assert not await starting_with(here, WITHIN)
    async with here.open() as store:
        assert (await store.history.transcript(GROUP.key, 5)).summary
        while await store.people.seal_anew():
            pass
    assert await here.words() == before
    assert ("inbox", "event", "private") not in await starting_with(here, WITHIN)
    copy = here.copied()
    await here.erase(ANNA.key)
    assert naming(await copy.words(), "canary-u-anna") == {}


async def starting_with(here: Installation, mark: bytes) -> set[tuple[str, str, str]]:
    """Tables and columns in which something begins so, of a private conversation or of another."""
    database = here.place.database()
    try:
        return {
            (
                each.table,
                column,
                "private" if row.owner in {private(ANNA).key, private(BEN).key} else "shared",
            )
            for each in SEALED
            for row in await database.read(partial(rows, where=each, condition="1 = 1", values=[]))
            for column, value in zip(each.columns, row.values, strict=True)
            if value is not None and value.startswith(mark)
        }
    finally:
        await database.close()


async def test_who_brings_an_older_copy_back_by_hand_goes_on_without_who_was_erased(
    here: Installation,
) -> None:
    async with open_desk(here.place, policy=Policy(settle_seconds=0), sealer=KeyedSealer(here.keys)) as desk:
        await desk.accept(arrival(said(samples.ANNA, "the canary of Anna")))
        await desk.idle()
        await desk.accept(arrival(said(samples.BEN, "the dog of Ben")))
        await desk.idle()
        assert desk.texts == ["echo: Anna: the canary of Anna", "echo: Ben: the dog of Ben"]
    async with here.open() as store:
        await unsent(store, said(samples.ANNA, "an unsent canary"))
        await store.history.pseudonyms(OURS, [("PERSON", "canary")])
        await store.inbox.accept(arrival(said(samples.ANNA, "a canary that waits")))
    older = here.copied()
    await here.erase(samples.ANNA.key)

    async with open_desk(
        older.place, policy=Policy(settle_seconds=0), sealer=KeyedSealer(older.keys)
    ) as desk:
        await desk.accept(arrival(said(samples.BEN, "and now?")))
        await desk.idle()
        assert desk.texts == ["echo: Ben: and now?"]
        assert "dog" in desk.engine.prompts[-1] and "canary" not in desk.engine.prompts[-1]
        store = desk.store
        transcript = await store.history.transcript(OURS.key, 10)
        assert [each.question for each in transcript.exchanges] == ["Ben: the dog of Ben", "Ben: and now?"]
        assert [each.record.question for each in await store.archive.turns(OURS.key, 10)] == [
            "Ben: and now?",
            "",
            "Ben: the dog of Ben",
            "",
        ]
        assert await store.inbox.waiting(OURS.key) == [] == await store.outbox.undelivered(OURS.key)
        assert (await store.work.left()).conversations == 0
        assert await store.history.names(OURS.key) == {}
        held = await store.subjects.records(await store.subjects.holdings(samples.BEN.key))
        assert "the dog of Ben" in repr(held) and "canary" not in repr(held)


def said(person: Person, text: str) -> Message:
    return message(text, where=OURS, sender=person)


async def unsent(store: Store, question: Message) -> None:
    """It was answered, but the answer was not sent yet."""
    await store.inbox.accept(arrival(question))
    await store.leases.take(f"conversation:{OURS.key}")
    post = Post(id="unsent", turn_id="unsent", conversation=OURS, recipient=question.sender)
    turn = await store.turns.begin(OURS, post, await store.inbox.waiting(OURS.key))
    reply = Reply(text=f"echo: {question.text}")
    outcome = Outcome(
        state=TurnState.ANSWERED, reply=reply.text, parts=(reply,), question=question.text, route="chat"
    )
    await store.turns.finish(turn, outcome, turn.posts)
    await store.leases.drop(f"conversation:{OURS.key}")


async def test_in_a_group_that_moves_what_people_wrote_stays_theirs(here: Installation) -> None:
    async with here.open() as store:
        for person in (samples.ANNA, samples.BEN):
            await store.inbox.accept(arrival(said(person, f"words of {person.name}")))
        moved = await store.outbox.move(OURS, "elsewhere")
        assert len(await store.inbox.waiting(moved.key)) == 2
    sealer = KeyedSealer(here.keys)
    assert sealer.destroy({OURS.key: []}) == 1
    async with here.open() as store:
        assert len(await store.inbox.waiting(moved.key)) == 2
    assert sealer.destroy({personal(samples.ANNA.key): []}) == 1
    words = await here.words()
    assert naming(words, "words of Ben") and not naming(words, "words of Anna")


def test_it_takes_the_keys_of_the_owner_and_of_every_author_to_read(here: Installation) -> None:
    sealer = KeyedSealer(here.keys)
    for lost in ("group", personal("anna"), personal("ben")):
        sealed = sealer.seal("group", "words", ["anna", "ben"])
        alone = sealer.seal("other group", "words", ["carla"])
        assert sealed.startswith(MARK) and sealer.open("group", sealed) == "words"
        assert sealer.open("new", sealer.pass_on("group", "new", sealed)) == "words"
        assert sealer.destroy({lost: []}) == 1
        assert read(sealer, "group", sealed) is None
        assert sealer.open("other group", alone) == "words"


def test_whose_key_it_is_outlives_a_power_cut(tmp_path: Path) -> None:
    path, left = tmp_path / "frontdesk.keys", tmp_path / "left.keys"
    with closing(Keys(vault_at(str(path)), SECRET)) as keys:
        sealed = KeyedSealer(keys).seal("group", "words", ["anna"])
        shutil.copy(path, left)  # without its log, which was not yet on disk
    with closing(Keys(vault_at(str(left)), SECRET)) as keys:
        sealer = KeyedSealer(keys)
        assert sealer.open("group", sealed) == "words"
        assert sealer.destroy({personal("anna"): []}) == 1
        assert read(sealer, "group", sealed) is None
