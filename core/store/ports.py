"""What a store can do, in small protocols. Every writing method returns only after its commit."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from core.message import (
    Arrival,
    Choice,
    Citation,
    Conversation,
    Message,
    Platform,
    Post,
    Press,
    Rating,
    Relay,
)
from core.ports import Cabinet, Leases
from core.privacy.audit import Audit
from core.store.records import (
    Answered,
    ArchivedTurn,
    Consent,
    Contact,
    Day,
    DeadLetter,
    Delivery,
    Draft,
    Entry,
    EntryState,
    Erasure,
    FlowRun,
    Gap,
    Holdings,
    Item,
    Judged,
    Knowledge,
    Lesson,
    Outcome,
    PostState,
    Queue,
    Review,
    Served,
    Signal,
    Standing,
    Talk,
    Ticket,
    Transcript,
    Turn,
    TurnRecord,
    WorkLeft,
)
from core.store.sealing import Sealer


class Inbox(Protocol):
    """What arrived. A key is taken once, for ever."""

    async def accept(self, arrival: Arrival) -> bool:
        """Write the event down; False when its key is there already."""

    async def knows(self, conversation: str) -> bool:
        """Whether anybody has addressed the assistant in this conversation."""

    async def waiting(self, conversation: str, *, after: int = 0) -> Sequence[Entry]:
        """Events no turn has taken up, in order of arrival; those that came after entry `after`.

        What nobody can read any more, as its keys are gone, is dropped.
        """

    async def rewrite(self, entry_id: int, event: Message | Relay) -> None:
        """Put an edited message in the place of the waiting one."""

    async def close(
        self,
        conversation: str,
        entry_ids: Sequence[int],
        state: EntryState,
        reason: str,
        relays: Sequence[Arrival] = (),
    ) -> None:
        """Nothing more is to be done about these of a conversation; `relays` is written down in the same
        transaction."""

    async def where(self, key: str) -> Conversation | None:
        """The conversation of the event with this key; None where there is none."""


class Turns(Protocol):
    """Passes through the core. Each call checks that this process still holds the conversation's lease.

    Raises:
        LeaseLost: another process has taken the conversation over; nothing was written.
    """

    async def begin(
        self,
        conversation: Conversation,
        post: Post,
        entries: Sequence[Entry],
        instead_of: Turn | None = None,
    ) -> Turn:
        """Start the turn `post.turn_id`: adopt the entries (messages, or one relay) and enter the post.

        Args:
            instead_of: a finished turn that counts no longer; its messages are answered along with the
                entries, as they stand in it.
        """

    async def redo(
        self,
        old: Turn,
        post: Post,
        entry: Entry,
        *,
        in_place: bool,
        edited: Message | Relay | None = None,
    ) -> Turn:
        """Answer a finished turn's messages anew, as turn `post.turn_id`; close the entry that asked for it.

        In place, the new answer takes over the old one's posts; else it gets `post`. `edited` takes the
        place of the message with its id, or of the relay with its source.
        """

    async def adopt(self, turn: Turn, entries: Sequence[Entry]) -> Turn:
        """Take more messages into a running turn."""

    async def resume(self, conversation: str) -> Turn | None:
        """Take up again what a dead or stopped process left unfinished, as one more attempt."""

    async def count_attempt(self, turn: Turn) -> None:
        """Remember which attempt this is: from now on the turn may be what kills the process."""

    async def finish(self, turn: Turn, outcome: Outcome, posts: Sequence[Post]) -> None:
        """Record the outcome, close the turn's entries and the Stop that ended it, give each post its part,
        and write down its ticket, its draft and its relays, in one transaction.

        Posts of the turn that are not among `posts` are to be withdrawn. Buttons under earlier answers to the
        same person are to be taken away, that which the turn answers marked as chosen.

        Raises:
            Outdated: the ticket is another by now, or the draft not offered any more; nothing was written.
        """

    async def hand_back(self, turn: Turn, reason: str) -> None:
        """Leave the turn for the next process."""

    async def reopen(self, turn: Turn, message: Message) -> Turn:
        """One of the turn's messages was edited: the turn will answer the new wording."""

    async def reword(self, turn: Turn, message: Message, question: str) -> None:
        """One of a finished turn's messages was edited, and nobody answers it anew.

        Args:
            question: all that its messages say now, for the transcript, if it is part of it.
        """


