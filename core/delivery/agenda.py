"""What to do next in a conversation: which waiting events make a turn, and what becomes of the others."""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile

from core.delivery import tally
from core.delivery.correcting import misheard
from core.delivery.inquiry import Inquiry
from core.delivery.question import kept_question_of
from core.delivery.switchboard import Switchboard
from core.message import (
    Arrival,
    Conversation,
    Deletion,
    Departure,
    Edit,
    Message,
    Person,
    Post,
    Rating,
    Relay,
    Stop,
)
from core.policy import Policy
from core.ports import Clock
from core.store.ports import Store
from core.store.records import Entry, EntryState, Turn

BATCH = 20
"""Messages answered together at most."""


class Agenda:
    """Works through the inbox of one conversation at a time."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        switchboard: Switchboard | None = None,
        wake: Callable[[Conversation], None] = lambda _: None,
        inquiry: Inquiry | None = None,
    ) -> None:
        """Put together.

        Args:
            wake: something was committed for another conversation.
            inquiry: asks people who judge answers, where may be learnt from them.
        """
        self._store = store
        self._clock = clock
        self._switchboard = switchboard
        self._inquiry = inquiry
        self._wake = wake

    async def next_turn(self, conversation: Conversation, policy: Policy) -> Turn | None:
        """Begin the next turn; None when nothing waits any more."""
        while entries := await self._settled(conversation, policy.settle_seconds):
            other = _first_other(entries)
            if other is None:
                return await self._begin(conversation, entries)
            if turn := await self._dispose(conversation, other, entries):
                return turn
        return None

    async def _settled(self, conversation: Conversation, window: float) -> Sequence[Entry]:
        """What waits, once `window` seconds have passed without anything new."""
        while entries := await self._store.inbox.waiting(conversation.key):
            quiet_for = (self._clock.now() - entries[-1].received_at).total_seconds()
            if not 0 <= quiet_for < window or len(entries) >= BATCH:  # less than 0: the clock was set back
                return entries
            await self._clock.sleep(window - quiet_for)
        return []

    async def _begin(self, conversation: Conversation, entries: Sequence[Entry]) -> Turn:
        batch = _first_batch(entries)
        newest = _message(batch[-1])
        if newest.command == "again" and (turn := await self._again(conversation, batch[-1], newest)):
            return turn
        wrong = await misheard(self._store.history, conversation, [_message(each) for each in batch])
        return await self._store.turns.begin(conversation, _post(conversation, newest), batch, wrong)

    async def _again(self, conversation: Conversation, entry: Entry, message: Message) -> Turn | None:
        """A button under an answer rewrites it in place; the typed command answers below."""
        old = await self._store.history.answered(conversation.key, post_id=message.reply_to)
        if old is None or not old.messages:
            return None
        post = _post(conversation, message)
        turn = await self._store.turns.redo(old, post, entry, in_place=bool(message.reply_to))
        return replace(turn, redone=True)

    async def _dispose(
        self, conversation: Conversation, entry: Entry, waiting: Sequence[Entry]
    ) -> Turn | None:
        """Deal with an event that is not a message; an edited question may begin a turn."""
        match entry.event:
            case Relay() as relay:
                return await self._relayed(conversation, entry, relay, waiting)
            case Edit(message=message):
                return await self._edited(conversation, entry, message, waiting)
            case Deletion(message_id=message_id):
                await self._deleted(conversation, entry, message_id, waiting)
            case Rating():
                await self._rated(conversation, entry, entry.event)
            case Departure():
                await self._departed(conversation, entry, entry.event, waiting)
            case _:
                await self._store.inbox.close(
                    conversation.key, [entry.id], EntryState.DROPPED, "nothing was running"
                )
        return None

    async def _edited(
        self, conversation: Conversation, entry: Entry, message: Message, waiting: Sequence[Entry]
    ) -> Turn | None:
        if original := _find(waiting, message.id):
            await self._store.inbox.rewrite(original.id, message)
            await self._store.inbox.close(
                conversation.key, [entry.id], EntryState.DONE, "edited before its turn"
            )
            return None
        is_passed_on = await self._mirrored(entry, conversation, message.id, message)
        old = await self._store.history.answered(conversation.key, message_id=message.id)
        if is_passed_on:
            if old is not None:
                await self._reworded(old, message)
            return None
        if old is None:  # the edit is what addressed us: then it is a question like any other
            await self._store.inbox.rewrite(entry.id, message)
            return None
        if any(kept.id == message.id and kept.text == message.text for kept in old.messages):
            await self._store.inbox.close(
                conversation.key, [entry.id], EntryState.DROPPED, "the words are the same"
            )
            return None
        post = _post(conversation, message)
        return await self._store.turns.redo(old, post, entry, in_place=True, edited=message)

    async def _reworded(self, old: Turn, message: Message) -> None:
        """What is passed on is not answered anew, but remembered as it is now."""
        messages = tuple(message if each.id == message.id else each for each in old.messages)
        await self._store.turns.reword(old, message, kept_question_of(replace(old, messages=messages)))

    async def _deleted(
        self, conversation: Conversation, entry: Entry, message_id: str, waiting: Sequence[Entry]
    ) -> None:
        doomed = [each.id for each in waiting if _concerns(each, message_id)]
        await self._mirrored(entry, conversation, message_id, None)
        await self._store.inbox.close(conversation.key, [entry.id, *doomed], EntryState.DROPPED, "deleted")
        await self._store.people.forget(conversation.key, message_id)

    async def _mirrored(
        self, entry: Entry, conversation: Conversation, message_id: str, edited: Message | None
    ) -> bool:
        """Whether a change is the help desk's business: then it is passed on, and done with."""
        if self._switchboard is None:
            return False
        relays = await self._switchboard.mirror(entry, conversation, message_id, edited)
        if relays is None:
            return False
        await self._store.inbox.close(conversation.key, [entry.id], EntryState.DONE, "passed on", relays)
        for arrival in relays:
            self._wake(arrival.event.conversation)
        return True

    async def _relayed(
        self, conversation: Conversation, entry: Entry, relay: Relay, waiting: Sequence[Entry]
    ) -> Turn | None:
        """Say what was said elsewhere; or change, or take back, what was said here for the same source."""
        post = Post(
            id=uuid.uuid4().hex,
            turn_id=uuid.uuid4().hex,
            conversation=conversation,
            anchor=relay.answers,
            recipient=relay.to,
            quiet=True,
        )
        if relay.kind == "message":
            return await self._store.turns.begin(conversation, post, [entry])
        if original := _find_relay(waiting, relay.source):
            await self._store.inbox.rewrite(original.id, _applied(relay))
            await self._store.inbox.close(
                conversation.key, [entry.id], EntryState.DONE, "changed before it was said"
            )
            return None
        old = await self._store.history.answered(conversation.key, message_id=relay.source)
        if old is None:
            await self._store.inbox.close(
                conversation.key, [entry.id], EntryState.DROPPED, "nothing was said here for it"
            )
            return None
        return await self._store.turns.redo(old, post, entry, in_place=True, edited=_applied(relay))

    async def _departed(
        self, conversation: Conversation, entry: Entry, departure: Departure, waiting: Sequence[Entry]
    ) -> None:
        """Nothing that was asked before is answered any more."""
        asked = [each.id for each in waiting if each.id < entry.id and _is_asked_by(each, departure.person)]
        await self._store.inbox.close(
            conversation.key, [entry.id, *asked], EntryState.DROPPED, departure.reason
        )

    async def _rated(self, conversation: Conversation, entry: Entry, rating: Rating) -> None:
        turn_id = rating.turn_id
        if not turn_id:
            turn = await self._store.history.answered(rating.conversation.key, post_id=rating.post_id)
            turn_id = turn.id if turn else ""
        asked: Sequence[Arrival] = ()
        if turn_id:
            await self._store.people.rate(rating, turn_id)
            tally.rated(rating.conversation.platform, rating.verdict)
            asked = await self._inquiry.after(rating, turn_id) if self._inquiry else ()
        await self._store.inbox.close(
            conversation.key, [entry.id], EntryState.DONE, "" if turn_id else "no such answer", asked
        )


