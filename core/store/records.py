"""What the store hands out and takes in: states and rows, as frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from core.message import (
    Arrival,
    Citation,
    Conversation,
    Deletion,
    Departure,
    Edit,
    Message,
    Person,
    Post,
    Rating,
    Relay,
    Reply,
    Stop,
)
from core.privacy.audit import AuditEntry


class EntryState(StrEnum):
    """An inbox entry: waiting → adopted → done, failed or dropped."""

    WAITING = "waiting"
    """Committed; no turn has taken it up."""
    ADOPTED = "adopted"
    """A turn answers it."""
    DONE = "done"
    FAILED = "failed"
    """Its turn was set aside; the person was told."""
    DROPPED = "dropped"
    """Needs no answer; the reason says why."""


class TurnState(StrEnum):
    """A turn: running → answered, stopped, failed or withdrawn; handed back and taken up again in between."""

    RUNNING = "running"
    HANDED_BACK = "handed_back"
    """Its process shut down before it was done; the next one takes it up."""
    ANSWERED = "answered"
    STOPPED = "stopped"
    """A person stopped it; what was written until then stands."""
    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    """Its question was deleted."""
    SUPERSEDED = "superseded"
    """Answered anew, after an edit or on request."""


class PostState(StrEnum):
    """An outbox row: pending → placing → placed → sent; unknown, failed and withdrawn on the side."""

    PENDING = "pending"
    PLACING = "placing"
    """The call that puts it up has begun; after a crash it may or may not stand there."""
    PLACED = "placed"
    """It stands there under its platform id; from now on it is only edited."""
    UNKNOWN = "unknown"
    """The platform did not say whether it took it; looked for before anything else."""
    SENT = "sent"
    WITHDRAWING = "withdrawing"
    """Its answer is gone or shorter now; it is to be taken away."""
    FAILED = "failed"
    """The platform refused it for good; an operator may list, retry or discard it."""
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An event in the inbox."""

    id: int
    event: Message | Edit | Deletion | Stop | Rating | Departure | Relay
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A turn that has been taken up."""

    id: str
    conversation: Conversation
    attempt: int
    """1 for the first; more after crashes and hand-backs."""
    messages: tuple[Message, ...]
    posts: tuple[Post, ...]
    """What has been put up for it so far; the first is where its answer goes."""
    redone: bool = False
    """A person asked for another answer to the same question."""
    relay: Relay | None = None
    """What it passes on, where it answers nobody."""
    heard_at: datetime | None = None
    """When somebody last spoke in the assistant's place there, before this turn."""


class TicketState(StrEnum):
    """A ticket: open → assigned → resolved or returned; snoozed in between, re-opened afterwards."""

    OPEN = "open"
    """It waits for an agent."""
    ASSIGNED = "assigned"
    """An agent has the conversation."""
    SNOOZED = "snoozed"
    """It is looked at again later, or when the customer writes."""
    RESOLVED = "resolved"
    RETURNED = "returned"
    """The assistant has the conversation again."""


WITH_PEOPLE = frozenset({TicketState.OPEN, TicketState.ASSIGNED, TicketState.SNOOZED})
"""While a ticket is in one of these, the assistant is silent in the customer's conversation."""


