"""Where adapters hand in what arrived: written down first, looked at afterwards."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from core.delivery.exposure import warning
from core.delivery.switchboard import Switchboard
from core.failpoint import reach
from core.message import Addressing, Arrival, Conversation, Deletion, Departure, Edit, Message
from core.policy import Policies
from core.privacy.masking import Masking
from core.store.ports import Store


class Reception:
    """Fills `core.ports.Intake`: commits what concerns us, then wakes the worker."""

    def __init__(
        self,
        store: Store,
        policies: Policies,
        wake: Callable[[Conversation], None],
        switchboard: Switchboard | None = None,
        masking: Masking | None = None,
    ) -> None:
        """`masking`: takes out of messages what must not be kept, before they are."""
        self._masking = masking
        self._store = store
        self._policies = policies
        self._wake = wake
        self._switchboard = switchboard

    async def accept(self, arrival: Arrival) -> None:
        reach("verified")
        if self._switchboard is not None:
            arrival = replace(arrival, event=await self._switchboard.locate(arrival.event))
        if isinstance(arrival.event, Departure):
            places = await self._store.work.open_within(arrival.event.conversation)
            told = (self._commit(_told_to(place, arrival, arrival.event)) for place in places)
            await asyncio.gather(*told)  # together they take few commits
        elif await self._concerns_us(arrival):
            await self._keep(await self._worded(arrival))

    async def _commit(self, arrival: Arrival) -> None:
        if await self._store.inbox.accept(arrival):
            reach("committed_not_acked")
            self._wake(arrival.event.conversation)

    async def _keep(self, arrival: Arrival) -> None:
        """Commit what may be kept of it; who posted what others should not read is told."""
        if self._masking is None:
            await self._commit(arrival)
            return
        policy = self._policies.for_conversation(arrival.event.conversation)
        kept = await self._masking.kept(arrival, policy)
        await self._commit(kept.arrival)
        if told := warning(kept, policy):
            await self._commit(told)

    async def _worded(self, arrival: Arrival) -> Arrival:
        """A pressed button says what its choice stands for, as we wrote it down, and nothing else."""
        message = arrival.event
        if not isinstance(message, Message) or message.press is None:
            return arrival
        choice = await self._store.outbox.choice(message.conversation.key, message.press)
        return replace(arrival, event=replace(message, text=choice.said if choice else ""))

    async def _concerns_us(self, arrival: Arrival) -> bool:
        """Words nobody addressed to the assistant are never stored."""
        event = arrival.event
        conversation = event.conversation
        if isinstance(event, Deletion):
            return await self._store.inbox.knows(conversation.key)
        message = event.message if isinstance(event, Edit) else event
        if not isinstance(message, Message) or message.addressed is not Addressing.THREAD:
            return True
        if conversation.is_desk:
            return True
        follows = self._policies.for_conversation(conversation).follow_threads
        return follows and await self._store.inbox.knows(conversation.key)


def _told_to(place: Conversation, arrival: Arrival, departure: Departure) -> Arrival:
    """The same departure for one of the conversations it concerns."""
    return replace(arrival, key=f"{arrival.key}:{place.key}", event=replace(departure, conversation=place))
