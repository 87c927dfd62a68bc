"""The store, on SQLite and on Postgres: exact about who holds what, and honest when it cannot write."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import ValidationError

from core.clock import SystemClock
from core.errors import LeaseLost, StoreError
from core.message import Conversation, Platform, Post, Rating, Reply
from core.store.connection import Connection
from core.store.ports import Store
from core.store.postgres import connecting
from core.store.records import ASKS_BACK, EntryState, Outcome, PostState, Turn, TurnState
from core.store.sql.leases import LEASE_SECONDS
from tests.places import Place, SqlitePlace
from tests.samples import ANNA, HERE, arrival, message

LEASE = f"conversation:{HERE.key}"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds the database locked gives up at once."""
    monkeypatch.setattr("core.store.database.BUSY_SECONDS", 0.05)
    monkeypatch.setitem(connecting._SERVER, "lock_timeout", "50ms")


@pytest.fixture
async def store(place: Place) -> AsyncIterator[Store]:
    async with place.open(SystemClock()) as store:
        yield store


def post_of(turn_id: str = "t1") -> Post:
    return Post(id=f"post of {turn_id}", turn_id=turn_id, conversation=HERE)


async def begin(store: Store, text: str = "hello", turn_id: str = "t1") -> Turn:
    await store.leases.take(LEASE)
    await store.inbox.accept(arrival(message(text)))
    return await store.turns.begin(HERE, post_of(turn_id), await store.inbox.waiting(HERE.key))


def answer(text: str) -> Outcome:
    return Outcome(
        state=TurnState.ANSWERED,
        reply=text,
        parts=(Reply(text=text),),
        question="hello",
        model="m@1",
        prompt="p",
    )


async def test_a_key_is_taken_once(store: Store) -> None:
    once = arrival(message("hello"), key="k")
    assert [await store.inbox.accept(once), await store.inbox.accept(once)] == [True, False]
    assert len(await store.inbox.waiting(HERE.key)) == 1


@pytest.mark.usefixtures("impatient", "store")
async def test_behind_a_fence_nobody_writes_and_all_read(store: Store, place: Place) -> None:
    await store.inbox.accept(arrival(message("before"), key="1"))
    database = place.database()
    async with database.fenced():
        with pytest.raises(StoreError):
            await store.inbox.accept(arrival(message("meanwhile"), key="2"))
        with pytest.raises(StoreError):
            await database.write(lambda db: db.execute("DELETE FROM inbox"))
        with pytest.raises(StoreError, match="migrate-store"):
            async with place.open(SystemClock()):
                pass
        assert len(await store.inbox.waiting(HERE.key)) == 1
    await database.close()
    assert await store.inbox.accept(arrival(message("meanwhile"), key="2"))


async def test_entries_wait_in_order_of_arrival(store: Store) -> None:
    await asyncio.gather(*(store.inbox.accept(arrival(message(f"{n}"))) for n in range(300)))
    ids = [entry.id for entry in await store.inbox.waiting(HERE.key)]
    assert ids == sorted(ids)
    assert len(ids) == 300


async def test_events_come_back_as_they_went_in(store: Store) -> None:
    sent = message("tschüß 👋🏽 \u202eabc\x00", reply_to="m0")
    await store.inbox.accept(arrival(sent))
    (entry,) = await store.inbox.waiting(HERE.key)
    assert entry.event == sent


async def test_closed_entries_wait_no_more(store: Store) -> None:
    await store.inbox.accept(arrival(message("hello")))
    (entry,) = await store.inbox.waiting(HERE.key)
    await store.inbox.close(HERE.key, [entry.id], EntryState.DROPPED, "deleted")
    assert await store.inbox.waiting(HERE.key) == []
    assert await store.work.open_conversations() == []


async def test_a_finished_turn_leaves_its_post_to_deliver_and_its_words_in_the_transcript(
    store: Store,
) -> None:
    turn = await begin(store)
    await store.turns.finish(turn, answer("good day"), turn.posts)
    (delivery,) = await store.outbox.undelivered(HERE.key)
    assert (delivery.reply.text, delivery.state) == ("good day", PostState.PENDING)
    await store.outbox.mark(delivery.post, PostState.PLACED, platform_id="p1")
    await store.outbox.mark(delivery.post, PostState.SENT)
    assert await store.outbox.undelivered(HERE.key) == []
    (exchange,) = (await store.history.transcript(HERE.key, 5)).exchanges
    assert (exchange.question, exchange.reply) == ("hello", "good day")
    found = await store.history.answered(HERE.key, post_id="p1")
    assert found is not None
    assert found.id == turn.id


