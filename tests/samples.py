"""Messages and conversations to test with."""

from datetime import UTC, datetime
from itertools import count

from core.message import (
    Addressing,
    Arrival,
    Conversation,
    Deletion,
    Departure,
    Edit,
    Message,
    Person,
    Platform,
    Rating,
    Stop,
)

_numbers = count(1)
ANNA = Person(platform=Platform.TERMINAL, tenant="t", id="anna", name="Anna")
HERE = Conversation(platform=Platform.TERMINAL, tenant="t", channel="c", direct=True)


BEN = Person(platform=Platform.TERMINAL, tenant="t", id="ben", name="Ben")


def conversation(channel: str, thread: str = "") -> Conversation:
    return Conversation(
        platform=Platform.TERMINAL, tenant="t", channel=channel, thread=thread, direct=not thread
    )


def message(
    text: str,
    *,
    where: Conversation = HERE,
    sender: Person = ANNA,
    id: str = "",
    command: str = "",
    reply_to: str = "",
    addressed: Addressing = Addressing.DIRECT,
) -> Message:
    return Message(
        id=id or f"m{next(_numbers)}",
        conversation=where,
        sender=sender,
        text=text,
        addressed=addressed,
        command=command,
        reply_to=reply_to,
        sent_at=datetime.now(UTC),
    )


def arrival(event: Message | Edit | Deletion | Departure | Rating | Stop, key: str = "") -> Arrival:
    return Arrival(key=key or f"k{next(_numbers)}", event=event, raw="{}")
