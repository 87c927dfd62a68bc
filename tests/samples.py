"""Messages and conversations to test with."""

from datetime import UTC, datetime
from itertools import count

from core.knowledge.passages import Document, Found, Passage
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


def found(
    id: int,
    source: str = "docs",
    text: str = "The fair opens at nine and closes at eighteen o'clock. Dogs are not allowed.",
    *,
    title: str = "Opening hours",
    location: str = "hours.md",
    place: str = "lines 1-4",
    headings: tuple[str, ...] = (),
    similarity: float | None = None,
) -> Found:
    """A passage of a document."""
    return Found(
        id=id,
        passage=Passage(text=text, headings=headings, place=place),
        document=Document(location=location, title=title, digest="0" * 64),
        source=source,
        score=1.0,
        similarity=similarity,
    )