def _first_batch(entries: Sequence[Entry]) -> list[Entry]:
    """A command stands alone; other messages are answered together."""
    if _is_command(entries[0]):
        return [entries[0]]
    return list(takewhile(lambda entry: _is_message(entry) and not _is_command(entry), entries[:BATCH]))


def _first_other(entries: Sequence[Entry]) -> Entry | None:
    """The first event that is not a message; a Stop waits for the turn of the messages before it."""
    for position, entry in enumerate(entries):
        if not isinstance(entry.event, Message):
            return None if position and isinstance(entry.event, Stop) else entry
    return None


def _is_asked_by(entry: Entry, person: Person | None) -> bool:
    return isinstance(entry.event, Message) and (person is None or entry.event.sender.key == person.key)


def _message(entry: Entry) -> Message:
    if not isinstance(entry.event, Message):
        raise TypeError(f"entry {entry.id} is not a message")
    return entry.event


def _is_message(entry: Entry) -> bool:
    return isinstance(entry.event, Message)


def _is_command(entry: Entry) -> bool:
    return isinstance(entry.event, Message) and bool(entry.event.command)


def _find_relay(entries: Sequence[Entry], source: str) -> Entry | None:
    """What waits to be said for the same source."""
    for entry in entries:
        match entry.event:
            case Relay(kind="message", source=found) if found == source:
                return entry
    return None


def _applied(change: Relay) -> Relay:
    """What is to stand once a relay has been changed; for one taken back, nothing."""
    return replace(change, kind="message" if change.kind == "edit" else "deletion")


def _find(entries: Sequence[Entry], message_id: str) -> Entry | None:
    return next(
        (entry for entry in entries if isinstance(entry.event, Message) and entry.event.id == message_id),
        None,
    )


def _concerns(entry: Entry, message_id: str) -> bool:
    event = entry.event.message if isinstance(entry.event, Edit) else entry.event
    return isinstance(event, Message) and event.id == message_id


def _post(conversation: Conversation, message: Message) -> Post:
    return Post(
        id=uuid.uuid4().hex,
        turn_id=uuid.uuid4().hex,
        conversation=conversation,
        # where the place has moved since, its id names another message now
        anchor=message.id if message.conversation.key == conversation.key else "",
        recipient=message.sender,
        quiet=bool(message.command) and message.command != "again",
    )
