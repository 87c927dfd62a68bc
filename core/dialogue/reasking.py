"""Whether somebody asks the same once more, in other words: then the answer was not what they needed."""

import re

from core.knowledge.ports import Encoder
from core.message import Conversation
from core.store.ports import Store
from core.store.records import Signal

ALIKE = 0.7
"""Cosine of two questions with the same meaning. Of 20 pairs of such questions and 20 that differ in what
matters (other day, place or thing), written by hand in three languages, it finds 12 and none."""
SAME_FORM = 0.55
"""Share of words in common from which on two questions have one form: if each has a word of its own then,
another thing is asked for ("open on Saturday?", "open on Sunday?")."""
SAME_WORDS = 0.8
"""Share of words in common that tells the same question, where there is no encoder."""
_WORD = re.compile(r"\w+")


class Reasking:
    """Notes it, as a signal about the answer before.

    Args:
        encoder: tells what texts are about; without one, their words alone do.
    """

    def __init__(self, store: Store, encoder: Encoder | None) -> None:
        self._store = store
        self._encoder = encoder

    async def note(self, conversation: Conversation) -> None:
        """Look at the two newest questions; in a group they may be of two people, and nothing is noted."""
        if not conversation.direct:
            return
        exchanges = (await self._store.history.transcript(conversation.key, 2)).exchanges
        if len(exchanges) < 2:
            return
        before, now = exchanges[-2:]
        if await self._are_one(before.question, now.question):
            await self._store.lessons.signal(before.turn_id, Signal.REASKED)

    async def _are_one(self, before: str, now: str) -> bool:
        first, second = _words(before), _words(now)
        if not first or not second:
            return False
        common = len(first & second) / len(first | second)
        if common >= SAME_FORM and first - second and second - first:
            return False
        if self._encoder is None:
            return common >= SAME_WORDS
        vectors = await self._encoder.encode([before, now], background=True)
        return float(vectors[0] @ vectors[1]) >= ALIKE


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