async def test_what_the_newest_turns_answered_comes_newest_first(store: Store) -> None:
    for number in range(3):
        await store.inbox.accept(arrival(message(f"first {number}")))
        turn = await begin(store, f"second {number}", f"t{number}")
        await store.turns.finish(turn, answer("yes"), turn.posts)
    await begin(store, "not answered yet", "t9")
    said = await store.history.recent(HERE.key, 2)
    assert [[each.text for each in those] for those in said] == [
        ["first 2", "second 2"],
        ["first 1", "second 1"],
    ]
    await store.history.begin_afresh(HERE.key)
    assert not await store.history.recent(HERE.key, 2)


async def test_a_turn_in_the_place_of_a_finished_one_answers_its_messages_as_well(store: Store) -> None:
    wrong = await begin(store, "fence")
    await store.turns.finish(wrong, answer("good fence"), wrong.posts)
    await store.inbox.accept(arrival(message("no, France")))
    left = replace(wrong, messages=tuple(replace(each, text="please") for each in wrong.messages))
    entries = await store.inbox.waiting(HERE.key)
    right = await store.turns.begin(HERE, post_of("t2"), entries, instead_of=left)
    resumed = await store.turns.resume(HERE.key)
    assert resumed is not None
    assert [each.text for each in right.messages] == ["please", "no, France"]
    assert resumed.messages == right.messages
    assert (await store.history.transcript(HERE.key, 5)).exchanges == ()
    assert await store.history.answered(HERE.key, turn_id=wrong.id) is None


async def test_whether_a_recording_was_asked_about_is_known_until_something_else_happens(
    store: Store,
) -> None:
    asked = await begin(store)
    await store.turns.finish(asked, replace(answer("What did you say?"), route=ASKS_BACK), asked.posts)
    found = await store.history.asked_back(HERE.key)
    assert found is not None
    assert found.id == asked.id
    other = await begin(store, "hello again", "t2")
    await store.turns.finish(other, answer("hello"), other.posts)
    assert await store.history.asked_back(HERE.key) is None


async def test_only_the_holder_of_the_lease_may_write_a_turn(place: Place) -> None:
    async with place.open(SystemClock()) as first, place.open(SystemClock()) as second:
        turn = await begin(first)
        assert not await second.leases.take(LEASE)
        await first.leases.drop(LEASE)
        assert await second.leases.take(LEASE)
        with pytest.raises(LeaseLost):
            await first.turns.finish(turn, answer("too late"), turn.posts)
        resumed = await second.turns.resume(HERE.key)
        assert resumed is not None
        assert resumed.attempt == 2
        assert await second.outbox.undelivered(HERE.key) == []


async def test_a_process_that_no_longer_beats_loses_its_leases(place: Place) -> None:
    async with place.open(SystemClock()) as first, place.open(SystemClock()) as second:
        await begin(first)
        await second.work.beat()
        assert await second.work.open_conversations() == []
        place.ask(f"UPDATE owners SET seen_at = seen_at - {LEASE_SECONDS + 1}")
        await second.work.beat()
        assert await second.work.open_conversations() == [HERE]
        assert await second.leases.take(LEASE)
        await first.work.beat()
        assert not await first.leases.take(LEASE)


async def test_what_was_said_before_new_is_out_of_the_context(store: Store) -> None:
    turn = await begin(store)
    await store.turns.finish(turn, answer("good day"), turn.posts)
    await store.history.summarise(HERE.key, "they greeted", 1)
    await store.history.begin_afresh(HERE.key)
    transcript = await store.history.transcript(HERE.key, 5)
    assert (transcript.exchanges, transcript.summary) == ((), "")


async def test_a_summary_replaces_the_exchanges_it_covers(store: Store) -> None:
    for number in range(3):
        turn = await begin(store, f"q{number}", f"t{number}")
        await store.turns.finish(turn, answer(f"a{number}"), turn.posts)
    exchanges = (await store.history.transcript(HERE.key, 5)).exchanges
    await store.history.summarise(HERE.key, "two greetings", exchanges[1].seq)
    transcript = await store.history.transcript(HERE.key, 5)
    assert transcript.summary == "two greetings"
    assert [each.reply for each in transcript.exchanges] == ["a2"]


