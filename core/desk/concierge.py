"""When people take over: because the customer asks, or because the assistant does not get on."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.delivery.responder import Answer, Responder, Seat
from core.desk.briefing import Briefing
from core.desk.drafts import Drafting
from core.desk.joining import Joining
from core.desk.tickets import Reason
from core.desk.wishes import asks_for_person, is_upset
from core.desk_policy import DeskSection
from core.message import Conversation
from core.policy import Policy
from core.store.ports import Store
from core.store.records import WITH_PEOPLE, Turn

HUMAN = "human"
"""The command by which a person is asked for."""
UNKNOWN = "unknown"
"""The route of an answer that says the documents have none."""


class Concierge:
    """Fills `core.delivery.responder.Responder` around another one, which answers while all goes well."""

    def __init__(
        self,
        responder: Responder,
        *,
        joining: Joining,
        drafting: Drafting,
        briefing: Briefing,
        store: Store,
        section: DeskSection,
    ) -> None:
        """`drafting`, `briefing`: work for those people, once they have taken over."""
        self._responder = responder
        self._joining = joining
        self._drafting = drafting
        self._briefing = briefing
        self._store = store
        self._section = section

    async def respond(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        if (joined := await self._joining.answer(turn)) is not None:
            return joined
        if reason := wish(turn):
            return Answer(text="", route="hand_off", hand_off=reason)
        answer = await self._responder.respond(turn, policy, show, seat)
        if not answer.hand_off and answer.route == UNKNOWN and await self._is_enough(turn):
            return replace(answer, hand_off=Reason.MISSING_KNOWLEDGE)
        return answer

    async def reflect(self, conversation: Conversation, policy: Policy) -> Sequence[Conversation]:
        advised = await self._advise(conversation, policy)
        return [*advised, *await self._responder.reflect(conversation, policy)]

    async def _advise(self, conversation: Conversation, policy: Policy) -> Sequence[Conversation]:
        """Work for the agents who have the conversation."""
        ticket = await self._store.tickets.of_customer(conversation.key)
        if ticket is None or ticket.state not in WITH_PEOPLE:
            return ()
        is_offered = await self._drafting.offer(ticket, policy)
        is_complete = await self._briefing.complete(ticket)
        return (ticket.desk,) if is_offered or is_complete else ()

    async def _is_enough(self, turn: Turn) -> bool:
        """Whether as many questions in a row had no answer as a customer has to bear."""
        wanted = self._section.unknown_answers
        if not wanted:
            return False
        earlier = (await self._store.history.transcript(turn.conversation.key, wanted)).exchanges
        before = earlier[len(earlier) - (wanted - 1) :] if wanted > 1 else ()
        return len(before) == wanted - 1 and all(each.route == UNKNOWN for each in before)


def wish(turn: Turn) -> Reason | None:
    """Why the customer's own words call for a person; None where they do not."""
    newest = turn.messages[-1]
    if newest.command:
        return Reason.CUSTOMER_REQUEST if newest.command == HUMAN else None
    wants = any(asks_for_person(each.said) or is_upset(each.said) for each in turn.messages)
    return Reason.CUSTOMER_REQUEST if wants else None
