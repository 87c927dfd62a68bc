"""Answers that the core acts on: one of several, yes or no, short JSON.

The structure is ours, only the values are the model's, so nothing is ever parsed out of free text.
"""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from core.engine.types import ChatMessage, Choice, Engine, Options, Role

NOTHING = ("N/A", "", "...")
"""Texts that say nothing: neutral where texts are sorted, not where something is looked for in them."""
LEAST = 1e-4
"""A share of a neutral answer that counts at least: less is noise, and dividing by it would blow it up."""
YES, NO = "Yes", "No"
BASELINES_KEPT = 256
DIGITS = 15
"""Of a number at most."""
WORDS = 24
"""Tokens of a short text at most."""
UNKNOWN = "null"

Value = str | int | float | None


@dataclass(frozen=True, kw_only=True)
class Question:
    """Something to decide about texts."""

    task: str
    """What the model is told; names the options."""
    options: tuple[str, ...]
    examples: tuple[tuple[str, str], ...] = ()
    """Texts and the right option: small models learn more from a few of these than from the task."""
    neutral: tuple[str, ...] = ()
    """Texts for which each option is equally right. Small models favour some options whatever they are asked;
    what they answer about these is divided out ("contextual calibration", Zhao et al. 2021,
    https://arxiv.org/abs/2102.09690)."""

    def messages(self, text: str) -> list[ChatMessage]:
        """The prompt; only its end differs from text to text."""
        shown = [
            ChatMessage(role=role, text=said)
            for asked, answer in self.examples
            for role, said in ((Role.USER, asked), (Role.ASSISTANT, answer))
        ]
        system = ChatMessage(role=Role.SYSTEM, text=self.task)
        return [system, *shown, ChatMessage(role=Role.USER, text=text)]


class Judge:
    """Decides about texts with the engine's model.

    Args:
        engine: whose model decides.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._baselines: OrderedDict[tuple[str, Question], Choice] = OrderedDict()

    async def decide(self, question: Question, text: str) -> Choice:
        """The options' probabilities for this text, against those for the neutral ones where there are any.

        The first decision of a question costs one more for each neutral text.

        Raises:
            ModelError: the model failed.
            PromptTooLong: the question and the text do not fit into the model's context.
        """
        prompt = await self._engine.prepare(question.messages(text))
        choice = await self._engine.choose(prompt, question.options)
        if not question.neutral:
            return choice
        return against(choice, await self._baseline(question, prompt.model))

    async def says_yes(self, question: Question, text: str) -> float:
        """The probability of `YES`; the question's options are `YES` and `NO`. Raises as `decide` does."""
        return (await self.decide(question, text)).of(YES)

    async def _baseline(self, question: Question, model: str) -> Choice:
        key = (model, question)
        if key not in self._baselines:
            choices = []
            for text in question.neutral:
                prompt = await self._engine.prepare(question.messages(text))
                choices.append(await self._engine.choose(prompt, question.options))
            self._baselines[key] = mean(choices)
            while len(self._baselines) > BASELINES_KEPT:
                self._baselines.popitem(last=False)
        return self._baselines[key]


def against(choice: Choice, baseline: Choice) -> Choice:
    """The choice's probabilities divided by the baseline's, made to sum to one again."""
    weights = [
        chance / max(usual, LEAST)
        for chance, usual in zip(choice.probabilities, baseline.probabilities, strict=True)
    ]
    return Choice(options=choice.options, probabilities=tuple(weight / sum(weights) for weight in weights))


def mean(choices: Sequence[Choice]) -> Choice:
    """The mean of choices among the same options."""
    columns = zip(*(choice.probabilities for choice in choices), strict=True)
    return Choice(
        options=choices[0].options, probabilities=tuple(sum(column) / len(choices) for column in columns)
    )


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """A value that is one of these."""

    options: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Number:
    """A number; costs a choice per digit."""

    whole: bool = True
    """Without a fraction."""


@dataclass(frozen=True, kw_only=True)
class Text:
    """A short text: `WORDS` tokens at most, up to the first line break, quote or escape."""


Kind = OneOf | Number | Text


async def fill(
    engine: Engine, messages: Sequence[ChatMessage], slots: Mapping[str, Kind]
) -> dict[str, Value]:
    """Have the model fill an object with exactly these keys; a value it does not know is None.

    Whether a value is known is a choice of the model too. Each slot is asked with what was filled before it.
    Values are the model's guess: ask the person before anything depends on them.

    Raises:
        ModelError: the model failed.
        PromptTooLong: the messages do not fit into the model's context.
    """
    form = _Form(engine, messages)
    values: dict[str, Value] = {}
    for name, kind in slots.items():
        form.write(f"{', ' if values else '{'}{json.dumps(name, ensure_ascii=False)}: ")
        values[name] = await form.value(kind)
        form.write(json.dumps(values[name], ensure_ascii=False))
    return values


class _Form:
    """An object that is being written, by us and the model in turn."""

    def __init__(self, engine: Engine, messages: Sequence[ChatMessage]) -> None:
        self._engine = engine
        self._messages = messages
        self._written = ""

    def write(self, text: str) -> None:
        self._written += text

    async def value(self, kind: Kind) -> Value:
        match kind:
            case OneOf(options=options):
                return await self._one_of(options)
            case Number(whole=whole):
                return await self._number(whole)
            case Text():
                return await self._text()

    async def _one_of(self, options: Sequence[str]) -> Value:
        """The quote after each option ends it, so that none is the beginning of another."""
        written = {json.dumps(option, ensure_ascii=False): option for option in options}
        return written.get(await self._choose([*written, UNKNOWN]))

    async def _number(self, whole: bool) -> Value:
        """Digit by digit: after each the model chooses among those that may follow."""
        first = await self._choose([*"123456789", "0", "-", UNKNOWN])
        if first == UNKNOWN:
            return None
        number = first
        for _ in range(DIGITS):
            following = await self._choose(_may_follow(number, whole), after=number)
            if following == _END:
                break
            number += following
        return int(number) if whole or "." not in number else float(number.rstrip("."))

    async def _text(self) -> Value:
        if await self._choose(['"', UNKNOWN]) == UNKNOWN:
            return None
        prompt = await self._engine.prepare(self._messages, self._written + '"')
        options = Options(max_tokens=WORDS, repetition_penalty=1.0, stop=('"', "\n"))
        text = ""
        async with aclosing(self._engine.stream(prompt, options)) as deltas:
            async for delta in deltas:
                text += delta.text
        return text.partition("\\")[0].strip() or None

    async def _choose(self, options: Sequence[str], after: str = "") -> str:
        prompt = await self._engine.prepare(self._messages, self._written + after)
        return (await self._engine.choose(prompt, options)).best


_END = ","


def _may_follow(number: str, whole: bool) -> list[str]:
    """What JSON lets stand after the beginning of a number."""
    if number == "-":
        return list("123456789")
    digits = [] if number in ("0", "-0") else list("0123456789")
    point = [] if whole or "." in number else ["."]
    end = [] if number.endswith(".") else [_END]
    return [*digits, *point, *end]
