"""The words of a turn's messages, as the transcript keeps them and the model reads them."""

from dataclasses import replace

from core.message import Message
from core.store.records import Turn

PICTURED = 2_000
"""Characters that are read of a message's pictures: some 600 tokens."""


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


def _words(message: Message, *, named: bool) -> str:
    text = message.said
    if pictured := message.pictured[:PICTURED].strip():
        quoted = pictured.replace("\n", "\n> ")
        text = f"In the picture:\n> {quoted}\n{text}"
    if message.quote:
        quoted = message.quote.replace("\n", "\n> ")
        text = f"> {quoted}\n{text}"
    return f"{message.sender.name}: {text}" if text and named and message.sender.name else text
