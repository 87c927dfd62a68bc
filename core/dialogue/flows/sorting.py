"""What a model makes of an answer to a choice that names none of the options: the one it means, or none."""

from typing import Protocol

from core.dialogue.flows.conditions import Value
from core.dialogue.flows.definition import Slot
from core.engine.structured import NOTHING, Judge, Question
from core.errors import ModelError, PromptTooLong

SURE = 0.75
"""The probability from which on it is taken, said aloud, and open to correction: `make bench-flows`."""
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
    """Fills `Sorter` by the model's constrained choice: nothing is parsed from what it writes."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    async def option(self, slot: Slot, text: str) -> Value:
        labels = {option.label: option.value for option in slot.options}
        question = Question(
            task=f"{slot.ask} Sort the answer. Reply with one of: {', '.join(labels)}.",
            options=tuple(labels),
            examples=tuple((word, option.label) for option in slot.options for word in option.words[:1]),
            neutral=NOTHING,
        )
        try:
            choice = await self._judge.decide(question, text[:_LONGEST])
        except (ModelError, PromptTooLong):
            return None
        return labels[choice.best] if choice.confidence >= SURE else None
