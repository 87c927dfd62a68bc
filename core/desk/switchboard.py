"""Connects customers with agents: whose a turn is, what the other side hears, what becomes of the ticket."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from core.delivery.question import question_of
from core.delivery.responder import Answer
from core.desk import canned, cards, drafts, tickets, words
from core.desk.drafts import DraftBox
from core.desk.hours import is_open, opens_at
from core.desk.ports import Desk
from core.desk.relays import Said, card_of, change, key_of, note, say, source_of
from core.desk.waiting import LOOKED_BACK, forecast
from core.desk_policy import DeskSection
from core.errors import StoreError
from core.message import DESK_THREAD, Arrival, Conversation, Edit, Event, Message, Person
from core.ports import Clock
from core.store.ports import Store
from core.store.records import RELAY, WITH_PEOPLE, Draft, Entry, Ticket, TicketState, Turn
from core.translation import language, spoken

SNOOZE = timedelta(hours=4)
"""How long a ticket is put off."""
CARD_DUE = timedelta(minutes=15)
"""How long a card may be under way; Slack delivers what failed for about six minutes."""
_LOOKED_BACK = 8
"""Exchanges read for the card."""
_SILENT = Answer(text="", route=RELAY, quiet=True)


class HelpDesk:
    """Fills `core.delivery.switchboard.Switchboard`."""

    def __init__(self, *, store: Store, desk: Desk, section: DeskSection, clock: Clock) -> None:
        self._store = store
        self._desk = desk
        self._drafts = DraftBox(store)
        self._section = section
        self._clock = clock

    async def locate(self, event: Event) -> Event:
        place = event.conversation
        if not place.thread or (place.platform, place.channel) != (
            self._section.platform,
            self._section.channel,
        ):
            return event
        ticket = await self._store.tickets.in_thread(place)
        if ticket is None and not self._desk.has_titles and await self._may_be_unknown_yet():
            raise StoreError("A ticket's thread is not known yet: the event must come again.")
        return event if ticket is None else _moved(event, ticket.desk)

    async def _may_be_unknown_yet(self) -> bool:
        """Whether a card may stand whose id is still on its way to us, or is looked for after a crash.

        An answer below it would otherwise be taken for a talk among agents, and be lost. A thread that
        has a title is never found again: it is begun anew.
        """
        since = self._clock.now() - CARD_DUE
        return any(
            not each.thread and each.opened_at > since for each in await self._store.tickets.with_people()
        )

    async def connect(self, turn: Turn) -> Answer | None:
        if turn.conversation.is_desk:
            ticket = await self._store.tickets.of_desk(turn.conversation.key)
            return None if ticket is None else await self._at_desk(ticket, turn)
        if turn.messages[-1].command.startswith("desk:"):
            return _SILENT  # pressed where no such button stands
        if turn.redone or turn.messages[-1].command:
            return None
        ticket = await self._store.tickets.of_customer(turn.conversation.key)
        if ticket is None or ticket.state not in WITH_PEOPLE:
            return None
        said = [self._from_customer(ticket, message) for message in turn.messages]
        return self._changed(ticket, tickets.woken(ticket), replace(_SILENT, remembered=True), said)

    async def hand_over(self, turn: Turn, answer: Answer) -> Answer:
        before = await self._store.tickets.of_customer(turn.conversation.key)
        if before is not None and before.state in WITH_PEOPLE:
            return replace(_notice(words.already_with_people(before)), ticket=before)
        if before is not None and self._is_recent(before):
            ticket = tickets.reopened(before, answer.hand_off, self._clock.now())
        else:
            ticket = await self._new(turn, answer.hand_off)
        text = "\n\n".join(part for part in (answer.text, await self._prospect(ticket)) if part)
        told = replace(answer, text=text, quiet=answer.quiet or not answer.text)
        return self._changed(before, ticket, told, await self._said_before(ticket, turn))

    async def _prospect(self, ticket: Ticket) -> str:
        """What the customer may expect, honestly."""
        now, hours = self._clock.now(), self._section.hours
        if hours is not None and not is_open(hours, now):
            return words.closed_now(ticket, opens_at(hours, now))
        past = await self._store.tickets.since(now - LOOKED_BACK)
        return words.handed_over(ticket, forecast(past, hours))

    async def mirror(
        self, entry: Entry, conversation: Conversation, message_id: str, edited: Message | None
    ) -> Sequence[Arrival] | None:
        source = source_of(conversation, message_id)
        target = await self._store.inbox.where(key_of(source))
        if target is None:
            return await self._unsaid(conversation, edited)
        said = None
        if edited is not None and not _is_kept_inside(edited):
            at_desk = conversation.is_desk
            author = await self._desk.name(edited.sender) if at_desk else words.name_of(edited.sender)
            said = Said.of(edited, author)
        return [change(target, source, said, entry.id), *await self._misled(conversation)]

    async def _misled(self, conversation: Conversation) -> Sequence[Arrival]:
        """Takes back the suggestion that answers what a customer has changed."""
        ticket = await self._store.tickets.of_customer(conversation.key)
        draft = None if ticket is None else await self._store.drafts.offered(ticket.number)
        return [] if ticket is None or draft is None else [drafts.withdrawn(draft, ticket)]

    async def _unsaid(self, conversation: Conversation, edited: Message | None) -> Sequence[Arrival] | None:
        """What was not passed on is answered anew only while the assistant has the conversation."""
        if conversation.is_desk or edited is None:
            return None
        ticket = await self._store.tickets.of_customer(conversation.key)
        return [] if ticket is not None and ticket.state in WITH_PEOPLE else None

    def _from_customer(self, ticket: Ticket, message: Message) -> Arrival:
        return say(
            ticket.desk,
            source_of(message.conversation, message.id),
            Said.of(message, words.name_of(message.sender)),
        )

    def _filled(self, ticket: Ticket, message: Message, agent: str) -> Message:
        """With the reply that it names, if it names one."""
        values = {"name": ticket.person.name, "agent": agent, "ticket": str(ticket.number)}
        return replace(message, text=canned.filled(message.text, self._section.canned, values))

    async def _said_before(self, ticket: Ticket, turn: Turn) -> list[Arrival]:
        """What agents should know, as a post of its own below the card; with the customer's files."""
        transcript = await self._store.history.transcript(turn.conversation.key, _LOOKED_BACK)
        text = cards.last_said(transcript.exchanges, transcript.summary, question_of(turn))
        files = Said.of_all(turn.messages).files
        return [note(ticket.desk, f"before:{turn.id}", text, files=files)] if text or files else []

    async def _new(self, turn: Turn, reason: str) -> Ticket:
        lobby = await self._desk.lobby()
        number = await self._store.tickets.reserve()
        return Ticket(
            number=number,
            customer=turn.conversation,
            desk=replace(lobby, thread=f"{DESK_THREAD}{number}", direct=False),
            person=turn.messages[-1].sender,
            reason=tickets.Reason(reason),
            opened_at=self._clock.now(),
        )

    def _is_recent(self, ticket: Ticket) -> bool:
        days = timedelta(days=self._section.reopen_days)
        return ticket.resolved_at is not None and self._clock.now() - ticket.resolved_at < days

    async def _at_desk(self, ticket: Ticket, turn: Turn) -> Answer:
        newest = turn.messages[-1]
        for message in turn.messages:
            if not await self._desk.admits(message.sender):
                return replace(_notice(words.NOT_AN_AGENT), ticket=ticket)
        agent = replace(newest.sender, name=await self._desk.name(newest.sender))
        if newest.command in _STEPS:
            return await self._step(ticket, turn, agent)
        if newest.command == cards.SEND.name:
            return await self._send(ticket, newest, agent)
        if newest.command:
            return replace(_notice(words.DESK_HELP), ticket=ticket)
        return await self._to_customer(ticket, turn, agent)

    async def _to_customer(self, ticket: Ticket, turn: Turn, agent: Person) -> Answer:
        """What agents wrote, less what they keep among themselves."""
        public = [message for message in turn.messages if not _is_kept_inside(message)]
        if not public:
            return replace(_SILENT, ticket=ticket)
        try:
            now = tickets.answered(ticket, agent, self._clock.now())
        except tickets.NotPossible:
            return replace(_notice(words.closed(ticket)), ticket=ticket)
        name = await self._desk.name(agent)
        spoken = [self._filled(ticket, message, name) for message in public]
        said = [
            say(ticket.customer, source_of(each.conversation, each.id), Said.of(each, name))
            for each in spoken
        ]
        answer = self._changed(ticket, now, _SILENT, said)
        draft = await self._store.drafts.offered(ticket.number)
        if draft is None:
            return answer
        is_its_edit = await self._drafts.of_post(ticket, public[-1].reply_to) is not None
        return _closing(answer, drafts.replaced(draft, spoken, is_its_edit=is_its_edit), ticket)

    async def _send(self, ticket: Ticket, pressed: Message, agent: Person) -> Answer:
        """A suggested answer goes to the customer, as it is or as the agent has changed it."""
        draft = await self._drafts.of_post(ticket, pressed.reply_to)
        if draft is None:
            return replace(_notice(words.no_suggestion()), ticket=ticket)
        try:
            now = tickets.answered(ticket, agent, self._clock.now())
        except tickets.NotPossible:
            return replace(_notice(words.closed(ticket)), ticket=ticket)
        draft = drafts.sent(draft, pressed)
        told = Said(
            text=words.said(agent.name, draft.sent),
            citations=drafts.cited(draft, draft.sent),
            by_colleague=True,
        )
        shown = Said(text=words.suggestion_sent(agent, draft.sent))
        relays = [say(ticket.customer, draft.answer, told), change(ticket.desk, draft.id, shown, "sent")]
        return replace(self._changed(ticket, now, _SILENT, relays), draft=draft)

    async def _step(self, ticket: Ticket, turn: Turn, agent: Person) -> Answer:
        """A button was pressed."""
        newest = await self._store.tickets.of_customer(ticket.customer.key)
        if newest is not None and newest.number != ticket.number and newest.state in WITH_PEOPLE:
            return replace(_notice(words.elsewhere(newest)), ticket=ticket)
        try:
            now = _STEPS[turn.messages[-1].command](self, ticket, agent)
        except tickets.NotPossible:
            return replace(_notice(words.not_possible(ticket)), ticket=ticket)
        with spoken(now.person.language, language()):
            told = self._told(ticket, now, turn.id)
        answer = self._changed(ticket, now, _notice(words.stepped(now, agent)), told)
        draft = None if now.state in WITH_PEOPLE else await self._store.drafts.offered(ticket.number)
        return answer if draft is None else _closing(answer, drafts.outdated(draft), ticket)

    def _told(self, before: Ticket, now: Ticket, turn_id: str) -> list[Arrival]:
        """What the customer hears of a step: who is there now, and that it is over; nothing else."""
        place, source = now.customer, f"step:{turn_id}"
        match now.state:
            case TicketState.ASSIGNED if now.agent is not None and now.agent != before.agent:
                return [note(place, source, words.taken_by(now.agent.name))]
            case TicketState.RESOLVED:
                rating = cards.rating_source(now)
                return [note(place, rating, words.resolved(now), judged=True, begins_afresh=True)]
            case TicketState.RETURNED:
                return [note(place, cards.rating_source(now), words.returned(now), judged=True)]
        return []

    def _changed(
        self, before: Ticket | None, now: Ticket, answer: Answer, relays: Sequence[Arrival]
    ) -> Answer:
        """The answer, with the ticket as it is now and its card brought up to date, before all else."""
        card = [] if before == now else card_of(before, now, has_titles=self._desk.has_titles)
        return replace(answer, ticket=now, relays=(*card, *relays))

    def _snoozed(self, ticket: Ticket, agent: Person) -> Ticket:
        return tickets.snoozed(ticket, self._clock.now() + SNOOZE)

    def _resolved(self, ticket: Ticket, agent: Person) -> Ticket:
        return tickets.resolved(replace(ticket, agent=ticket.agent or agent), self._clock.now())

    def _returned(self, ticket: Ticket, agent: Person) -> Ticket:
        return tickets.returned(replace(ticket, agent=ticket.agent or agent), self._clock.now())


_STEPS: Mapping[str, Callable[[HelpDesk, Ticket, Person], Ticket]] = {
    cards.TAKE.name: lambda desk, ticket, agent: tickets.taken(ticket, agent),
    cards.RELEASE.name: lambda desk, ticket, agent: tickets.released(ticket),
    cards.SNOOZE.name: HelpDesk._snoozed,
    cards.RESOLVE.name: HelpDesk._resolved,
    cards.BACK.name: HelpDesk._returned,
}


def _notice(text: str) -> Answer:
    return Answer(text=text, route="desk", quiet=True)


def _closing(answer: Answer, draft: Draft, ticket: Ticket) -> Answer:
    """The answer; and what was suggested to agents is taken back."""
    return replace(answer, draft=draft, relays=(*answer.relays, drafts.withdrawn(draft, ticket)))


def _is_kept_inside(message: Message) -> bool:
    return message.conversation.is_desk and message.text.lstrip().startswith(words.KEPT_INSIDE)


def _moved(event: Event, place: Conversation) -> Event:
    if isinstance(event, Edit):
        return replace(event, message=replace(event.message, conversation=place))
    return replace(event, conversation=place)
