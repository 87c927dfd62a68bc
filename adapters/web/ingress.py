"""From what a visitor does to `Arrival`s: pure functions."""

import re
from collections.abc import Sequence
from datetime import datetime

from adapters.web import ids, payload
from adapters.web.gate import Visitor
from core.message import Addressing, Arrival, Attachment, Event, Message, Press, Rating, Stop

COMMANDS = (
    *("help", "new", "stop", "again", "me", "human", "learning", "ticket", "voice"),
    *("export", "forget", "memory"),
)
_COMMAND = re.compile(rf"/({'|'.join(COMMANDS)})\b\s*", re.IGNORECASE)


def read(deed: payload.Deed, visitor: Visitor, attached: Sequence[Attachment], *, now: datetime) -> Arrival:
    """What a visitor did.

    Args:
        attached: the files that the deed names.
    """
    key = ids.event_key(visitor.place, deed.id)
    if isinstance(deed, payload.Press):
        key = ids.press_key(visitor.place, deed.turn)
    return Arrival(key=key, event=_event(deed, visitor, attached, now), raw=deed.model_dump_json())


def _event(deed: payload.Deed, visitor: Visitor, attached: Sequence[Attachment], now: datetime) -> Event:
    place, person = visitor.place, visitor.person
    match deed:
        case payload.Say():
            return _said(deed, visitor, attached, now)
        case payload.Stop():
            return Stop(conversation=place, person=person)
        case payload.Rate():
            return Rating(conversation=place, person=person, turn_id=deed.turn, verdict=deed.verdict)
        case payload.Press():
            press = Press(turn_id=deed.turn, choice=deed.choice)
            return _pressed(deed.id, visitor, deed.post, now, press=press)
        case payload.Command():
            return _pressed(deed.id, visitor, deed.post, now, command=deed.name)


def _said(deed: payload.Say, visitor: Visitor, attached: Sequence[Attachment], now: datetime) -> Message:
    command = _COMMAND.match(deed.text)
    return Message(
        id=deed.id,
        conversation=visitor.place,
        sender=visitor.person,
        text=deed.text[command.end() :] if command else deed.text,
        addressed=Addressing.COMMAND if command else Addressing.DIRECT,
        sent_at=now,
        command=command[1].lower() if command else "",
        attachments=tuple(attached),
    )


def _pressed(
    event: str, visitor: Visitor, post: str, now: datetime, *, command: str = "", press: Press | None = None
) -> Message:
    """A button under an answer of ours."""
    return Message(
        id=event,
        conversation=visitor.place,
        sender=visitor.person,
        text="",
        addressed=Addressing.COMMAND if command else Addressing.DIRECT,
        sent_at=now,
        command=command,
        reply_to=post,
        press=press,
    )
