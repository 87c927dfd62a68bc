"""What agents do: their words go to the customer, their buttons and orders move the ticket."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from core.delivery.responder import Answer
from core.desk import canned, cards, drafts, orders, teams, tickets, words
from core.desk.charts import DAYS
from core.desk.deeds import deeds
from core.desk.door import Door
from core.desk.drafts import DraftBox
from core.desk.outcomes import SILENT, changed, notice
from core.desk.relays import Said, call, change, chart, note, say, source_of
from core.desk.report import report as figures
from core.desk.steps import step
from core.desk_policy import DeskSection
from core.message import Arrival, Message, Person
from core.ports import Clock
from core.store.ports import Store
from core.store.records import WITH_PEOPLE, Draft, Ticket, TicketState, Turn
from core.translation import spoken


class Agents:
    """Answers turns in a ticket's thread, in the desk's language."""

    def __init__(
        self, *, store: Store, door: Door, section: DeskSection, clock: Clock, language: str
    ) -> None:
        """`language`: what customers hear whose own is not known."""
        self._store = store
        self._door = door
        self._drafts = DraftBox(store)
        self._section = section
        self._clock = clock
        self._language = language

    async def answer(self, ticket: Ticket, turn: Turn) -> Answer:
        """What becomes of an agent's turn.

        Raises:
            RateLimited, Unreachable: the desk's platform cannot be asked now.
            StoreError: the database refused.
        """
        newest = turn.messages[-1]
        with spoken(self._door.language):
            for message in turn.messages:
                if not await self._door.admits(message.sender):
                    return notice(words.not_an_agent(), ticket)
            agent = replace(newest.sender, name=await self._door.name(newest.sender))
            answer = await self._answered(ticket, turn, agent)
            return replace(answer, audit=deeds(ticket, answer.ticket, agent))

    async def _answered(self, ticket: Ticket, turn: Turn, agent: Person) -> Answer:
        newest = turn.messages[-1]
        if newest.command == cards.SEND:
            return await self._send(ticket, newest, agent)
        if newest.command:
            return await self._step(ticket, turn, agent)
        return await self._written(ticket, turn, agent)

    async def _written(self, ticket: Ticket, turn: Turn, agent: Person) -> Answer:
        """What agents wrote: orders first, then what the customer is to read."""
        inside = [message for message in turn.messages if words.is_kept_inside(message)]
        public = [message for message in turn.messages if not words.is_kept_inside(message)]
        asked = [order for message in inside if (order := orders.read(message.text))]
        now, told, calls = ticket, list[str](), list[Arrival]()
        for order in asked:
            if order.name == orders.REPORT:
                told.append(await self._report())
                calls.append(chart(ticket, turn.id))
                continue
            try:
                after = self._obeyed(now, order)
            except tickets.NotPossible:
                told.append(words.not_possible(now))
                continue
            told.append(words.order_help() if after is None else words.obeyed(now, after))
            calls += [] if after is None else self._called(now, after, turn)
            now = after or now
        text = "\n\n".join(each for each in told if each)
        obeyed = notice(text) if text else SILENT
        if not public:
            return changed(self._door, ticket, now, obeyed, calls)
        return await self._to_customer(ticket, now, public, agent, obeyed, calls)

    async def _report(self) -> str:
        """The help desk in figures, of the days that its chart shows."""
        begin = self._clock.now() - timedelta(days=DAYS)
        found = figures(
            await self._store.tickets.since(begin),
            await self._store.tickets.contacts(begin),
            await self._store.tickets.verdicts(begin),
            self._section.hours,
        )
        return words.report(found["all"], DAYS)

    async def _to_customer(
        self,
        before: Ticket,
        ticket: Ticket,
        public: Sequence[Message],
        agent: Person,
        answer: Answer,
        relays: Sequence[Arrival],
    ) -> Answer:
        try:
            now = tickets.answered(ticket, agent, self._clock.now())
        except tickets.NotPossible:
            return notice(words.closed(ticket), before)
        filled = [self._filled(ticket, message, agent.name) for message in public]
        said = [
            say(ticket.customer, source_of(each.conversation, each.id), Said.of(each, agent.name))
            for each in filled
        ]
        answer = changed(self._door, before, now, answer, [*relays, *said])
        draft = await self._store.drafts.offered(ticket.number)
        if draft is None:
            return answer
        is_its_edit = await self._drafts.of_post(ticket, public[-1].reply_to) is not None
        return _closing(answer, drafts.replaced(draft, filled, is_its_edit=is_its_edit), ticket)

    def _filled(self, ticket: Ticket, message: Message, agent: str) -> Message:
        """With the reply that it names, if it names one."""
        values = {"name": ticket.person.name, "agent": agent, "ticket": str(ticket.number)}
        return replace(message, text=canned.filled(message.text, self._section.canned, values))

    async def _send(self, ticket: Ticket, pressed: Message, agent: Person) -> Answer:
        """A suggested answer goes to the customer, as it is or as the agent has changed it."""
        draft = await self._drafts.of_post(ticket, pressed.reply_to)
        if draft is None:
            return notice(words.no_suggestion(), ticket)
        try:
            now = tickets.answered(ticket, agent, self._clock.now())
        except tickets.NotPossible:
            return notice(words.closed(ticket), ticket)
        draft = drafts.sent(draft, pressed)
        told = Said(
            text=words.said(agent.name, draft.sent),
            citations=drafts.cited(draft, draft.sent),
            by_colleague=True,
        )
        shown = Said(text=words.suggestion_sent(agent, draft.sent))
        relays = [say(ticket.customer, draft.answer, told), change(ticket.desk, draft.id, shown, "sent")]
        return replace(changed(self._door, ticket, now, SILENT, relays), draft=draft)

    async def _step(self, ticket: Ticket, turn: Turn, agent: Person) -> Answer:
        """A button was pressed."""
        newest = await self._store.tickets.of_customer(ticket.customer.key)
        if newest is not None and newest.number != ticket.number and newest.state in WITH_PEOPLE:
            return notice(words.elsewhere(newest), ticket)
        try:
            now = step(turn.messages[-1].command, ticket, agent, self._clock.now())
        except tickets.NotPossible:
            return notice(words.not_possible(ticket), ticket)
        if now is None:
            return notice(words.desk_help(), ticket)
        told = self._told(ticket, now, turn.id)
        answer = changed(self._door, ticket, now, notice(words.stepped(ticket, now, agent)), told)
        draft = None if now.state in WITH_PEOPLE else await self._store.drafts.offered(ticket.number)
        return answer if draft is None else _closing(answer, drafts.outdated(draft), ticket)

    def _told(self, before: Ticket, now: Ticket, turn_id: str) -> list[Arrival]:
        """What the customer hears of a step: who is there now, and that it is over; nothing else."""
        place, source = now.customer, f"step:{turn_id}"
        with spoken(now.person.language, self._language):
            match now.state:
                case TicketState.ASSIGNED if now.agent is not None and now.agent != before.agent:
                    return [note(place, source, words.taken_by(now.agent.name))]
                case TicketState.RESOLVED if before.muted_until is None and now.muted_until is None:
                    rating = cards.rating_source(now)
                    return [note(place, rating, words.resolved(now), judged=True, begins_afresh=True)]
                case TicketState.RETURNED if before.state is not now.state:
                    return [note(place, cards.rating_source(now), words.returned(now), judged=True)]
        return []

    def _obeyed(self, ticket: Ticket, order: orders.Order) -> Ticket | None:
        """The ticket after an order; None where it cannot be understood.

        Raises:
            NotPossible: this cannot be done with the ticket as it is.
        """
        match order.name:
            case orders.TAG if labels := orders.labels(order.argument):
                return tickets.tagged(ticket, labels)
            case orders.UNTAG if labels := orders.labels(order.argument):
                return tickets.untagged(ticket, labels)
            case orders.TEAM if team := teams.named(self._section.teams, order.argument):
                return replace(ticket, team=team.name)
            case orders.SNOOZE:
                hours = self._section.hours
                zone = ZoneInfo(hours.timezone if hours else "UTC")
                found = orders.follow_up(order.argument, self._clock.now(), zone)
                return None if found is None else tickets.snoozed(ticket, found.until, found.note)
        return None

    def _called(self, before: Ticket, now: Ticket, turn: Turn) -> list[Arrival]:
        team = teams.named(self._section.teams, now.team)
        return [] if team is None or now.team == before.team else [call(now, team, turn.id)]


def _closing(answer: Answer, draft: Draft, ticket: Ticket) -> Answer:
    """The answer; and what was suggested to agents is taken back."""
    return replace(answer, draft=draft, relays=(*answer.relays, drafts.withdrawn(draft, ticket)))
