"""What a person sees of the delivery core: one answer each, in order, whatever happens in between."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

import pytest

from core import words
from core.delivery.worker import ATTEMPTS
from core.engine.types import Delta, Load, Options, Prompt
from core.errors import (
    Gone,
    LeaseLost,
    ModelError,
    Moved,
    RateLimited,
    Refused,
    StoreError,
    Uncertain,
    Unreachable,
)
from core.message import Addressing, Deletion, Edit, Message, Post, Rating, Reply, Stop
from core.policy import Policy
from core.store.records import Outcome, PostState, Turn
from core.testing import FakeChannel, ScriptedEngine
from tests.delivery.conftest import PATIENCE, Desk, open_desk
from tests.places import Place
from tests.samples import ANNA, HERE, arrival, conversation, message


class FragileEngine(ScriptedEngine):
    """Dies of poison; whatever else it writes takes until nothing else is being written."""

    is_dying = False
    _writing = 0

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        self._writing += 1
        try:
            while self.is_dying or self._writing > 1 or "poison" in prompt.text:
                self.is_dying = self.is_dying or "poison" in prompt.text
                await asyncio.sleep(0)
            async for delta in super().stream(prompt, options):
                yield delta
        finally:
            self._writing -= 1


async def test_a_message_is_answered(desk: Desk) -> None:
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert desk.texts == ["echo: hello"]


async def test_the_answer_grows_before_it_stands(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("one two three four")))
    await desk.until(lambda: bool(desk.channel.shown))
    assert "echo: one two three four".startswith(desk.channel.shown[-1])
    desk.engine.hold.set()
    await desk.idle()
    assert desk.texts == ["echo: one two three four"]


async def test_a_repeated_event_is_answered_once(desk: Desk) -> None:
    again = arrival(message("hello"), key="same")
    await desk.accept(again, again)
    await desk.idle()
    await desk.accept(again)
    await desk.idle()
    assert len(desk.texts) == 1


async def test_what_arrives_during_a_turn_is_collected_into_the_next(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("first")))
    await desk.until(lambda: bool(desk.engine.prompts))
    await desk.accept(arrival(message("second")), arrival(message("third")))
    desk.engine.hold.set()
    await desk.idle()
    assert desk.texts == ["echo: first", "echo: second\nthird"]


async def test_a_new_message_interrupts_where_the_channel_wants_it(place: Place) -> None:
    policy = Policy(settle_seconds=0, overlap="interrupt")
    async with open_desk(place, policy=policy) as desk:
        desk.engine.hold.clear()
        await desk.accept(arrival(message("first")))
        await desk.until(lambda: bool(desk.engine.prompts))
        await desk.accept(arrival(message("second")))
        await desk.until(lambda: len(desk.engine.prompts) == 2)
        desk.engine.hold.set()
        await desk.idle()
        assert desk.texts == ["echo: first\nsecond"]


async def test_conversations_run_side_by_side(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("here", where=conversation("a"))))
    await desk.accept(arrival(message("there", where=conversation("b"))))
    await desk.until(lambda: len(desk.engine.prompts) == 2)
    desk.engine.hold.set()
    await desk.idle()
    assert sorted(desk.texts) == ["echo: here", "echo: there"]


async def test_stop_keeps_what_was_written(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("one two three four five")))
    await desk.until(lambda: bool(desk.channel.shown))
    await desk.accept(arrival(Stop(conversation=HERE, person=ANNA)))
    await desk.idle()
    (text,) = desk.texts
    assert text.endswith(words.stopped())
    assert "five" not in text
    transcript = await desk.store.history.transcript(HERE.key, 5)
    assert transcript.exchanges[0].question == "one two three four five"


async def test_stop_as_a_word(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("tell me everything please")))
    await desk.until(lambda: bool(desk.channel.shown))
    await desk.accept(arrival(message("", command="stop")))
    await desk.idle()
    assert len(desk.texts) == 1
    await desk.accept(arrival(message("", command="stop")))
    await desk.idle()
    assert desk.texts[-1] == words.nothing_to_stop()


async def test_an_edit_restarts_the_running_turn(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("Brlin weather", id="q")))
    await desk.until(lambda: bool(desk.engine.prompts))
    await desk.accept(arrival(Edit(message=message("Berlin weather", id="q"))))
    await desk.until(lambda: len(desk.engine.prompts) == 2)
    desk.engine.hold.set()
    await desk.idle()
    assert desk.texts == ["echo: Berlin weather"]


async def test_an_edit_of_an_answered_question_rewrites_the_answer(desk: Desk) -> None:
    await desk.accept(arrival(message("Brlin", id="q")))
    await desk.idle()
    await desk.accept(arrival(Edit(message=message("Berlin", id="q"))))
    await desk.idle()
    assert desk.texts == ["echo: Berlin"]
    transcript = await desk.store.history.transcript(HERE.key, 5)
    assert [each.question for each in transcript.exchanges] == ["Berlin"]


async def test_an_edit_that_changes_no_words_changes_nothing(desk: Desk) -> None:
    await desk.accept(arrival(message("Berlin", id="q")))
    await desk.idle()
    await desk.accept(arrival(Edit(message=message("Berlin", id="q"))))
    await desk.idle()
    assert len(desk.engine.prompts) == 1


async def test_a_shorter_new_answer_takes_surplus_posts_away(place: Place) -> None:
    engine = ScriptedEngine("a" * 25, "short")
    async with open_desk(
        place, engine=engine, channel=FakeChannel(part_length=10), policy=Policy(settle_seconds=0)
    ) as desk:
        await desk.accept(arrival(message("long", id="q")))
        await desk.idle()
        assert desk.texts == ["a" * 10, "a" * 10, "a" * 5]
        await desk.accept(arrival(Edit(message=message("brief", id="q"))))
        await desk.idle()
        assert desk.texts == ["short"]


async def test_deleting_the_question_withdraws_the_running_answer(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("my secret is tea", id="q")))
    await desk.until(lambda: bool(desk.channel.shown))
    await desk.accept(arrival(Deletion(conversation=HERE, message_id="q")))
    await desk.idle()
    assert desk.texts == []


async def test_a_deleted_question_is_forgotten(desk: Desk, place: Place) -> None:
    await desk.accept(arrival(message("the canary sings", id="q")))
    await desk.idle()
    await desk.accept(arrival(Deletion(conversation=HERE, message_id="q")))
    await desk.idle()
    await desk.accept(arrival(message("what did I say?")))
    await desk.idle()
    assert "canary" not in desk.engine.prompts[-1]


async def test_again_rewrites_in_place_from_its_button(desk: Desk) -> None:
    await desk.accept(arrival(message("a joke", id="q")))
    await desk.idle()
    post, _ = desk.channel.settled[-1]
    await desk.accept(arrival(message("", command="again", reply_to=post.platform_id)))
    await desk.idle()
    assert desk.texts == ["echo: a joke"]
    assert len(desk.engine.prompts) == 2


async def test_again_typed_answers_below(desk: Desk) -> None:
    await desk.accept(arrival(message("a joke")))
    await desk.idle()
    await desk.accept(arrival(message("", command="again")))
    await desk.idle()
    assert desk.texts == ["echo: a joke", "echo: a joke"]


async def test_again_without_an_answer_says_so(desk: Desk) -> None:
    await desk.accept(arrival(message("", command="again")))
    await desk.idle()
    assert desk.texts == [words.nothing_to_repeat()]


async def test_ratings_are_kept_and_taken_back(desk: Desk) -> None:
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    post, _ = desk.channel.settled[-1]
    good = Rating(conversation=HERE, person=ANNA, turn_id=post.turn_id, verdict="good")
    await desk.accept(arrival(good))
    await desk.idle()
    assert (await desk.store.people.knowledge(ANNA.key)).ratings == 1
    await desk.accept(arrival(replace(good, turn_id="", post_id=post.platform_id, verdict="none")))
    await desk.idle()
    assert (await desk.store.people.knowledge(ANNA.key)).ratings == 0


async def test_a_broken_model_is_said_in_plain_words_and_the_next_turn_runs(place: Place) -> None:
    engine = ScriptedEngine(ModelError("boom"))
    async with open_desk(place, engine=engine, policy=Policy(settle_seconds=0)) as desk:
        await desk.accept(arrival(message("one")))
        await desk.idle()
        await desk.accept(arrival(message("two")))
        await desk.idle()
        assert desk.texts == [words.failed(), "echo: two"]


async def test_failed_turns_stay_out_of_the_context(place: Place) -> None:
    engine = ScriptedEngine(ModelError("boom"))
    async with open_desk(place, engine=engine, policy=Policy(settle_seconds=0)) as desk:
        await desk.accept(arrival(message("one")))
        await desk.idle()
        await desk.accept(arrival(message("two")))
        await desk.idle()
        assert words.failed() not in desk.engine.prompts[-1]


async def test_a_slow_platform_gets_the_answer_later(desk: Desk) -> None:
    desk.channel.fail("place", RateLimited(retry_after=0), Unreachable())
    desk.channel.fail("settle", RateLimited(retry_after=0))
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert desk.texts == ["echo: hello"]


async def test_an_uncertain_placeholder_never_doubles_the_answer(desk: Desk) -> None:
    desk.channel.fail("place", Uncertain())
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert desk.texts.count("echo: hello") == 1


async def test_a_refused_answer_is_reported(desk: Desk) -> None:
    desk.channel.fail("settle", Refused("msg_blocks_too_long"))
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert desk.texts == [words.unpostable()]


async def test_a_conversation_out_of_reach_is_set_aside_and_the_next_message_tried(desk: Desk) -> None:
    desk.channel.fail("place", Gone(), Gone())
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert desk.texts == []
    await desk.accept(arrival(message("are you back?")))
    await desk.idle()
    assert desk.texts == ["echo: are you back?"]


async def test_a_moved_chat_takes_its_answer_and_its_memory_along(desk: Desk) -> None:
    await desk.accept(arrival(message("remember seven")))
    await desk.idle()
    desk.channel.fail("settle", Moved(channel="new"))
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert desk.texts[-1] == "echo: hello"
    assert desk.channel.settled[-1][0].conversation.channel == "new"
    await desk.accept(arrival(message("and now?", where=conversation("new"))))
    await desk.idle()
    assert "remember seven" in desk.engine.prompts[-1]


async def test_threads_are_followed_only_where_the_assistant_takes_part(desk: Desk) -> None:
    await desk.accept(arrival(message("not for us", addressed=Addressing.THREAD)))
    await desk.idle()
    assert desk.texts == []
    await desk.accept(arrival(message("for us", addressed=Addressing.MENTION)))
    await desk.accept(arrival(message("still for us", addressed=Addressing.THREAD)))
    await desk.idle()
    assert "still for us" in desk.texts[-1]


async def test_threads_are_not_followed_where_the_channel_says_so(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0, follow_threads=False)) as desk:
        await desk.accept(arrival(message("for us", addressed=Addressing.MENTION)))
        await desk.accept(arrival(message("among people", addressed=Addressing.THREAD)))
        await desk.idle()
        assert desk.texts == ["echo: for us"]


async def test_a_turn_cut_off_by_a_shutdown_is_finished_by_the_next_process(place: Place) -> None:
    engine, channel = ScriptedEngine(), FakeChannel()
    policy = Policy(settle_seconds=0)
    async with open_desk(place, engine=engine, channel=channel, policy=policy) as desk:
        engine.hold.clear()
        await desk.accept(arrival(message("one two three four")))
        await desk.until(lambda: bool(channel.shown))
        await desk.dispatcher.stop(grace=0)
    async with open_desk(place, channel=channel, policy=policy) as desk:
        for each in await desk.store.work.open_conversations():
            desk.dispatcher.wake(each)
        await desk.idle()
        assert desk.texts == ["echo: one two three four"]


async def test_a_turn_that_keeps_killing_its_process_is_set_aside(place: Place) -> None:
    policy, channel = Policy(settle_seconds=0), FakeChannel()
    for _ in range(ATTEMPTS + 1):
        engine = ScriptedEngine()
        engine.hold.clear()
        async with open_desk(place, engine=engine, channel=channel, policy=policy) as desk:
            await desk.accept(arrival(message("poison"), key="only once"))
            for each in await desk.store.work.open_conversations():
                desk.dispatcher.wake(each)
            await desk.until(lambda: bool(engine.prompts) or desk.dispatcher.busy == 0)  # noqa: B023  # called within the round
            await desk.dispatcher.stop(grace=0)
    assert list(channel.visible.values()) == [words.set_aside()]


async def test_a_turn_that_kills_its_process_takes_no_others_along(place: Place) -> None:
    policy, channel = Policy(settle_seconds=0), FakeChannel()
    texts = ("one", "poison", "two", "three")
    for _ in range(ATTEMPTS + 1):
        engine = FragileEngine()
        async with open_desk(place, engine=engine, channel=channel, policy=policy) as desk:
            await desk.accept(*(arrival(message(text, where=conversation(text)), key=text) for text in texts))
            for each in await desk.store.work.open_conversations():
                desk.dispatcher.wake(each)
            await desk.until(lambda: engine.is_dying or desk.dispatcher.busy == 0)  # noqa: B023  # called within the round
            await desk.dispatcher.stop(grace=0)
    assert sorted(channel.visible.values()) == [words.set_aside(), "echo: one", "echo: three", "echo: two"]


async def test_two_processes_do_not_answer_twice(place: Place) -> None:
    channel, policy = FakeChannel(), Policy(settle_seconds=0)
    async with (
        open_desk(place, channel=channel, policy=policy) as one,
        open_desk(place, channel=channel, policy=policy) as two,
    ):
        for number in range(20):
            await one.accept(arrival(message(f"q{number}", where=conversation(f"c{number}"))))
            for each in await two.store.work.open_conversations():
                two.dispatcher.wake(each)
        await one.idle()
        await two.idle()
    assert sorted(channel.visible.values()) == sorted(f"echo: q{number}" for number in range(20))


async def test_an_edit_that_first_addresses_us_is_a_question(desk: Desk) -> None:
    edited: Message = message("@bot hello", id="never seen", addressed=Addressing.MENTION)
    await desk.accept(arrival(Edit(message=edited)))
    await desk.idle()
    assert desk.texts == ["echo: @bot hello"]


async def test_stop_pressed_before_the_turn_began_still_stops_it(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0)) as desk:
        desk.engine.hold.clear()
        await desk.accept_together(arrival(message("hello")), arrival(Stop(conversation=HERE, person=ANNA)))
        await desk.idle()
        (text,) = desk.texts
        assert text.endswith(words.stopped())


async def test_who_must_wait_for_the_engine_is_told(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0)) as desk:
        desk.engine.busy = Load(queued=0, active=1, capacity=1, seconds_per_answer=20.0)
        desk.engine.hold.clear()
        await desk.accept(arrival(message("first", where=conversation("a"))))
        await desk.until(lambda: bool(desk.engine.prompts))
        await desk.accept(arrival(message("second", where=conversation("b"))))
        await desk.until(lambda: bool(desk.channel.held))
        desk.engine.hold.set()
        await desk.idle()
        assert desk.channel.held == [words.queue(0, 20.0)]
        assert desk.texts == ["echo: first", "echo: second"]


async def test_who_would_wait_too_long_hears_an_honest_word(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0, longest_wait_seconds=10)) as desk:
        desk.engine.busy = Load(queued=0, active=1, capacity=1, seconds_per_answer=20.0)
        desk.engine.hold.clear()
        await desk.accept(arrival(message("first", where=conversation("a"))))
        await desk.until(lambda: bool(desk.engine.prompts))
        await desk.accept(arrival(message("second", where=conversation("b"))))
        await desk.until(lambda: words.busy(20.0) in desk.texts)
        await desk.accept(arrival(message("", command="me", where=conversation("c"))))
        await desk.until(lambda: any("What I keep about you" in text for text in desk.texts))
        desk.engine.hold.set()
        await desk.idle()


async def test_a_shutdown_says_so_where_it_cuts_an_answer_off(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0)) as desk:
        desk.engine.hold.clear()
        await desk.accept(arrival(message("one two three four")))
        await desk.until(lambda: bool(desk.channel.shown))
        await desk.dispatcher.stop(grace=0)
        assert desk.channel.held == [words.interrupted()]


async def test_a_dead_letter_can_be_sent_anew_or_given_up(desk: Desk) -> None:
    desk.channel.fail("settle", Gone("kicked"), Gone("kicked"))
    await desk.accept(arrival(message("hello", where=conversation("a"))))
    await desk.idle()
    await desk.accept(arrival(message("hi", where=conversation("b"))))
    await desk.idle()
    first, second = await desk.store.outbox.dead_letters()
    assert (first.conversation, first.reason) == (conversation("a").key, "kicked")
    assert await desk.store.outbox.revive(first.post_id)
    assert await desk.store.outbox.discard(second.post_id)
    for each in await desk.store.work.open_conversations():
        desk.dispatcher.wake(each)
    await desk.idle()
    assert [text for _, text in desk.channel.settled] == ["echo: hello"]
    assert await desk.store.outbox.dead_letters() == []
    assert not await desk.store.outbox.revive(second.post_id)


async def test_a_stopped_answer_tells_where_it_came_from(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("one two three four five")))
    await desk.until(lambda: bool(desk.channel.shown))
    await desk.accept(arrival(Stop(conversation=HERE, person=ANNA)))
    await desk.idle()
    post, _ = desk.channel.settled[-1]
    record = await desk.store.history.record(HERE.key, post.platform_id)
    assert record is not None
    assert (record.route, record.model) == ("chat", "scripted@1")
    assert "one two three four five" in record.prompt


async def test_an_answer_that_takes_too_long_ends_with_an_honest_word(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.delivery.worker.TURN_SECONDS", 0.1)
    desk.engine.hold.clear()
    await desk.accept(arrival(message("one two three four five")))
    await desk.idle()
    (text,) = desk.texts
    assert text.startswith("echo: one")
    assert text.endswith(words.out_of_time())


async def test_a_stop_outlives_a_failure_to_write_its_turn_down(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = desk.store.turns.finish

    async def fail_once(turn: Turn, outcome: Outcome, posts: Sequence[Post]) -> None:
        monkeypatch.setattr(desk.store.turns, "finish", finish)
        raise StoreError

    monkeypatch.setattr(desk.store.turns, "finish", fail_once)
    desk.engine.hold.clear()
    await desk.accept(arrival(message("one two three four five")))
    await desk.until(lambda: bool(desk.channel.shown))
    await desk.accept(arrival(Stop(conversation=HERE, person=ANNA)))
    await desk.idle()
    desk.dispatcher.wake(HERE)
    await desk.idle()
    (text,) = desk.texts
    assert text.endswith(words.stopped())
    assert await desk.store.inbox.waiting(HERE.key) == []


class AwayOutbox:
    """An outbox whose database is away, or whose lease is another's, when a post's id is to be kept."""

    def __init__(self, desk: Desk, *errors: StoreError) -> None:
        self._mark, self._errors = desk.store.outbox.mark, list(errors)
        self.tried: list[str] = []

    async def mark(self, post: Post, state: PostState, *, reason: str = "", platform_id: str = "") -> None:
        if state is PostState.PLACED:
            self.tried.append(platform_id)
            if self._errors:
                raise self._errors.pop(0)
        await self._mark(post, state, reason=reason, platform_id=platform_id)


async def test_no_post_is_left_behind_where_the_database_is_away_for_a_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = AwayOutbox(desk, StoreError("away"), StoreError("away"))
    monkeypatch.setattr(desk.store.outbox, "mark", away.mark)
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert desk.texts == ["echo: hello"]
    assert len(away.tried) == 3 and len(set(away.tried)) == 1


@pytest.mark.parametrize("can_be_found", [True, False])
async def test_what_another_process_could_not_find_is_taken_away_again(
    desk: Desk, can_be_found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def find(post: Post, reply: Reply | None = None) -> str | None:
        return next(iter(desk.channel.visible), None) if can_be_found else None

    monkeypatch.setattr(desk.channel, "find", find)
    away = AwayOutbox(desk, LeaseLost())
    monkeypatch.setattr(desk.store.outbox, "mark", away.mark)
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert len(away.tried) == 1, "a lease that is lost does not come back"
    assert len(desk.texts) == can_be_found
    desk.dispatcher.wake(HERE)  # as the other process would go on
    await desk.idle()
    assert desk.texts == ["echo: hello"]


async def test_a_database_that_stays_away_is_not_waited_for_without_end(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.delivery.sender.KEPT_SECONDS", 0.0)
    away = AwayOutbox(desk, StoreError("away"))
    monkeypatch.setattr(desk.store.outbox, "mark", away.mark)
    await desk.accept(arrival(message("hello")))
    await desk.idle()
    assert desk.texts == []
    desk.dispatcher.wake(HERE)
    await desk.idle()
    assert desk.texts == ["echo: hello"]


async def test_of_several_questions_the_deleted_one_is_not_answered(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0)) as desk:
        desk.engine.hold.clear()
        await desk.accept_together(
            arrival(message("my secret is tea", id="a")), arrival(message("hello", id="b"))
        )
        await desk.until(lambda: bool(desk.channel.shown))
        await desk.accept(arrival(Deletion(conversation=HERE, message_id="a")))
        await desk.until(lambda: len(desk.engine.prompts) == 2)
        desk.engine.hold.set()
        await desk.idle()
        assert desk.texts == ["echo: hello"]
        transcript = await desk.store.history.transcript(HERE.key, 5)
        assert [each.question for each in transcript.exchanges] == ["hello"]


async def test_a_message_that_interrupts_overtakes_no_command(place: Place) -> None:
    async with open_desk(place, policy=Policy(settle_seconds=0, overlap="interrupt")) as desk:
        desk.engine.hold.clear()
        await desk.accept(arrival(message("first")))
        await desk.until(lambda: bool(desk.engine.prompts))
        await desk.accept(arrival(message("", command="me")), arrival(message("second")))
        desk.engine.hold.set()
        await desk.idle()
        first, about, second = desk.texts
        assert (first, second) == ("echo: first", "echo: second")
        assert "What I keep about you" in about


async def test_a_question_that_an_edit_began_can_be_edited_and_repeated(desk: Desk) -> None:
    for text in ("@bot Brlin", "@bot Berlin"):
        await desk.accept(arrival(Edit(message=message(text, id="q", addressed=Addressing.MENTION))))
        await desk.idle()
    await desk.accept(arrival(message("", command="again")))
    await desk.idle()
    assert desk.texts == ["echo: @bot Berlin", "echo: @bot Berlin"]


async def test_an_edit_outlives_the_process_that_began_to_answer_it_anew(place: Place) -> None:
    channel, policy = FakeChannel(), Policy(settle_seconds=0)
    async with open_desk(place, channel=channel, policy=policy) as desk:
        await desk.accept(arrival(message("Brlin", id="q")))
        await desk.idle()
        desk.engine.hold.clear()
        await desk.accept(arrival(Edit(message=message("Berlin", id="q"))))
        await desk.until(lambda: len(desk.engine.prompts) == 2)
        await desk.dispatcher.stop(grace=0)
    async with open_desk(place, channel=channel, policy=policy) as desk:
        desk.dispatcher.wake(HERE)
        await desk.idle()
        assert desk.texts == ["echo: Berlin"]


async def test_a_stopping_process_begins_no_other_turn(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("first")))
    await desk.until(lambda: bool(desk.engine.prompts))
    await desk.accept(arrival(message("second")))
    stopping = asyncio.create_task(desk.dispatcher.stop(grace=PATIENCE))
    await asyncio.sleep(0)
    desk.engine.hold.set()
    await stopping
    assert desk.texts == ["echo: first"]
    assert len(await desk.store.inbox.waiting(HERE.key)) == 1


async def test_a_process_can_stop_while_the_platform_cannot_be_asked_for_a_lost_post(place: Place) -> None:
    channel, policy = FakeChannel(), Policy(settle_seconds=0)
    for _ in range(2):
        engine = ScriptedEngine()
        engine.hold.clear()
        async with open_desk(place, engine=engine, channel=channel, policy=policy) as desk:
            channel.fail("place", Uncertain())
            channel.fail("find", *[Unreachable()] * 1000)
            await desk.accept(arrival(message("one two three four"), key="only once"))
            desk.dispatcher.wake(HERE)
            await desk.until(lambda: bool(engine.prompts))  # noqa: B023
            await asyncio.sleep(0.05)  # for the live view to ask: nothing tells of it
            async with asyncio.timeout(PATIENCE / 2):
                await desk.dispatcher.stop(grace=0)


async def test_a_fault_of_ours_in_showing_an_answer_is_said_and_the_next_turn_runs(desk: Desk) -> None:
    desk.channel.fail("settle", ValueError("no such entity"))
    await desk.accept(arrival(message("one")))
    await desk.idle()
    desk.channel.fail("settle", ValueError("no such entity"), ValueError("no such entity"))
    await desk.accept(arrival(message("two")))
    await desk.idle()
    await desk.accept(arrival(message("three")))
    await desk.idle()
    assert [text for _, text in desk.channel.settled] == [words.unpostable(), "echo: three"]
    assert [letter.reason for letter in await desk.store.outbox.dead_letters()] == ["ValueError"]


async def test_what_a_moved_chat_left_unanswered_answers_no_message_of_the_new_one(desk: Desk) -> None:
    desk.channel.fail("place", Unreachable(), Moved(channel="new"))
    desk.engine.hold.clear()
    await desk.accept(arrival(message("hello", id="7")))
    await desk.until(lambda: bool(desk.engine.prompts))
    await desk.accept(arrival(message("and this?", id="8")))
    desk.engine.hold.set()
    await desk.idle()
    posts = [post for post, _ in desk.channel.settled]
    assert [(post.conversation.channel, post.anchor) for post in posts] == [("new", ""), ("new", "")]


async def test_an_answer_that_stands_is_not_lost_to_a_crowd(place: Place) -> None:
    policy = Policy(settle_seconds=0, longest_wait_seconds=10)
    async with open_desk(place, policy=policy) as desk:
        await desk.accept(arrival(message("Brlin", id="q")))
        await desk.idle()
        desk.engine.busy = Load(queued=0, active=1, capacity=1, seconds_per_answer=20.0)
        desk.engine.hold.clear()
        await desk.accept(arrival(message("first", where=conversation("a"))))
        await desk.until(lambda: len(desk.engine.prompts) == 2)
        await desk.accept(arrival(Edit(message=message("Berlin", id="q"))))
        await desk.until(lambda: bool(desk.channel.held))
        desk.engine.hold.set()
        await desk.idle()
        assert sorted(desk.texts) == ["echo: Berlin", "echo: first"]