@dataclass(frozen=True, kw_only=True)
class Ticket:
    """A customer's conversation in the hands of people."""

    number: int
    """What the customer can quote."""
    revision: int = 0
    """How often it was written down; 0: not yet."""
    customer: Conversation
    desk: Conversation
    """Where agents speak about it; its thread is a name of ours, which the platform does not know."""
    thread: str = ""
    """What the platform calls that thread; empty until its first post stands."""
    person: Person
    """The customer."""
    state: TicketState = TicketState.OPEN
    reason: str
    team: str = ""
    agent: Person | None = None
    """Who has it, or had it last."""
    tags: tuple[str, ...] = ()
    opened_at: datetime
    """When it was handed over, the last time."""
    first_response_at: datetime | None = None
    """When an agent first wrote to the customer after that."""
    resolved_at: datetime | None = None
    """When it was resolved or returned, the last time."""
    snoozed_until: datetime | None = None
    reopened: int = 0
    """How often it was opened again."""
    reminded: tuple[str, ...] = ()
    """Targets of which the agents were reminded since it was opened."""
    summary: str = ""
    """What was said before it was opened, as a model has put it; empty while there is none."""
    topics: tuple[str, ...] = ()
    """What the customer asked about last."""
    note: str = ""
    """What agents mean to do when it comes back."""
    muted_until: datetime | None = None
    """Until then the customer is not heard: their messages were spam."""


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What agents should know of a conversation."""

    summary: str
    """A few sentences; empty where there is no model for it now."""
    topics: tuple[str, ...]
    """What was asked about last, newest first."""


class DraftState(StrEnum):
    """A suggested answer: offered → sent, edited, replaced or outdated."""

    OFFERED = "offered"
    SENT = "sent"
    """As it was."""
    EDITED = "edited"
    """An agent changed it, and sent that."""
    REPLACED = "replaced"
    """An agent wrote words of their own instead."""
    OUTDATED = "outdated"
    """A newer one took its place, or the ticket ended."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the assistant suggests to agents as an answer; once they have answered, a lesson to learn from."""

    id: str
    """Also the source of the relay that shows it to agents."""
    ticket: int
    customer: str
    """Key of the customer's conversation."""
    turn: str
    """The turn that holds the question."""
    text: str
    """Markdown."""
    citations: tuple[Citation, ...] = ()
    model: str
    """Name and version; empty where the documents are quoted."""
    state: DraftState = DraftState.OFFERED
    sent: str = ""
    """What the customer was sent for it."""
    answer: str = ""
    """The source of the relay by which that was sent."""


@dataclass(frozen=True, kw_only=True)
class FlowRun:
    """One person in one flow, in one conversation; the newest only."""

    conversation: str
    person: str
    """Key of the person."""
    texts: dict[str, str]
    """By digest, the text of every version of a flow that it needs."""
    state: str
    """JSON; empty where the flow has ended."""
    before: str = ""
    """The state before the turn that it comes from: where that turn is answered anew, it begins there."""
    messages: tuple[str, ...] = ()
    """Ids of that turn's messages."""


@dataclass(frozen=True, kw_only=True)
class Contact:
    """A conversation in which somebody was answered or heard in a week."""

    conversation: str
    platform: str
    week: str
    """As 2026-W48."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a turn ended, and everything needed to explain it later."""

    state: TurnState
    reply: str
    """Markdown, whole."""
    parts: tuple[Reply, ...]
    """The reply cut into posts."""
    reason: str = ""
    route: str = ""
    quiet: bool = False
    """A notice rather than an answer: not part of the transcript, no feedback buttons."""
    remembered: bool = False
    """Part of the transcript, though a notice."""
    question: str = ""
    model: str = ""
    """Name and version."""
    prompt: str = ""
    """The rendered prompt, exactly as the model read it."""
    evidence: dict[str, object] = field(default_factory=dict)
    """Versions, usage, timings, passages; never text of a person."""
    flow: FlowRun | None = None
    """What becomes of the person's flow; None: it stays as it is."""
    stopped_by: int | None = None
    """Inbox entry of the Stop that ended it."""
    relays: tuple[Arrival, ...] = ()
    """What is to be said elsewhere because of it; written down with it."""
    ticket: Ticket | None = None
    """A ticket as it is now; that it was changed since it was read refuses the whole outcome."""
    draft: Draft | None = None
    """What became of a suggested answer; that it is not offered any more refuses the whole outcome."""
    begins_afresh: bool = False
    """Nothing said before belongs to the conversation's context any more."""
    audit: tuple[AuditEntry, ...] = ()
    """What is to be accounted for; written down with it."""
    charges: Mapping[str, int] = field(default_factory=dict)
    """Tokens that were read and written for it, by the keys of people whose tokens are limited."""


