"""What the delivery layer asks of the help desk: who has a conversation, and what is said elsewhere."""

from collections.abc import Sequence
from typing import Protocol

from core.delivery.responder import Answer
from core.message import Arrival, Conversation, Event, Message
from core.store.records import Entry, Turn


class Switchboard(Protocol):
    """Connects customers with people. What it says elsewhere goes there through the inbox, never directly."""

    async def locate(self, event: Event) -> Event:
        """An event that has just come in, in the conversation that it belongs to.

        Raises:
            StoreError: it cannot be looked up; the platform must deliver the event again.
        """

    async def connect(self, turn: Turn) -> Answer | None:
        """What becomes of a turn that is not the assistant's; None where the assistant is to answer.

        The same turn gives the same relays, however often it is asked.

        Raises:
            RateLimited, Unreachable: the desk's platform cannot be asked now.
        """

    async def hand_over(self, turn: Turn, answer: Answer) -> Answer:
        """Give the conversation to people, for the reason `answer.hand_off`, and tell the customer so."""

    async def mirror(
        self, entry: Entry, conversation: Conversation, message_id: str, edited: Message | None
    ) -> Sequence[Arrival] | None:
        """What an edit changes elsewhere, or a deletion (without `edited`).

        None where the desk has no part in it.
        """
