"""Putting right what was heard wrongly: the next words of who was misheard take the recording's place."""

from collections.abc import Sequence
from dataclasses import replace

from core.message import Attachment, Conversation, Message, Recognised
from core.store.ports import History
from core.store.records import Turn

MISHEARD = "misheard"
"""Id of a choice: that is not what I said."""


async def misheard(history: History, conversation: Conversation, messages: Sequence[Message]) -> Turn | None:
    """The finished turn that these messages put right, without what was heard in it wrongly.

    The assistant has just asked what was said, because it was unsure or because the button was pressed that
    says so, and somebody whose recording that was speaks or writes. None where it is not so.
    """
    if any(each.press or each.command for each in messages):
        return None
    asked = await history.asked_back(conversation.key)
    if asked is None or not asked.messages:
        return None
    press = asked.messages[-1].press
    wrong = asked if press is None else await history.answered(conversation.key, turn_id=press.turn_id)
    if wrong is None:
        return None
    speakers = {each.sender.key for each in messages}
    left = tuple(_unheard(each) if each.sender.key in speakers else each for each in wrong.messages)
    return replace(wrong, messages=left) if left != wrong.messages else None


def _unheard(message: Message) -> Message:
    return replace(message, attachments=tuple(map(_taken_back, message.attachments)))


def _taken_back(attachment: Attachment) -> Attachment:
    if not attachment.is_recording or attachment.recognised is None or not attachment.recognised.text:
        return attachment
    return replace(attachment, recognised=Recognised(taken_back=True))
