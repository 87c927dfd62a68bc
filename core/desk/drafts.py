"""Answers that the assistant suggests to agents while they have the conversation."""

import re
from collections.abc import Sequence
from dataclasses import replace

from core.desk import cards, words
from core.desk.ports import Adviser
from core.desk.relays import Said, change, say, source_of
from core.message import Arrival, Citation, Conversation, Message
from core.policy import Policy
from core.store.ports import Store
from core.store.records import Draft, DraftState, Ticket
from core.translation import spoken

_LOOKED_BACK = 40
"""Exchanges that a suggestion is made from at most."""
_CITED = re.compile(r"\[([0-9]{1,3})\]")


class Drafting:
    """Suggests an answer whenever the customer has the last word, and takes back what is outdated."""

    def __init__(self, store: Store, adviser: Adviser, language: str) -> None:
        """`language`: what agents are spoken to in."""
        self._store = store
        self._adviser = adviser
        self._language = language

    async def offer(self, ticket: Ticket, policy: Policy) -> bool:
        """Suggest an answer to what is open; False where there is none.

        Raises:
            ModelError, StoreError: it cannot be made.
        """
        transcript = await self._store.history.transcript(ticket.customer.key, _LOOKED_BACK)
        if not transcript.exchanges or transcript.exchanges[-1].reply:
            return False
        with spoken(ticket.person.language, policy.language):
            answer = await self._adviser.suggest(ticket.customer, transcript, policy)
        if answer is None:
            return False
        turn = transcript.exchanges[-1].turn_id
        draft = Draft(
            id=f"draft:{ticket.number}:{turn}",
            ticket=ticket.number,
            customer=ticket.customer.key,
            turn=turn,
            text=answer.shown,
            citations=answer.citations,
            model=answer.model,
        )
        before = await self._store.drafts.offered(ticket.number)
        relays = [] if before is None or before.id == draft.id else [withdrawn(before, ticket)]
        with spoken(self._language):
            shown = _shown(draft, ticket)
        await self._store.drafts.offer(draft, [*relays, shown])
        return True


class DraftBox:
    """Fills `core.desk.ports.Suggestions`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def text_of(self, place: Conversation, post_id: str) -> str:
        ticket = await self._store.tickets.in_thread(place)
        if ticket is None:
            return ""
        draft = await self.of_post(ticket, post_id)
        if draft is None and await self._store.history.answered(ticket.desk.key, post_id=post_id) is None:
            draft = await self._store.drafts.offered(ticket.number)  # its post has just been put up
        return "" if draft is None else draft.text

    async def of_post(self, ticket: Ticket, post_id: str) -> Draft | None:
        """The draft that a post shows, while it may be sent."""
        shown = await self._store.history.answered(ticket.desk.key, post_id=post_id) if post_id else None
        if shown is None or shown.relay is None:
            return None
        draft = await self._store.drafts.get(shown.relay.source)
        may_be_sent = (
            draft is not None and draft.ticket == ticket.number and draft.state is DraftState.OFFERED
        )
        return draft if may_be_sent else None


def sent(draft: Draft, pressed: Message) -> Draft:
    """An agent sends it, with other words where `pressed` has any."""
    text = pressed.text.strip() or draft.text
    state = DraftState.SENT if text == draft.text.strip() else DraftState.EDITED
    return replace(draft, state=state, sent=text, answer=f"sent:{draft.id}")


def replaced(draft: Draft, said: Sequence[Message], *, is_its_edit: bool) -> Draft:
    """Agents answered in words of their own.

    Args:
        is_its_edit: these are meant as another version of it.
    """
    return replace(
        draft,
        state=DraftState.EDITED if is_its_edit else DraftState.REPLACED,
        sent="\n".join(each.text for each in said),
        answer=source_of(said[-1].conversation, said[-1].id),
    )


def outdated(draft: Draft) -> Draft:
    """Nobody will send it."""
    return replace(draft, state=DraftState.OUTDATED)


def cited(draft: Draft, text: str) -> tuple[Citation, ...]:
    """What the numbers that are left in the text stand for."""
    numbers = {int(found) for found in _CITED.findall(text)}
    return tuple(each for each in draft.citations if each.number in numbers)


def withdrawn(draft: Draft, ticket: Ticket) -> Arrival:
    """Takes it out of the agents' sight."""
    return change(ticket.desk, draft.id, None, "closed")


def _shown(draft: Draft, ticket: Ticket) -> Arrival:
    said = Said(
        text=words.suggested(draft.text), citations=draft.citations, actions=cards.suggestion_actions()
    )
    return say(ticket.desk, draft.id, said)
