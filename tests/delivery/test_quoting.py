"""What somebody answers goes along with their words, and is not kept as if it were theirs."""

from collections.abc import Callable
from dataclasses import replace

from core.delivery.perception import perceived
from core.delivery.responder import Answer
from core.message import Attachment, Conversation, Message, Person, Post, Recognised
from core.policy import Policy
from core.store.ports import Store
from core.store.records import Outcome, Turn, TurnState
from tests.delivery.conftest import Desk
from tests.samples import ANNA, BEN, arrival, conversation, message

GROUP = conversation("c", thread="t1")
VOICE = Attachment(id="f", kind="audio", recognised=Recognised(text="the code of the door is canary-4711"))


class Deaf:
    """Hears and sees nothing new."""

    async def recognise(
        self, attachment: Attachment, message: Message, policy: Policy, tell: Callable[[str], None]
    ) -> Recognised | None:
        return None

    async def close(self) -> None: ...


async def _answering(store: Store, sender: Person, where: Conversation) -> Turn:
    """Anna speaks, and then somebody answers her recording."""
    spoken = replace(message("", where=where, sender=ANNA, id="m1"), attachments=(VOICE,))
    assert await store.leases.take(f"conversation:{where.key}")
    await store.inbox.accept(arrival(spoken))
    turn = await _begun(store, where, "t1")
    said = Outcome(state=TurnState.ANSWERED, reply="aha", parts=(), question="", model="")
    await store.turns.finish(turn, said, [])
    await store.inbox.accept(arrival(message("What is it?", where=where, sender=sender, reply_to="m1")))
    return await perceived(await _begun(store, where, "t2"), Policy(), Deaf(), store, _unseen)


async def _begun(store: Store, where: Conversation, id: str) -> Turn:
    post = Post(id=f"post of {id}", turn_id=id, conversation=where)
    return await store.turns.begin(where, post, await store.inbox.waiting(where.key))


def _unseen(answer: Answer) -> None: ...


async def test_ones_own_recording_goes_along_with_what_answers_it(desk: Desk) -> None:
    turn = await _answering(desk.store, ANNA, GROUP)
    assert "canary-4711" in turn.messages[-1].quote


async def test_what_somebody_else_said_does_not_become_words_of_who_answers(desk: Desk) -> None:
    turn = await _answering(desk.store, BEN, GROUP)
    assert turn.messages[-1].quote == ""


async def test_a_quote_in_a_group_is_read_by_the_model_and_not_kept_with_the_question(desk: Desk) -> None:
    asked = replace(message("What is that?", where=GROUP, sender=BEN), quote="canary-4711")
    await desk.accept(arrival(asked))
    await desk.idle()
    assert "canary-4711" in desk.engine.prompts[-1]
    transcript = await desk.store.history.transcript(GROUP.key, 5)
    assert [each.question for each in transcript.exchanges] == ["Ben: What is that?"]


async def test_a_quote_between_two_is_kept(desk: Desk) -> None:
    asked = replace(message("What is that?", where=conversation("d"), sender=BEN), quote="a fox")
    await desk.accept(arrival(asked))
    await desk.idle()
    transcript = await desk.store.history.transcript(conversation("d").key, 5)
    assert [each.question for each in transcript.exchanges] == ["> a fox\nWhat is that?"]
