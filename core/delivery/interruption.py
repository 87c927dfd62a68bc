"""What may break into a running turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from core.delivery.agenda import BATCH
from core.message import Deletion, Departure, Edit, Message, Person, Relay, Stop
from core.policy import Policy
from core.store.records import Entry, Turn


class Kind(Enum):
    STOP = auto()
    """Keep what is written, write no more."""
    WITHDRAW = auto()
    """The question was deleted."""
    REWORD = auto()
    """The question was edited: answer the new wording."""
    REDUCE = auto()
    """One of several questions was deleted: answer the others."""
    MERGE = auto()
    """A new message came, and this channel wants it answered at once: answer all together."""
    ABANDON = auto()
    """Whoever waited for the answer left or has another one, or we can no longer give it."""


@dataclass(frozen=True)
class Interruption:
    """Why a turn must not go on as it is."""

    kind: Kind
    entry: Entry


def find_interruption(entries: Sequence[Entry], turn: Turn, policy: Policy) -> Interruption | None:
    """The first waiting event that concerns the running turn; everything else waits for the next one."""
    merges = policy.overlap == "interrupt" and not _is_command(turn.messages[-1])
    for entry in entries:
        if kind := _kind(entry, turn):
            return Interruption(kind, entry)
        if isinstance(entry.event, Message):
            merges = merges and not _is_command(entry.event) and len(turn.messages) < BATCH
            if merges:
                return Interruption(Kind.MERGE, entry)
    return None


def _kind(entry: Entry, turn: Turn) -> Kind | None:
    asked = {message.id for message in turn.messages}
    match entry.event:
        case Stop() | Message(command="stop"):
            return Kind.STOP
        case Deletion(message_id=message_id) if message_id in asked:
            return Kind.WITHDRAW if asked == {message_id} else Kind.REDUCE
        case Edit(message=message) if message.id in asked:
            return Kind.REWORD
        case Departure(person=person) if _is_left_by(turn, person):
            return Kind.ABANDON
        case Relay(heard=True, kind="message"):
            return Kind.ABANDON
    return None


def _is_left_by(turn: Turn, person: Person | None) -> bool:
    """Whether nobody waits for the answer any more once `person` has left; None: we have."""
    return person is None or all(message.sender.key == person.key for message in turn.messages)


def _is_command(message: Message) -> bool:
    return bool(message.command)
