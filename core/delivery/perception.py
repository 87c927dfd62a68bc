"""What is in the files of a turn, found out before the turn is answered."""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from core.delivery.responder import Answer
from core.message import Attachment, Conversation, Message, Recognised
from core.policy import Policy
from core.privacy.masking import Masking
from core.store.ports import Store
from core.store.records import Turn

QUOTED = 1_000
"""Characters of an earlier picture or recording that go along with what answers it."""


class Perception(Protocol):
    """Makes words of the recordings and pictures that people send."""

    async def recognise(
        self, attachment: Attachment, message: Message, policy: Policy, tell: Callable[[str], None]
    ) -> Recognised | None:
        """What is in a file; None where it is neither to be listened to nor to be looked at.

        Asked again for the same file, it has the answer at hand. Whatever is wrong with the file, the answer
        says so.

        Args:
            message: to which it is attached.
            tell: given what is being done, again and again: "listening (0:30 of 2:10)".
        """

    async def close(self) -> None:
        """Let go of what it holds."""


class MaskedPerception:
    """Fills `Perception` with another one; what must not be kept is taken out of what it made of files."""

    def __init__(self, perception: Perception, masking: Masking) -> None:
        self._perception = perception
        self._masking = masking

    async def recognise(
        self, attachment: Attachment, message: Message, policy: Policy, tell: Callable[[str], None]
    ) -> Recognised | None:
        found = await self._perception.recognise(attachment, message, policy, tell)
        if found is None:
            return None
        texts = (found.text, found.outline)
        text, outline = await self._masking.words(texts, message.conversation, policy)
        rows = found.rows if text.count("\n") == found.text.count("\n") else ()
        return replace(found, text=text, outline=outline, rows=rows)

    async def close(self) -> None:
        await self._perception.close()


async def perceived(
    turn: Turn, policy: Policy, perception: Perception, store: Store, show: Callable[[Answer], None]
) -> Turn:
    """The turn with what is in its files, and in those that it answers, written down with its messages.

    Args:
        show: given what is being done.
    """

    def tell(doing: str) -> None:
        show(Answer(text="", route="", doing=doing))

    for message in turn.messages:
        if message.command:  # what comes with it is for the command
            continue
        seen = await _recognised(message, policy, perception, tell)
        seen = await _quoting(seen, turn.conversation, store)
        if seen != message:
            turn = await store.turns.reopen(turn, seen)
    return turn


async def _recognised(
    message: Message, policy: Policy, perception: Perception, tell: Callable[[str], None]
) -> Message:
    files = []
    for each in message.attachments:
        found = each.recognised or await perception.recognise(each, message, policy, tell)
        files.append(replace(each, recognised=found))
    return replace(message, attachments=tuple(files))


async def _quoting(message: Message, where: Conversation, store: Store) -> Message:
    """With what stood in the sender's own picture, or was said in their own recording, that it answers."""
    if not message.reply_to or message.quote or message.press or message.command:
        return message
    before = await store.history.answered(where.key, message_id=message.reply_to)
    answered = [each for each in before.messages if each.id == message.reply_to] if before else []
    answered = [each for each in answered if each.sender.key == message.sender.key]
    said = "\n".join(text for each in answered for text in (each.pictured, each.said) if text)
    return replace(message, quote=said[:QUOTED]) if said else message
