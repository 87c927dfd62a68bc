"""Which flow a message begins: by command, by its title, by sentences like its examples.

With a sentence encoder, likeness is the cosine with the nearest example; without one, the words they share.
Of sentences that are only near, the model may decide, by a choice among the flows' titles.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest

import numpy as np

from core.dialogue.flows.library import Version
from core.dialogue.flows.reading import is_question
from core.engine.structured import NOTHING, Judge, Question
from core.errors import ModelError, PromptTooLong
from core.knowledge.ports import Encoder
from core.language.stopwords import STOP

_WORD = re.compile(r"\w+")
_COMMAND = re.compile(r"\s*[/!]([a-z][a-z0-9_]{0,30})\s*", re.IGNORECASE)
LONGEST = 300
"""Characters of a message that begins a flow; who writes more wants more than that."""
SURE = 0.9
"""The least probability of the model's choice. Of 15 sentences that are only near, Qwen2.5 1.5B begins all 8
that want their flow and 2 that want none; SmolLM2 135M is never so sure (`tests.benchmarks.flows`)."""
_OTHER = "Something else"
_OTHERS = ("Thank you very much.", "What is the weather like today?", "Write a short poem about spring.")
"""Messages that begin no flow."""


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """From where on a message is like an example; measured by `make bench-flows`."""

    begin: float
    """It begins the flow."""
    offer: float
    """It is answered as ever, with the flow offered below."""


BY_MEANING = Likeness(begin=0.60, offer=0.45)
"""Cosines of all-MiniLM-L6-v2: of 36 messages that want a flow 25 begin it and none another, of 139 that want
none one begins one."""
BY_WORDS = Likeness(begin=0.35, offer=0.30)
"""Shares of words: 12 of the 36 begin their flow, none of the 139 begins any."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """A flow that a message may want."""

    flow: str
    begins: bool
    """It is sure enough to begin it; else it is offered."""
    likeness: float = 1.0


class Starter:
    """Finds the flow that a message begins.

    Args:
        flows: that there are, by name.
        encoder: where there is one.
        judge: decides about sentences that are only near to an example; None: the flow is offered below.
    """

    def __init__(
        self, flows: Mapping[str, Version], encoder: Encoder | None = None, judge: Judge | None = None
    ) -> None:
        self._flows = flows
        self._encoder = encoder
        self._judge = judge
        self._examples = [
            (name, each) for name, version in flows.items() for each in version.flow.start.examples
        ]
        self._vectors: np.ndarray | None = None

    def named(self, text: str, command: str = "") -> str:
        """The flow whose command or title this is, or empty."""
        word = command or (found[1].casefold() if (found := _COMMAND.fullmatch(text)) else "")
        said = text.strip().casefold()
        for name, version in self._flows.items():
            if (word and word in version.flow.start.commands) or said == version.flow.title.casefold():
                return name
        return ""

    async def find(self, text: str, limits: Likeness | None = None) -> Match | None:
        """The flow that a message wants, by the examples; a question is answered, with the flow offered."""
        if not self._examples or not text.strip() or len(text) > LONGEST:
            return None
        flow, likeness, usual = await self._nearest(text)
        limits = limits or usual
        if likeness < limits.offer:
            return None
        begins = not is_question(text) and (likeness >= limits.begin or await self._is_chosen(flow, text))
        return Match(flow=flow, begins=begins, likeness=likeness)

    async def _is_chosen(self, flow: str, text: str) -> bool:
        """Whether the model chooses the nearest flow, too."""
        if self._judge is None:
            return False
        try:
            choice = await self._judge.decide(self._question, text)
        except (ModelError, PromptTooLong):
            return False
        return choice.best == self._flows[flow].flow.title and choice.confidence >= SURE

    @cached_property
    def _question(self) -> Question:
        begun = {version.flow.title: version.flow.start.examples[:3] for version in self._flows.values()}
        titles = {title: examples for title, examples in begun.items() if examples} | {_OTHER: _OTHERS}
        rounds = zip_longest(*([(each, title) for each in examples] for title, examples in titles.items()))
        return Question(
            task=f"Say which task the person wants to begin: {', '.join(titles)}.",
            options=tuple(titles),
            examples=tuple(example for each in rounds for example in each if example),
            neutral=NOTHING,
        )

    async def _nearest(self, text: str) -> tuple[str, float, Likeness]:
        try:
            scores, limits = await self._by_meaning(text), BY_MEANING
        except ModelError:
            scores, limits = None, BY_WORDS
        if scores is None:
            scores, limits = [_shared(text, example) for _, example in self._examples], BY_WORDS
        best = max(range(len(scores)), key=scores.__getitem__)
        return self._examples[best][0], scores[best], limits

    async def _by_meaning(self, text: str) -> list[float] | None:
        if self._encoder is None:
            return None
        if self._vectors is None:
            self._vectors = await self._encoder.encode([example for _, example in self._examples])
        (asked,) = await self._encoder.encode([text])
        return [float(each) for each in self._vectors @ asked]


def _shared(one: str, other: str) -> float:
    """The share of the words that matter which two sentences have in common."""
    left, right = _words(one), _words(other)
    return len(left & right) / len(left | right) if left and right else 0.0


def _words(text: str) -> set[str]:
    """Words that matter, without their endings."""
    return {word[:5] for word in _WORD.findall(text.casefold()) if word not in STOP}
