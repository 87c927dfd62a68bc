"""The words of a turn's messages, as the transcript keeps them and the model reads them."""

from dataclasses import replace

from core.message import Message, Recognised
from core.store.records import Turn

PICTURED = 2_000
"""Characters that are read of a message's pictures: some 600 tokens."""
SPOKEN = 2_500
"""Characters of a recording, some three minutes and 600 tokens: of a longer one its outline is read."""


def question_of(turn: Turn) -> str:
    """All messages of the turn; with their senders' names where several people can speak."""
    said = (_words(message, named=not turn.conversation.direct) for message in turn.messages)
    return "\n".join(filter(None, said))


def kept_question_of(turn: Turn) -> str:
    """What the transcript keeps of it, and may be learnt from.

    Where several people can speak, without what the messages quote: it may be of somebody who did not agree.
    """
    if turn.conversation.direct:
        return question_of(turn)
    messages = tuple(replace(each, quote="") for each in turn.messages)
    return question_of(replace(turn, messages=messages))


def in_brief(message: Message, *, with_marks: bool = True) -> str:
    """The sender's own words; of a long recording those sentences that say most of it.

    Args:
        with_marks: each of those behind the time at which it begins.
    """
    found = (each.recognised for each in message.attachments if each.is_recording)
    heard = [_heard(each, with_marks=with_marks) for each in found if each]
    return "\n".join(text for text in (message.text.strip(), *heard) if text)


def _heard(found: Recognised, *, with_marks: bool) -> str:
    if len(found.text) <= SPOKEN or not found.outline:
        return found.text
    lines = found.outline.splitlines()
    if not with_marks:
        return "\n".join(line.partition(" ")[2] for line in lines)
    return "\n".join(("From a long recording:", *(f"> {line}" for line in lines)))


def _words(message: Message, *, named: bool) -> str:
    text = in_brief(message)
    if pictured := message.pictured[:PICTURED].strip():
        quoted = pictured.replace("\n", "\n> ")
        text = f"In the picture:\n> {quoted}\n{text}"
    if message.quote:
        quoted = message.quote.replace("\n", "\n> ")
        text = f"> {quoted}\n{text}"
    return f"{message.sender.name}: {text}" if text and named and message.sender.name else text