async def test_the_record_of_a_post_explains_its_answer(store: Store) -> None:
    turn = await begin(store, "hello")
    await store.outbox.mark(post_of(), PostState.PLACED, platform_id="p1")
    running = await store.history.record(HERE.key, "p1")
    assert running is not None
    assert (running.state, running.ended_at, running.reply) == (TurnState.RUNNING, None, "")

    await store.turns.finish(turn, replace(answer("hi"), evidence={"usage": {"seconds": 2}}), [post_of()])
    await store.outbox.mark(post_of(), PostState.SENT)
    await store.people.rate(Rating(conversation=HERE, person=ANNA, turn_id="t1", verdict="bad"), turn_id="t1")
    record = await store.history.record(HERE.key, "p1")
    assert record is not None
    assert (record.state, record.model, record.prompt) == (TurnState.ANSWERED, "m@1", "p")
    assert (record.question, record.reply, record.raw) == ("hello", "hi", ("{}",))
    assert (record.evidence, record.verdicts) == ({"usage": {"seconds": 2}}, ("bad",))
    assert record.arrived_at and record.ended_at and record.sent_at
    assert record.arrived_at <= record.began_at <= record.ended_at <= record.sent_at


async def test_there_is_no_record_of_a_post_that_is_not_ours(store: Store) -> None:
    await begin(store)
    assert await store.history.record(HERE.key, "p1") is None
    assert await store.history.record(HERE.key, "") is None


async def test_the_record_of_a_deleted_question_holds_no_words(store: Store) -> None:
    turn = await begin(store, "secret")
    question = turn.messages[0].id
    await store.outbox.mark(post_of(), PostState.PLACED, platform_id="p1")
    await store.turns.finish(turn, answer("secret too"), [post_of()])
    await store.outbox.mark(post_of(), PostState.SENT)
    await store.people.forget(HERE.key, question)
    record = await store.history.record(HERE.key, "p1")
    assert record is not None
    assert (record.prompt, record.question, record.reply, record.raw) == ("", "", "", ())


async def test_the_cabinet_keeps_and_forgets(store: Store) -> None:
    await store.cabinet.put("state", "abc")
    assert await store.cabinet.get("state") == "abc"
    assert [await store.cabinet.remove("state"), await store.cabinet.remove("state")] == [True, False]
    assert await store.cabinet.get("state") is None


async def test_writes_in_one_group_stand_or_fall_alone(place: Place) -> None:
    database = place.database()
    put = "INSERT INTO cabinet (name, body) VALUES (?, ?)"

    def good(db: Connection) -> None:
        db.execute(put, ["good", b"1"])

    def bad(db: Connection) -> None:
        db.execute(put, ["half", b"1"])
        db.execute(put, ["half", b"2"])

    outcomes = await asyncio.gather(database.write(good), database.write(bad), return_exceptions=True)
    names = await database.read(lambda db: db.execute("SELECT name, body FROM cabinet").fetchall())
    await database.close()
    assert outcomes[0] is None
    assert isinstance(outcomes[1], StoreError)
    assert names == [("good", b"1")]


async def test_a_moved_channel_takes_what_is_open_along(store: Store) -> None:
    await store.inbox.accept(arrival(message("hello")))
    moved = await store.outbox.move(HERE, "new")
    assert moved == Conversation(platform=Platform.TERMINAL, tenant="t", channel="new", direct=True)
    assert await store.work.open_conversations() == [moved]
    assert len(await store.inbox.waiting(moved.key)) == 1


async def test_only_the_holder_of_the_lease_may_take_a_step_with_a_post(place: Place) -> None:
    async with place.open(SystemClock()) as first, place.open(SystemClock()) as second:
        turn = await begin(first)
        await first.leases.drop(LEASE)
        assert await second.leases.take(LEASE)
        with pytest.raises(LeaseLost):
            await first.outbox.mark(turn.posts[0], PostState.PLACING)


async def test_a_post_that_moved_along_takes_no_step_in_the_old_place(store: Store) -> None:
    turn = await begin(store)
    await store.outbox.move(HERE, "new")
    with pytest.raises(LeaseLost):
        await store.outbox.mark(turn.posts[0], PostState.PLACING)