RELAY, COLLEAGUE, HEARD = "relay", "colleague", "heard"
"""Routes of what is passed on: to agents or by the desk itself; of what agents say to customers; and of what
was said here in the assistant's place."""
EXCHANGES = 40
"""Exchanges that are read from a transcript for a prompt at most."""
ASKS_BACK = "asks_back"
"""The route of an answer that asks what was said in a recording."""


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One question and its answer, from the transcript.

    While agents have a conversation, several messages may make one question, and several an answer.
    """

    seq: int
    turn_id: str
    question: str
    reply: str
    route: str = ""
    """How the answer came about."""


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """What the conversation remembers."""

    exchanges: tuple[Exchange, ...]
    """The newest ones, oldest first."""
    summary: str = ""
    """Of everything older."""
    summary_until: int = 0
    """`seq` of the last exchange that the summary covers."""


@dataclass(frozen=True, kw_only=True)
class TurnRecord:
    """Everything kept of a turn, for those who ask why an answer is as it is.

    What a person had forgotten is empty here.
    """

    id: str
    state: TurnState
    reason: str
    attempt: int
    route: str
    model: str
    prompt: str
    question: str
    reply: str
    evidence: dict[str, object]
    """As in `Outcome`."""
    arrived_at: datetime | None
    """When the first of its messages was committed."""
    began_at: datetime
    ended_at: datetime | None
    """When its outcome was committed; None while it runs."""
    sent_at: datetime | None
    """When the last of its posts showed its final text."""
    raw: tuple[str, ...]
    """The platform's own JSON of the messages it answers."""
    verdicts: tuple[str, ...]
    """How people judged it: "good" or "bad"."""


@dataclass(frozen=True, kw_only=True)
class Answered:
    """How an answer turned out."""

    model: str
    """NAME@VERSION."""
    good: bool
    """It was neither stopped nor judged bad, nor was another one asked for."""
    at: datetime
    """When it was whole."""


@dataclass(frozen=True, kw_only=True)
class Day:
    """The answers of one day on one platform, in figures."""

    date: date
    """Of UTC."""
    platform: str
    answers: int
    failed: int
    """Of these, those that became an apology."""
    seconds: tuple[float, ...]
    """From taking a question up to its whole answer: one figure an answer, in no order."""
    model_seconds: float
    """For which the model worked at them."""
    tokens: int
    """That the model wrote."""


@dataclass(frozen=True, kw_only=True)
class Served:
    """People who were answered in places of one kind, in figures."""

    platform: str
    direct: bool
    """Alone with the assistant."""
    language: str
    """ISO 639-1, as the platform reports it; empty where it does not."""
    people: int
    handed_over: int
    """Of these, those whom a human took over at least once."""
    judging: int
    """Of these, those who judged an answer."""
    satisfied: int
    """Of those, who found more answers good than bad."""


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What people thought of the answers of a day."""

    date: date
    """Of UTC, on which they judged."""
    good: int
    bad: int


@dataclass(frozen=True, kw_only=True)
class Talk:
    """A conversation in a list: never its text."""

    key: str
    turns: int
    newest: int
    """Number of its last turn; higher is later."""
    ended_at: datetime | None
    """When that was done; None while it runs."""


@dataclass(frozen=True, kw_only=True)
class ArchivedTurn:
    """A turn as those see it who operate the service."""

    number: int
    """Higher is later."""
    record: TurnRecord
    """Without prompt and raw messages."""
    reasons: tuple[str, ...]
    """Why people found it bad."""


@dataclass(frozen=True, kw_only=True)
class Delivery:
    """A post with what it is to say, ready to go out."""

    post: Post
    state: PostState
    reply: Reply
    """Empty when the post is to be withdrawn."""
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Item:
    """One message as it stands in a conversation of the web widget."""

    id: str
    position: int
    """Where it stands: the number of its first version."""
    seq: int
    """Number of its newest version; every change in the conversation has a higher one than those before."""
    body: str
    """JSON, as the adapter writes it."""


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """A post that could not be sent, as an operator sees it: never its text."""

    post_id: str
    turn_id: str
    conversation: str
    reason: str
    attempts: int
    created_at: datetime
    has_text: bool
    """False where its words were forgotten meanwhile: there is nothing to send any more."""


@dataclass(frozen=True, kw_only=True)
class Gap:
    """A question that the documents did not answer."""

    turn_id: str
    topic: str
    """A few words fit for metrics."""
    reason: str
    """"nothing found", "not sure" or "did not help"."""
    example: str
    """The question without names, numbers and addresses; empty where it was forgotten."""
    asked_at: datetime


class Purpose(StrEnum):
    """What people agree to, each by itself."""

    LEARNING = "learning"
    """That is learnt from what they write."""
    MEMORY = "memory"
    """That older messages are summarised."""
    VOICE = "voice"
    """That every answer is read aloud."""


@dataclass(frozen=True, kw_only=True)
class Consent:
    """What a person decided when they were asked, or said so by themselves."""

    person: str
    granted: bool
    wording: str
    """What they were asked or told, word for word."""
    conversation: str
    """Where they decided."""
    at: datetime
    purpose: Purpose = Purpose.LEARNING


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a judged answer and who judged it stand."""

    is_answer: bool
    """The assistant's own answer, still kept."""
    has_decided: bool = False
    """Whether the person was ever asked for consent, and answered."""