class History(Protocol):
    """What was answered, and what of it the context may use."""

    async def transcript(self, conversation: str, limit: int) -> Transcript:
        """The newest `limit` exchanges since the conversation last began afresh."""

    async def summarise(self, conversation: str, summary: str, until: int) -> None:
        """Keep a summary of everything up to exchange `until`."""

    async def pseudonyms(
        self, conversation: Conversation, named: Sequence[tuple[str, str]]
    ) -> Mapping[str, str]:
        """The pseudonym of each text there, "<PERSON_1>"; new ones are written down.

        Args:
            named: kinds, as pseudonyms spell them, and texts.
        """

    async def names(self, conversation: str) -> Mapping[str, str]:
        """What the pseudonyms of a conversation stand for."""

    async def begin_afresh(self, conversation: str) -> None:
        """Nothing said so far belongs to the context any more."""

    async def answered(
        self, conversation: str, message_id: str = "", post_id: str = "", turn_id: str = ""
    ) -> Turn | None:
        """The finished turn that answered a message, that a post shows, or of this id; else the newest."""

    async def recent(self, conversation: str, limit: int) -> Sequence[Sequence[Message]]:
        """What the newest `limit` turns of the transcript answered, of the newest turn first."""

    async def asked_back(self, conversation: str) -> Turn | None:
        """The newest turn, where the assistant asked in it what was said in a recording."""

    async def model_of(self, turn_id: str) -> str:
        """The model that wrote an answer, NAME@VERSION; empty where none did, or there is no such answer."""

    async def answered_by(self, models: Sequence[str], since: datetime) -> Sequence[Answered]:
        """How the answers of these models turned out that were begun from `since` on, in that order."""

    async def record(self, conversation: str, post_id: str = "", turn_id: str = "") -> TurnRecord | None:
        """Everything kept of a turn, finished or not.

        Args:
            post_id: the platform's id of a post that shows it, or
            turn_id: the turn's own.
        """


class People(Protocol):
    """What is kept of a person, and what they asked to be forgotten."""

    async def rate(self, rating: Rating, turn_id: str) -> None:
        """Keep a judgement of an answer; "none" takes it back."""

    async def knowledge(self, person: str) -> Knowledge:
        """Figures of what is kept about a person."""

    async def forget(self, conversation: str, message_id: str) -> None:
        """Wipe a deleted message's words from the inbox and from the turn that answered it."""

    async def seal_anew(self) -> int:
        """Seal some of what is in clear, or can be read without the keys of those who wrote it among others.

        Returns:
            How many rows that were; 0 once all is sealed.
        """