async def test_what_was_begun_afresh_stays_so_when_words_still_come_from_the_old_place(store: Store) -> None:
    turn = await begin(store)
    await store.turns.finish(turn, answer("good day"), turn.posts)
    moved = await store.outbox.move(HERE, "new")
    await store.history.begin_afresh(moved.key)
    await store.inbox.accept(arrival(message("still here")))
    await store.outbox.move(HERE, "new")
    assert (await store.history.transcript(moved.key, 5)).exchanges == ()
    assert not await store.inbox.knows(HERE.key)


async def test_two_places_that_become_one_do_not_mix_up_whom_pseudonyms_stand_for(store: Store) -> None:
    turn = await begin(store)
    await store.turns.finish(turn, answer("good day, <PERSON_1>"), turn.posts)
    new = replace(HERE, channel="new")
    await store.history.pseudonyms(new, [("PERSON", "Ben")])
    await store.history.pseudonyms(HERE, [("PERSON", "Anna")])
    assert await store.outbox.move(HERE, "new") == new
    assert await store.history.names(new.key) == {}
    assert (await store.history.transcript(new.key, 5)).exchanges == ()


async def test_pseudonyms_move_along(store: Store) -> None:
    turn = await begin(store)
    await store.turns.finish(turn, answer("good day, <PERSON_1>"), turn.posts)
    await store.history.pseudonyms(HERE, [("PERSON", "Anna")])
    await store.inbox.accept(arrival(message("hello", where=replace(HERE, channel="new"))))
    moved = await store.outbox.move(HERE, "new")
    assert await store.history.names(moved.key) == {"<PERSON_1>": "Anna"}
    assert len((await store.history.transcript(moved.key, 5)).exchanges) == 1


async def test_an_event_that_cannot_be_read_is_not_quoted(store: Store, place: Place) -> None:
    await store.inbox.accept(arrival(message("canary-4711")))
    ((event,),) = place.ask("SELECT event FROM inbox")
    place.ask("UPDATE inbox SET event = ?", event.replace(b"sent_at", b"when"))
    with pytest.raises(ValidationError) as caught:
        await store.inbox.waiting(HERE.key)
    assert "canary" not in str(caught.value)


async def test_a_database_that_a_newer_version_made_is_left_alone(place: Place) -> None:
    async with place.open(SystemClock()):
        pass
    table = "_sqlite_migrations" if isinstance(place, SqlitePlace) else "_steps"
    named = "migration_set, name" if isinstance(place, SqlitePlace) else "name"
    values = "'frontdesk', 'm999_future'" if isinstance(place, SqlitePlace) else "'m999_future'"
    place.ask(f"INSERT INTO {table} ({named}, applied_at) VALUES ({values}, '2030-01-01')")
    with pytest.raises(StoreError, match=r"newer version .* m999_future"):
        async with place.open(SystemClock()):
            pass


async def test_a_closed_database_refuses_rather_than_lets_wait(place: Place) -> None:
    database = place.database()
    await database.close()
    async with asyncio.timeout(60):
        with pytest.raises(StoreError):
            await database.write(lambda db: None)
        with pytest.raises(StoreError):
            await database.read(lambda db: None)


async def test_what_customers_and_agents_said_is_joined_to_exchanges(store: Store) -> None:
    said = [
        ("q1", "", "relay"),
        ("q2", "", "relay"),
        ("", "**Ben:** a2", "colleague"),
        ("", "**Ben:** a3", "colleague"),
        ("q4", "a4", "chat"),
        ("", "**Ben:** a5", "colleague"),
        ("q6", "", "relay"),
    ]
    for number, (question, reply, route) in enumerate(said):
        turn = await begin(store, question or reply, turn_id=f"t{number}")
        outcome = replace(answer(reply), question=question, route=route, quiet=True, remembered=True)
        await store.turns.finish(turn, outcome, turn.posts)
    found = (await store.history.transcript(HERE.key, 10)).exchanges
    assert [(each.question, each.reply, each.route) for each in found] == [
        ("q1\nq2", "A colleague wrote: **Ben:** a2\nA colleague wrote: **Ben:** a3", "colleague"),
        ("q4", "a4\nA colleague wrote: **Ben:** a5", "chat"),
        ("q6", "", "relay"),
    ]