class Judgement(StrEnum):
    """What a reviewer makes of an answer."""

    KEEP = "keep"
    """Learn to answer so."""
    CORRECT = "correct"
    """Learn to answer otherwise."""
    DISCARD = "discard"


@dataclass(frozen=True, kw_only=True)
class Review:
    """A reviewer's judgement of an answer."""

    turn_id: str
    judgement: Judgement
    correction: str = ""
    """What the answer should have been."""
    reviewer: str
    at: datetime


class Signal(StrEnum):
    """What people did about an answer without judging it."""

    AGAIN = "again"
    """Another answer was asked for; this is it."""
    REASKED = "reasked"
    """The next question was the same in other words."""
    HANDED_OVER = "handed over"
    """People took over after it."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a person thinks of an answer."""

    person: str
    verdict: str
    """"good" or "bad"."""
    reason: str = ""
    """Why it is bad, where they said so: one of `core.delivery.inquiry.REASONS`."""


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """An answer from which can be learnt: everybody whose words are in it consents."""

    turn_id: str
    people: tuple[str, ...]
    """Keys of those who asked."""
    earlier: tuple[Exchange, ...]
    """What was said just before, oldest first, as far as its people consent, too."""
    question: str
    answer: str
    model: str
    """Name and version."""
    route: str
    answered_at: datetime
    verdicts: tuple[Verdict, ...]
    stopped: bool
    """A person stopped it."""
    signals: tuple[Signal, ...] = ()
    """What people did about it besides."""
    replaced: str = ""
    """The answer in whose place it was asked for; empty where it is the first."""
    review: Review | None
    overheard: tuple[str, ...] = ()
    """Keys of those who asked what was said just before."""

    @property
    def everybody(self) -> tuple[str, ...]:
        """Keys of all whose words are in it."""
        return (*self.people, *self.overheard)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """How far the reviewing of answers is."""

    waiting: int
    reviewed: int
    withheld: int
    """Answers that nobody is shown, as somebody in them does not consent."""


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """What is kept about a person."""

    messages: int
    conversations: int
    ratings: int
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class Holdings:
    """Where something is kept of a person."""

    person: str
    conversations: tuple[str, ...]
    """In which they and the assistant are alone."""
    own: tuple[str, ...]
    """These, and those in which agents speak about their tickets: they go as a whole."""
    shared: tuple[str, ...]
    """In which others write, too."""
    tickets: tuple[int, ...]
    turns: tuple[str, ...]
    """Turns of shared conversations that answer them."""
    rows: dict[str, int] = field(default_factory=dict)
    """How many, by table."""


@dataclass(frozen=True, kw_only=True)
class WorkLeft:
    """What is to be done, as somebody sees it who watches over it."""

    conversations: int
    """In which something waits, is being answered, or is on its way."""
    since: datetime | None
    """When the oldest of it came; None where nothing is left."""
    erasure_since: datetime | None
    """When the first person asked to be erased who is not yet."""


@dataclass(frozen=True, kw_only=True)
class Erasure:
    """That a person is to be erased."""

    id: str
    person: str
    asked_by: str
    """As in the audit trail: a login, or `core.privacy.audit.SELF`."""
    asked_at: datetime