class Subjects(Protocol):
    """What is kept of one person: to tell them, to hand it out, and to erase it."""

    async def holdings(self, person: str) -> Holdings:
        """Where something is kept of them."""

    async def records(self, holdings: Holdings) -> Mapping[str, Sequence[Mapping[str, object]]]:
        """All of it in clear, by table, oldest first; what other people wrote is left out."""

    async def fields(self) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
        """Tables that `records` gives, each with its columns and their types (TEXT, INTEGER, REAL, BLOB)."""

    async def is_busy(self, holdings: Holdings) -> bool:
        """Whether something is left to do in the conversations that are to go."""

    async def destroy_keys(self, holdings: Holdings) -> int:
        """Make the person's own conversations unreadable, and what they wrote among others, in backups too.

        Returns:
            How many keys are gone.
        """

    async def wipe(self, holdings: Holdings) -> int:
        """Erase, a few rows at a time; the caller holds the leases. Returns how many rows that were.

        What was begun and broken off is finished by doing it again.
        """

    async def leftovers(self, holdings: Holdings) -> int:
        """Delete what arrived while the keys were destroyed, and nobody can read; returns how many rows."""

    async def clear_log(self) -> None:
        """Let nothing of what was erased stand in the database's log.

        Raises:
            StoreError: somebody else reads all the time.
        """

    async def ask(self, person: str, asked_by: str) -> None:
        """A person is to be erased; asking again is asking once."""

    async def asked(self) -> Sequence[Erasure]:
        """Those who are to be erased, and are not yet, in order."""

    async def conclude(self, erasure: Erasure, proof: str, affected: Mapping[str, object]) -> None:
        """Somebody is erased: from now on nothing but `proof` says who.

        Args:
            proof: keyed hash of the person.
            affected: counts, and what else holds nothing of them any more.
        """

    async def proved(self, proof: str) -> Sequence[Mapping[str, object]]:
        """When somebody was erased, and what was affected."""

    async def proofs(self) -> Sequence[str]:
        """Of everybody who was erased."""

    async def people(self) -> Sequence[str]:
        """Keys of everybody of whom something is kept."""

    async def remember(self, consent: Consent) -> None:
        """Note whether a person wants older messages to be remembered; summaries go where they do not."""

    async def is_remembered(self, person: str) -> bool | None:
        """What they want; None where they never said."""

    async def may_remember(self, conversation: str) -> bool:
        """Whether everybody who was answered in a conversation wants that."""

    async def prefer_voice(self, consent: Consent) -> None:
        """Note whether a person wants answers to be read aloud."""

    async def prefers_voice(self, person: str) -> bool:
        """Whether they do."""


Kind = Literal["messages", "originals", "prompts"]
"""What is kept for a period of its own: what was said with all that belongs to it, the platforms' JSON, and
what the model read."""


class Retention(Protocol):
    """What is too old to be kept any longer."""

    async def places(self) -> Sequence[Conversation]:
        """Every conversation there is."""

    async def count(self, kind: Kind, places: Sequence[str], before: datetime) -> Mapping[str, int]:
        """How many rows of conversations, by their keys, are older than `before`; by table."""

    async def expire(self, kind: Kind, places: Sequence[str], before: datetime) -> Mapping[str, int]:
        """Delete or empty these, a few at a time; what is still to be done stays."""

    async def newest(self) -> datetime | None:
        """When the newest of all that is kept for a time was written; None where there is nothing."""

    async def settle_clock(self, latest: datetime) -> int:
        """What is dated later counts as written now: the clock was wrong. Returns how many rows that were."""


class Lessons(Protocol):
    """What can be learnt from people's judgements, and from whom it may."""

    async def standing(self, turn_id: str, person: str) -> Standing:
        """How an answer and one who judged it stand."""

    async def explain(self, press_turn: str, person: str, reason: str) -> bool:
        """Note why an answer is bad; False where the person's judgement of it stands no more.

        Args:
            press_turn: the turn that asked why.
        """

    async def consent(self, person: str) -> Consent | None:
        """The person's newest decision."""

    async def decide(self, consent: Consent) -> None:
        """Keep a decision; earlier ones stay on record."""

    async def withdrawn(self) -> Sequence[str]:
        """Keys of those whose newest decision is no."""

    async def unlearn(self, person: str, at: datetime) -> None:
        """Note that somebody was erased from whom was learnt.

        Args:
            person: what they are called in datasets, a hash.
        """

    async def unlearnt(self) -> Sequence[str]:
        """All who were."""

    async def signal(self, turn_id: str, signal: Signal) -> None:
        """Note what people did about an answer; the same twice is one."""

    async def judged(self) -> Sequence[Lesson]:
        """Answers that were judged, stopped, reviewed or signalled about, and that may be learnt from, oldest
        first."""

    async def waiting(self, limit: int, *, skip: int = 0) -> Sequence[Lesson]:
        """Of these, `limit` that nobody reviewed, those that somebody found bad first, oldest first."""

    async def reviewed(self, limit: int, *, skip: int = 0) -> Sequence[Lesson]:
        """Of these, `limit` that somebody reviewed, the newest reviews first."""

    async def lesson(self, turn_id: str) -> Lesson | None:
        """One of these, or of what agents made of suggested answers; None where it may not be learnt from."""

    async def queue(self) -> Queue:
        """How far the reviewing is."""

    async def withheld(self) -> int:
        """How many others there are, which may not."""

    async def review(self, review: Review) -> bool:
        """Keep a judgement in place of an earlier one; False where there is no such answer."""


