"""Connects customers with agents: whose a turn is, what the other side hears, what becomes of the ticket."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from core.delivery.budgets import Budgets
from core.delivery.perception import Perception, perceived
from core.delivery.question import kept_question_of, question_of
from core.delivery.responder import Answer
from core.desk import cards, drafts, teams, tickets, words
from core.desk.agents import Agents
from core.desk.door import Door
from core.desk.hours import is_open, opens_at
from core.desk.joining import Joining, is_press
from core.desk.outcomes import SILENT, changed, notice
from core.desk.relays import Said, call, change, key_of, note, say, source_of
from core.desk.waiting import LOOKED_BACK, forecast
from core.desk_policy import DeskSection
from core.errors import OverBudget, StoreError
from core.message import DESK_THREAD, Arrival, Conversation, Edit, Event, Message
from core.policy import Policies
from core.ports import Clock
from core.store.ports import Store
from core.store.records import WITH_PEOPLE, Entry, Ticket, Transcript, Turn
from core.translation import spoken

CARD_DUE = timedelta(minutes=15)
"""How long a card may be under way; Slack delivers what failed for about six minutes."""
PERCEPTION_SECONDS = 20.0
"""That listening and looking may keep a customer's words from the agents; then they get the files alone."""
_LOOKED_BACK = 8
"""Exchanges read for the card."""

_log = logging.getLogger(__name__)


class HelpDesk:
    """Fills `core.delivery.switchboard.Switchboard`."""

    def __init__(
        self,
        *,
        store: Store,
        door: Door,
        joining: Joining,
        section: DeskSection,
        clock: Clock,
        language: str,
        policies: Policies,
        perception: Perception | None = None,
    ) -> None:
        """Put together.

        Args:
            language: what customers hear whose own is not known.
            perception: makes words of customers' recordings and pictures; without it, they stay files.
        """
        self._policies = policies
        self._perception = perception
        self._store = store
        self._door = door
        self._section = section
        self._clock = clock
        self._budgets = Budgets(clock, store.spending)
        self._joining = joining
        self._agents = Agents(store=store, door=door, section=section, clock=clock, language=language)

    async def locate(self, event: Event) -> Event:
        place = event.conversation
        if not place.thread or (place.platform, place.channel) != (
            self._section.platform,
            self._section.channel,
        ):
            return event
        ticket = await self._store.tickets.in_thread(place)
        if ticket is None and not self._door.has_titles and await self._may_be_unknown_yet():
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
            return None if ticket is None else await self._agents.answer(ticket, turn)
        if turn.messages[-1].command.startswith("desk:"):
            return SILENT  # pressed where no such button stands
        ticket = await self._store.tickets.of_customer(turn.conversation.key)
        if ticket is None or ticket.state not in WITH_PEOPLE:
            return SILENT if await self._are_muted(turn) else None
        if turn.redone or turn.messages[-1].command or is_press(turn.messages[-1]):
            return None
        turn = await self._perceived(turn)
        said = [self._from_customer(ticket, message) for message in turn.messages]
        silent = replace(SILENT, remembered=True, question=kept_question_of(turn))
        return changed(self._door, ticket, tickets.woken(ticket), silent, said)

    async def _perceived(self, turn: Turn) -> Turn:
        """What is in the files, so that agents need not listen to them, where it can be had soon.

        As many turns with files are heard as the customer may ask the assistant for answers.
        """
        if self._perception is None:
            return turn
        policy = self._policies.for_conversation(turn.conversation)
        try:
            if any(message.attachments for message in turn.messages):
                await self._budgets.spend(turn, policy)
            async with asyncio.timeout(PERCEPTION_SECONDS):
                return await perceived(turn, policy, self._perception, self._store, lambda _: None)
        except TimeoutError:
            _log.info("files in %s are passed on unheard: it would take long", turn.conversation.key)
        except OverBudget:
            _log.info("files in %s are passed on unheard: there were many", turn.conversation.key)
        return turn

    async def _are_muted(self, turn: Turn) -> bool:
        """Whether nobody of those who wrote is to be heard."""
        for person in {message.sender.key for message in turn.messages}:
            until = await self._store.tickets.muted_until(person)
            if until is None or until <= self._clock.now():
                return False
        return True

    async def hand_over(self, turn: Turn, answer: Answer) -> Answer:
        before = await self._store.tickets.of_customer(turn.conversation.key)
        if before is not None and before.state in WITH_PEOPLE:
            return notice(words.already_with_people(before), before)
        if before is not None and self._is_recent(before):
            ticket = tickets.reopened(before, answer.hand_off, self._clock.now())
        else:
            ticket = await self._new(turn, answer.hand_off)
        text = "\n\n".join(part for part in (answer.text, await self._prospect(ticket)) if part)
        told = replace(answer, text=text, quiet=answer.quiet or not answer.text)
        transcript = await self._store.history.transcript(turn.conversation.key, _LOOKED_BACK)
        team = teams.team_for(self._section.teams, ticket.person.language, _asked(turn, transcript))
        ticket = replace(ticket, team=team.name if team else "")
        with spoken(self._door.language):
            relays = self._said_before(ticket, turn, transcript)
            relays += [call(ticket, team, turn.id)] if team else []
            relays += await self._joining.told(turn.conversation, turn.id, ticket)
        return changed(self._door, before, ticket, told, relays)

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
        if edited is not None and not words.is_kept_inside(edited):
            at_desk = conversation.is_desk
            author = await self._door.name(edited.sender) if at_desk else words.name_of(edited.sender)
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

    def _said_before(self, ticket: Ticket, turn: Turn, transcript: Transcript) -> list[Arrival]:
        """What agents should know, as a post of its own below the card; with the customer's files."""
        text = cards.last_said(transcript.exchanges, transcript.summary, question_of(turn))
        files = Said.of_all(turn.messages).files
        return [note(ticket.desk, f"before:{turn.id}", text, files=files)] if text or files else []

    async def _new(self, turn: Turn, reason: str) -> Ticket:
        lobby = await self._door.lobby()
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


def _asked(turn: Turn, transcript: Transcript) -> str:
    """What the customer asks now and asked last."""
    last = transcript.exchanges[-1].question if transcript.exchanges else ""
    return f"{question_of(turn)}\n{last}"


def _moved(event: Event, place: Conversation) -> Event:
    if isinstance(event, Edit):
        return replace(event, message=replace(event.message, conversation=place))
    return replace(event, conversation=place)
