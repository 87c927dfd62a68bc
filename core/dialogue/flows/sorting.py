"""The option that an answer means which names none: by likeness of meaning, then by the model's choice.

What is found out is said aloud and can be corrected; nothing is done with it before the person confirms.
"""

from collections.abc import Sequence
from typing import Protocol

from core.dialogue.flows.conditions import Value
from core.dialogue.flows.definition import Option, Slot
from core.engine.structured import NOTHING, Judge, Question
from core.errors import ModelError, PromptTooLong
from core.knowledge.ports import Encoder

ALIKE, AHEAD = 0.3, 0.1
"""The least cosine with an option's words, and how far it must be ahead of any other option. Of 25 answers in
words that no option has, all-MiniLM-L6-v2 sorts 9 rightly and 2 wrongly (`python -m tests.benchmarks.flows`).
"""
SURE = 0.7
"""The least probability of the model's choice: of the 25, SmolLM2 135M alone sorts 7 rightly and 3 wrongly,
after the encoder both together 13 and 4; at 0.9 that would be 10 and 3, without any limit 14 and 11."""
_LONGEST = 300
"""Characters of an answer that are read."""


class Sorter(Protocol):
    """Whoever sorts answers."""

    async def option(self, slot: Slot, text: str) -> Value:
        """The value of the option that is meant; None where none is likely enough."""


class NoSorter:
    """Fills `Sorter` without a model: what names no option is asked again."""

    async def option(self, slot: Slot, text: str) -> Value:
        return None


class ModelSorter:
    """Fills `Sorter` by an encoder, and by a model's constrained choice: nothing is read from what it writes.

    Args:
        judge: decides with the model.
        encoder: where there is one.
    """

    def __init__(self, judge: Judge, encoder: Encoder | None = None) -> None:
        self._judge = judge
        self._encoder = encoder

    async def option(self, slot: Slot, text: str) -> Value:
        try:
            return await self._by_meaning(slot.options, text[:_LONGEST]) or await self._by_choice(
                slot.options, text[:_LONGEST]
            )
        except (ModelError, PromptTooLong):
            return None

    async def _by_meaning(self, options: Sequence[Option], text: str) -> str | None:
        if self._encoder is None:
            return None
        said = [(words, option.value) for option in options for words in (option.label, *option.words)]
        asked, *vectors = await self._encoder.encode([text, *(words for words, _ in said)])
        likeness: dict[str, float] = {}
        for vector, (_, value) in zip(vectors, said, strict=True):
            likeness[value] = max(likeness.get(value, -1.0), float(vector @ asked))
        best, *others = sorted(likeness.items(), key=lambda each: -each[1])
        is_ahead = not others or best[1] - others[0][1] >= AHEAD
        return best[0] if best[1] >= ALIKE and is_ahead else None

    async def _by_choice(self, options: Sequence[Option], text: str) -> str | None:
        labels = {option.label: option.value for option in options}
        question = Question(
            task=f"Answer with the option that fits: {', '.join(labels)}.",
            options=tuple(labels),
            examples=tuple((words, option.label) for option in options for words in option.words[:1]),
            neutral=NOTHING,
        )
        choice = await self._judge.decide(question, text)
        return labels[choice.best] if choice.confidence >= SURE else None
