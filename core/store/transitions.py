"""Which state may follow which, and when: the whole life of an event, a turn and a post.

`docs/delivery.md` shows these tables, and the tests' databases refuse every step that is not in them.
"""

from collections.abc import Mapping
from enum import StrEnum

from core.store.records import EntryState, PostState, TicketState, TurnState

Transitions = Mapping[tuple[StrEnum, StrEnum], str]
"""From a state and the next one to the reason."""

ENTRIES: Transitions = {
    (EntryState.WAITING, EntryState.ADOPTED): "a turn answers it",
    (EntryState.WAITING, EntryState.DONE): "a rating, a Stop or an edit was carried out, or passed on",
    (EntryState.WAITING, EntryState.DROPPED): "it was deleted, or nobody is left to answer, or nothing ran",
    (EntryState.ADOPTED, EntryState.DONE): "its turn was answered, or stopped by a person",
    (EntryState.ADOPTED, EntryState.FAILED): "its turn failed or was refused, and the person was told",
    (EntryState.ADOPTED, EntryState.DROPPED): "its turn was withdrawn",
    (EntryState.DONE, EntryState.ADOPTED): "it is answered anew, after an edit or on request",
    (EntryState.FAILED, EntryState.ADOPTED): "it is answered anew, after an edit or on request",
}
TURNS: Transitions = {
    (TurnState.RUNNING, TurnState.ANSWERED): "the answer is written down",
    (TurnState.RUNNING, TurnState.STOPPED): "a person pressed Stop: what was written stands",
    (TurnState.RUNNING, TurnState.FAILED): "it went wrong, or was refused: an honest word is written down",
    (TurnState.RUNNING, TurnState.WITHDRAWN): "its question was deleted, nobody is left, or no budget is",
    (TurnState.RUNNING, TurnState.HANDED_BACK): "its process stops and the time it had is over",
    (TurnState.HANDED_BACK, TurnState.RUNNING): "the next process takes it up",
    (TurnState.ANSWERED, TurnState.SUPERSEDED): "its question is answered anew",
    (TurnState.STOPPED, TurnState.SUPERSEDED): "its question is answered anew",
    (TurnState.FAILED, TurnState.SUPERSEDED): "its question is answered anew",
}
POSTS: Transitions = {
    (PostState.PENDING, PostState.PLACING): "the call that puts it up begins",
    (PostState.PENDING, PostState.PLACED): "an earlier process had put it up: it was found",
    (PostState.PENDING, PostState.FAILED): "the place is out of reach",
    (PostState.PENDING, PostState.WITHDRAWN): "its answer is gone or shorter now",
    (PostState.PLACING, PostState.PLACED): "the platform gave it an id",
    (PostState.PLACING, PostState.UNKNOWN): "the platform did not say whether it took it",
    (PostState.PLACING, PostState.FAILED): "the platform refused it for good",
    (PostState.PLACING, PostState.WITHDRAWN): "its answer is gone, and it has no id",
    (PostState.UNKNOWN, PostState.PLACING): "it was looked for and not found: it is put up",
    (PostState.UNKNOWN, PostState.PLACED): "it was found",
    (PostState.UNKNOWN, PostState.FAILED): "the platform refused it for good",
    (PostState.UNKNOWN, PostState.WITHDRAWN): "its answer is gone, and it has no id",
    (PostState.PLACING, PostState.PENDING): "the chat moved: it goes up anew there",
    (PostState.UNKNOWN, PostState.PENDING): "the chat moved: it goes up anew there",
    (PostState.PLACED, PostState.PENDING): "the chat moved: it goes up anew there",
    (PostState.PLACED, PostState.PLACING): "somebody took it away: it goes up anew",
    (PostState.PLACED, PostState.SENT): "it shows exactly what it should",
    (PostState.PLACED, PostState.FAILED): "the platform refused it for good",
    (PostState.PLACED, PostState.WITHDRAWING): "its answer is gone or shorter now",
    (PostState.SENT, PostState.PLACED): "it takes over a new answer to the same question, or its buttons go",
    (PostState.SENT, PostState.WITHDRAWING): "its answer is gone or shorter now",
    (PostState.WITHDRAWING, PostState.WITHDRAWN): "it is taken away",
    (PostState.WITHDRAWING, PostState.FAILED): "the platform refused to take it away",
    (PostState.FAILED, PostState.PLACED): "an operator sends it anew: it stands there already",
    (PostState.FAILED, PostState.UNKNOWN): "an operator sends it anew: it is looked for first",
    (PostState.FAILED, PostState.WITHDRAWN): "an operator gave it up, or its answer is gone",
    (PostState.FAILED, PostState.WITHDRAWING): "its answer is gone or shorter now",
}
TICKETS: Transitions = {
    (TicketState.OPEN, TicketState.ASSIGNED): "an agent takes it, or writes to the customer",
    (TicketState.OPEN, TicketState.SNOOZED): "an agent puts it off",
    (TicketState.OPEN, TicketState.RESOLVED): "an agent closes it",
    (TicketState.OPEN, TicketState.RETURNED): "an agent hands the conversation back to the assistant",
    (TicketState.ASSIGNED, TicketState.OPEN): "its agent releases it",
    (TicketState.ASSIGNED, TicketState.SNOOZED): "an agent puts it off",
    (TicketState.ASSIGNED, TicketState.RESOLVED): "an agent closes it",
    (TicketState.ASSIGNED, TicketState.RETURNED): "an agent hands the conversation back to the assistant",
    (TicketState.SNOOZED, TicketState.OPEN): "its time has come, or the customer writes",
    (TicketState.SNOOZED, TicketState.ASSIGNED): "an agent takes it, or writes to the customer",
    (TicketState.SNOOZED, TicketState.RESOLVED): "an agent closes it",
    (TicketState.SNOOZED, TicketState.RETURNED): "an agent hands the conversation back to the assistant",
    (TicketState.RESOLVED, TicketState.OPEN): "the customer needs people again, soon after",
    (TicketState.RESOLVED, TicketState.ASSIGNED): "an agent takes it up again",
    (TicketState.RETURNED, TicketState.OPEN): "the customer needs people again, soon after",
    (TicketState.RETURNED, TicketState.ASSIGNED): "an agent takes it up again",
}