class Gaps(Protocol):
    """Questions that the documents did not answer, for a limited time."""

    async def note(self, turn_id: str, topic: str, reason: str, example: str) -> None:
        """Keep one, in the place of an earlier one of the same turn; those that are too old are dropped.

        Args:
            topic: fit for metrics.
            reason: as in `Gap`.
            example: the question, redacted.
        """

    async def since(self, begin: datetime) -> Sequence[Gap]:
        """Those asked from `begin` on, oldest first."""


class Flows(Protocol):
    """Where people stand in flows; written down by `Turns.finish`, with the outcome of the turn."""

    async def running(self, conversation: str, person: str) -> FlowRun | None:
        """The person's newest flow there, with the text of each version it needs."""


class Spending(Protocol):
    """Tokens that were read and written today, as UTC has it; `Turns.finish` counts those of turns.

    Whose they are is a person's key, or `key:NAME` of `/v1`. Only today's are kept.
    """

    async def today(self, whose: Sequence[str]) -> Mapping[str, int]:
        """How many, for each of these."""

    async def charge(self, charges: Mapping[str, int]) -> None:
        """Count more of them."""


class Outbox(Protocol):
    """Posts on their way out."""

    async def choice(self, conversation: str, press: Press) -> Choice | None:
        """The choice that a pressed button stands for; None where it is not open any more."""

    async def citation(self, passage: int, place: Conversation) -> tuple[str, Citation] | None:
        """How an answer in the channel of `place` cited a passage last, and the key of its conversation.

        Args:
            passage: its id.
        """

    async def undelivered(self, conversation: str) -> Sequence[Delivery]:
        """Posts that have a body and do not yet show it, in order.

        What nobody can read any more, as its keys are gone, is to be taken back.
        """

    async def mark(self, post: Post, state: PostState, *, reason: str = "", platform_id: str = "") -> None:
        """Record one step of a post; `platform_id` is kept once given.

        Raises:
            LeaseLost: another process sends this conversation's posts now; nothing was written.
        """

    async def dead_letters(self) -> Sequence[DeadLetter]:
        """Posts that were set aside, oldest first."""

    async def revive(self, post_id: str) -> bool:
        """Send a dead letter anew, from where it failed; False when there is no such letter."""

    async def discard(self, post_id: str) -> bool:
        """Give a dead letter up; False when there is no such letter."""

    async def move(self, conversation: Conversation, channel: str) -> Conversation:
        """The platform gave the channel another id: everything open and remembered moves along."""


class Tickets(Protocol):
    """Customers' conversations in the hands of people."""

    async def reserve(self) -> int:
        """A number that no ticket has or had."""

    async def of_customer(self, conversation: str) -> Ticket | None:
        """The newest ticket of a customer's conversation."""

    async def of_desk(self, conversation: str) -> Ticket | None:
        """The ticket about which agents speak in this conversation."""

    async def in_thread(self, place: Conversation) -> Ticket | None:
        """The ticket in the thread that the platform calls so."""

    async def change(self, ticket: Ticket, relays: Sequence[Arrival] = ()) -> None:
        """Write the ticket down, and what is to be said because of it, in one transaction.

        Raises:
            Outdated: it is another by now; nothing was written.
        """

    async def with_people(self) -> Sequence[Ticket]:
        """Those that people have now, oldest first."""

    async def since(self, begin: datetime) -> Sequence[Ticket]:
        """Those opened from `begin` on, oldest first."""

    async def muted_until(self, person: str) -> datetime | None:
        """Until when a person is not to be heard; None where that was never so."""

    async def numbered(self, number: int) -> Ticket | None:
        """The ticket with a number."""

    async def claim(self, press_turn: str) -> tuple[int, Conversation] | None:
        """Which ticket it was asked about, and who says that it is theirs; None where it was not asked so.

        Args:
            press_turn: the turn that asked.
        """

    async def join(self, number: int, customer: str) -> None:
        """A ticket's customer is the one of another conversation, too."""

    async def joined(self, customer: str) -> Sequence[int]:
        """Numbers of the tickets that are said to be the same customer's, in order."""

    async def contacts(self, begin: datetime) -> Sequence[Contact]:
        """Conversations of customers in which a turn began from `begin` on, each once a week."""

    async def verdicts(self, begin: datetime) -> Mapping[int, Sequence[str]]:
        """What customers said of their tickets from `begin` on, by the ticket's number."""


