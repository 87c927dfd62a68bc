"""Where adapters hand in what arrived: written down first, looked at afterwards."""

from collections.abc import Callable

from core.failpoint import reach
from core.message import Addressing, Arrival, Conversation, Deletion, Edit, Message
from core.policy import Policies
from core.store.ports import Inbox


class Reception:
    """Fills `core.ports.Intake`: commits what concerns us, then wakes the worker."""

    def __init__(self, inbox: Inbox, policies: Policies, wake: Callable[[Conversation], None]) -> None:
        self._inbox = inbox
        self._policies = policies
        self._wake = wake

    async def accept(self, arrival: Arrival) -> None:
        reach("verified")
        if not await self._concerns_us(arrival):
            return
        if await self._inbox.accept(arrival):
            reach("committed_not_acked")
            self._wake(arrival.event.conversation)

    async def _concerns_us(self, arrival: Arrival) -> bool:
        """Words nobody addressed to the assistant are never stored."""
        event = arrival.event
        conversation = event.conversation
        if isinstance(event, Deletion):
            return await self._inbox.knows(conversation.key)
        message = event.message if isinstance(event, Edit) else event
        if not isinstance(message, Message) or message.addressed is not Addressing.THREAD:
            return True
        follows = self._policies.for_conversation(conversation).follow_threads
        return follows and await self._inbox.knows(conversation.key)
