"""What people answer who were asked why an answer is bad, or whether may be learnt from them."""

from dataclasses import replace

from core import words
from core.delivery.inquiry import CONSENT, NO, REASONS, WHY, YES, consent_choices
from core.delivery.responder import Answer
from core.message import Message
from core.ports import Clock
from core.store.ports import Lessons
from core.store.records import Consent, Turn

LEARNING = "learning"
"""The command by which people decide, and see what they decided."""
_WORDS = {"yes": True, "ja": True, "sí": True, "si": True, "no": False, "nein": False}


class Consenting:
    """Takes decisions and reasons down.

    Args:
        operator: in whose name people are asked.
    """

    def __init__(self, lessons: Lessons, clock: Clock, operator: str) -> None:
        self._lessons = lessons
        self._clock = clock
        self._operator = operator

    async def answer(self, turn: Turn) -> Answer | None:
        """The answer to a turn that is about learning; None where it is about something else."""
        message = turn.messages[-1]
        if message.command == LEARNING:
            return await self._decided(message, _WORDS.get(message.text.strip().casefold()))
        pressed = message.press.choice if message.press else ""
        if not message.press or pressed.partition(".")[0] not in (WHY, CONSENT):
            return None
        if pressed in (YES, NO):
            return await self._decided(message, pressed == YES)
        reason = pressed.partition(".")[2]
        if reason not in REASONS:
            return None
        return await self._explained(message, message.press.turn_id, reason)

    async def _explained(self, message: Message, press_turn: str, reason: str) -> Answer:
        if not await self._lessons.explain(press_turn, message.sender.key, reason):
            return _notice(words.lapsed())
        thanks = _notice(words.thanks_for_reason())
        if not message.conversation.direct or await self._lessons.consent(message.sender.key):
            return thanks
        text = f"{thanks.text}\n\n{words.may_learn(self._operator)}"
        return replace(thanks, text=text, choices=consent_choices())

    async def _decided(self, message: Message, granted: bool | None) -> Answer:
        if granted is None:
            return await self._asked(message)
        consent = Consent(
            person=message.sender.key,
            granted=granted,
            wording=words.may_learn(self._operator),
            conversation=message.conversation.key,
            at=self._clock.now(),
        )
        await self._lessons.decide(consent)
        return _notice(words.learns_now() if granted else words.learns_no_more())

    async def _asked(self, message: Message) -> Answer:
        before = await self._lessons.consent(message.sender.key)
        said = [words.may_learn(self._operator)]
        said += [words.learning_stands(before.granted)] if before else []
        return Answer(text="\n\n".join(said), route="command", quiet=True, choices=consent_choices())


def _notice(text: str) -> Answer:
    return Answer(text=text, route="command", quiet=True)