class Archive(Protocol):
    """What was done, for those who operate the service. What is passed on between people is no answer."""

    async def days(self, begin: datetime) -> Sequence[Day]:
        """Each day from `begin` on, on each platform that had an answer, by date."""

    async def judged(self, begin: datetime) -> Sequence[Judged]:
        """Each day from `begin` on, on which somebody judged an answer, by date."""

    async def served(self, begin: datetime) -> Sequence[Served]:
        """Who was answered from `begin` on, by kind of place and language; agents are left out."""

    async def talks(self, limit: int, *, before: int = 0, platform: str = "") -> Sequence[Talk]:
        """Conversations, those where something was done last first; agents' own are left out.

        Args:
            before: only those whose newest turn has a lower number; 0: all.
            platform: only those of this platform; empty: all.
        """

    async def turns(self, conversation: str, limit: int, *, before: int = 0) -> Sequence[ArchivedTurn]:
        """The last `limit` turns of a conversation with lower numbers than `before`, newest first."""


class Drafts(Protocol):
    """Answers that the assistant suggests to agents; `Turns.finish` notes what agents make of them."""

    async def offer(self, draft: Draft, relays: Sequence[Arrival]) -> None:
        """Keep a new one, and what is to be said because of it; an earlier one of the ticket is outdated."""

    async def offered(self, ticket: int) -> Draft | None:
        """The one that agents of this ticket may send now."""

    async def get(self, draft_id: str) -> Draft | None:
        """One by its id."""


class Feed(Protocol):
    """What stands in conversations that no platform keeps for us. Nothing is ever taken out, so that whoever
    saw all up to a number misses nothing by asking for what has a higher one."""

    async def put(self, conversation: str, item_id: str, body: str) -> int:
        """Write an item down, or its newer version; returns its number, the old one where nothing changed."""

    async def find(self, conversation: str, item_id: str) -> Item | None:
        """The newest version of one item."""

    async def since(self, conversation: str, seq: int, limit: int) -> Sequence[Item]:
        """The newest version of each item that changed after `seq`, by number; the last `limit` of them."""


class Work(Protocol):
    """Where something is left to do."""

    async def open_conversations(
        self, limit: int = 512, platform: Platform | None = None
    ) -> Sequence[Conversation]:
        """Conversations, of one platform where it is named, that have work left and that no process holds.

        The first of every channel before the second of any, and those that wait longest first.
        """

    async def count_open(self, platform: Platform | None = None) -> int:
        """How many those are, without limit."""

    async def open_within(self, place: Conversation) -> Sequence[Conversation]:
        """Conversations of a channel (of a tenant, where `place` names no channel) that have work left."""

    async def left(self) -> WorkLeft:
        """How much there is to do, whoever does it."""

    async def heard(self) -> Collection[str] | None:
        """Wait until other processes wrote down something to be done, where they tell; else for ever.

        Returns:
            The keys of its conversations; None where it may be any, as they could not be heard for a while.
        """

    async def beat(self) -> None:
        """Show that this process lives; leases of processes that do not are free to take."""

    async def retire(self) -> None:
        """This process stops: give every lease back."""


@dataclass(frozen=True, kw_only=True)
class Store:
    """Everything that is kept."""

    inbox: Inbox
    turns: Turns
    history: History
    archive: Archive
    people: People
    subjects: Subjects
    retention: Retention
    lessons: Lessons
    gaps: Gaps
    flows: Flows
    spending: Spending
    outbox: Outbox
    tickets: Tickets
    drafts: Drafts
    feed: Feed
    work: Work
    leases: Leases
    cabinet: Cabinet
    audit: Audit
    sealer: Sealer
    """For files, which are kept beside it."""
