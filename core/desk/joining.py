"""One customer in several channels: agents learn that two conversations are one person's, once both agree.

Where somebody quotes the number of a ticket from elsewhere, its customer is asked whether it is them. Nothing
is told to either side before, and no words cross over: each conversation stays what it was.
"""

from dataclasses import replace

from core.delivery.responder import Answer
from core.desk import words
from core.desk.door import Door
from core.desk.outcomes import notice
from core.desk.relays import key_of, note
from core.message import Arrival, Choice, Conversation, Message, Relay
from core.ports import Clock
from core.store.ports import Store
from core.store.records import Ticket, Turn
from core.translation import spoken

TICKET = "ticket"
"""The command by which a customer quotes a ticket."""
YES, NO = "join.yes", "join.no"
"""Ids of the buttons by which the holder of that ticket answers."""


def is_press(message: Message) -> bool:
    """Whether a customer answers if a ticket is theirs."""
    return message.press is not None and message.press.choice in (YES, NO)


class Joining:
    """Asks, and tells agents."""

    def __init__(self, store: Store, door: Door, clock: Clock) -> None:
        self._store = store
        self._door = door
        self._clock = clock

    async def answer(self, turn: Turn) -> Answer | None:
        """The answer to a turn that is about joining; None where it is about something else."""
        message = turn.messages[-1]
        if message.command == TICKET:
            return await self._claimed(message)
        if message.press is None or not is_press(message):
            return None
        claim = await self._store.tickets.claim(message.press.turn_id)
        if claim is None:
            return notice(words.claim_lapsed())
        if message.press.choice == NO:
            return notice(words.not_joined())
        return await self._joined(message, *claim)

    async def told(self, customer: Conversation, which: str, ticket: Ticket) -> list[Arrival]:
        """To the agents of a new ticket: which others are the same person's."""
        numbers = await self._store.tickets.joined(customer.key)
        others = [number for number in numbers if number != ticket.number]
        text = "\n".join(words.same_person(number) for number in others)
        return [note(ticket.desk, f"same:{which}", text)] if others else []

    async def _claimed(self, message: Message) -> Answer:
        """Ask where the ticket belongs, once a day; who claims it does not hear whether there is one."""
        digits = message.text.strip().removeprefix("#")
        if not digits.isdecimal() or len(digits) > 9:
            return notice(words.which_ticket())
        answer = notice(words.ticket_claimed(int(digits)))
        ticket = await self._store.tickets.numbered(int(digits))
        if ticket is None or ticket.customer.key == message.conversation.key:
            return answer
        claim = f"claim:{ticket.number}:{message.conversation.key}"
        with spoken(ticket.person.language):
            relay = Relay(
                conversation=ticket.customer,
                source=claim,
                text=words.is_it_you(message.sender, ticket.number),
                choices=(Choice(id=YES, label=words.it_is_me()), Choice(id=NO, label=words.it_is_not_me())),
            )
        today = self._clock.now().date().isoformat()
        arrival = Arrival(key=f"{key_of(claim)}:{today}", event=relay)
        return replace(answer, relays=(arrival,))

    async def _joined(self, message: Message, number: int, other: Conversation) -> Answer:
        ticket = await self._store.tickets.numbered(number)
        if ticket is None or ticket.customer.key != message.conversation.key:
            return notice(words.claim_lapsed())
        await self._store.tickets.join(number, other.key)
        theirs = await self._store.tickets.of_customer(other.key)
        with spoken(self._door.language):
            relays = [note(ticket.desk, f"joined:{number}:{other.key}", words.also_writes(other, theirs))]
            if theirs is not None:
                relays.append(
                    note(theirs.desk, f"joined:{theirs.number}:{number}", words.same_person(number))
                )
        with spoken(theirs.person.language if theirs else "", ticket.person.language):
            relays.append(note(other, f"joined:{number}:told", words.joined(number)))
        return replace(notice(words.joined(number)), relays=tuple(relays))
