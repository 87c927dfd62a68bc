"""What the engine takes and gives. Nothing here assumes that the model lives in this process."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
import numpy.typing as npt


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, kw_only=True)
class ChatMessage:
    """One message as the chat template takes it."""

    role: Role
    text: str
    shared: bool = False
    """The same in many conversations, and nothing of any person's: the engine may keep what it read of it."""


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A conversation as the model reads it."""

    text: str
    """Rendered by the model's chat template."""
    ids: tuple[int, ...]
    """Token ids; special tokens come from the template alone, never from anybody's text."""
    model: str
    """NAME@VERSION of the model whose tokens these are: only it can read them."""
    fill_at: int | None = None
    """Before which token blanks change least: at the end of the system text. None where that is not known."""
    shared: int = 0
    """Tokens at the beginning that come from a shared message."""

    @property
    def tokens(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, kw_only=True)
class Options:
    """How to generate; the defaults are greedy."""

    max_tokens: int = 512
    temperature: float = 0.0
    """0 is greedy."""
    top_k: int = 40
    top_p: float = 1.0
    repetition_penalty: float = 1.1
    stop: tuple[str, ...] = ()
    """Generation ends before the first of these."""
    background: bool = False
    """Nobody waits for it: it gives way to everything else, and then finishes as cancelled."""


class Finish(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What an answer cost, as measured."""

    prompt_tokens: int
    generated_tokens: int
    first_token_seconds: float | None
    """From the request to the first token; None when none came."""
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Delta:
    """A piece of an answer; the last one carries `finish` and `usage`."""

    text: str
    finish: Finish | None = None
    usage: Usage | None = None


@dataclass(frozen=True, kw_only=True)
class Choice:
    """How likely each of several answers is, when no other is allowed."""

    options: tuple[str, ...]
    probabilities: tuple[float, ...]
    """In the order of the options; they sum to one."""

    @property
    def best(self) -> str:
        """The likeliest; the first of equals."""
        return self.options[self.probabilities.index(max(self.probabilities))]

    @property
    def confidence(self) -> float:
        """The likeliest one's probability."""
        return max(self.probabilities)

    def of(self, option: str) -> float:
        """An option's probability."""
        return self.probabilities[self.options.index(option)]


@dataclass(frozen=True, kw_only=True)
class Score:
    """How likely a model finds an answer."""

    log_probabilities: tuple[float, ...]
    """Natural logarithms: of each token after those before it, the one that ends the answer among them."""

    @property
    def log_probability(self) -> float:
        """Of the answer and its end."""
        return sum(self.log_probabilities)

    @property
    def tokens(self) -> int:
        """With the one that ends it."""
        return len(self.log_probabilities)


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """Which model answers."""

    name: str
    version: str
    context_length: int
    """Tokens of prompt and answer together."""
    quantisation: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, kw_only=True)
class Load:
    """How busy the engine is."""

    queued: int
    """Requests that wait."""
    active: int
    """Requests that are being answered."""
    capacity: int
    """Answers it can write side by side at good speed."""
    seconds_per_answer: float
    """Time a recent answer held its place, on average; an estimate before there was one."""
    together: int = 1
    """Answers that begin together at most."""
    next_seconds: float | None = None
    """Until the next of those who wait can begin; None where places come free one at a time."""
    workers: int | None = None
    """How many write, where that is on other machines."""

    def wait_seconds(self, position: int) -> float:
        """Seconds until a waiting request is expected to begin.

        Batches, or single places, are taken to come free evenly, as they do where they began at different
        times.

        Args:
            position: in the queue, the next to begin being 1.
        """
        if self.next_seconds is None:
            behind = position - max(0, self.capacity - self.active)
            return max(0, behind) * self.seconds_per_answer / self.capacity
        batches = (position - 1) // self.together
        places = self.active if self.active and self.next_seconds else self.capacity
        return self.next_seconds + batches * self.seconds_per_answer * self.together / places


class Encoder(Protocol):
    """Makes vectors; `core.knowledge.ports.Encoder` says more of the first three."""

    @property
    def reference(self) -> str:
        """NAME@VERSION."""

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> npt.NDArray[np.float32]:
        """The vectors of `texts`, one per row.

        Raises:
            ModelError: the encoder failed.
        """

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text that count, the special ones around it included."""

    def card(self) -> ModelCard:
        """Which model makes the vectors."""


class Engine(Protocol):
    """Writes answers."""

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        """Render and tokenise.

        Args:
            messages: the conversation.
            begun: what the answer begins with already; the model goes on from there.

        Raises:
            PromptTooLong: it does not fit into the model's context.
        """

    async def extend(self, prompt: Prompt, begun: str) -> Prompt:
        """The prompt, with what the answer begins with already: the model goes on from there.

        Raises:
            ModelError: the model that read the prompt is not here.
            PromptTooLong: both do not fit into the model's context.
        """

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""

    def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        """Generate; closing or cancelling the generator frees its place at the next token.

        Raises:
            ModelLeft: the model that read the prompt is not here any more; nothing was written.
            ModelError: the model failed.
        """

    async def choose(self, prompt: Prompt, options: Sequence[str]) -> Choice:
        """How likely the model is to answer with each option, when no other answer is allowed.

        Costs about what a first token costs. `core.engine.structured` builds on it.

        Raises:
            ModelError: the model failed.
            ValueError: there is no option, one is empty, or two are the same.
        """

    def card(self) -> ModelCard:
        """Which model answers now."""

    def load(self) -> Load:
        """How busy it is now."""

    async def close(self) -> None:
        """Cancel what runs and free the model."""
