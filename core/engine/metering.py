"""How much models read and write for whoever asks, in tokens."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from core.engine.types import ChatMessage, Choice, Delta, Engine, Load, ModelCard, Options, Prompt


@dataclass
class Meter:
    """What was read and written so far."""

    read: int = 0
    """Tokens of prompts, and of texts that became vectors."""
    written: int = 0
    """Tokens of answers; of one that was broken off, its pieces."""

    @property
    def tokens(self) -> int:
        return self.read + self.written


_METER: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """Counts what is read and written for the block and for the tasks that it begins."""
    meter = Meter()
    token = _METER.set(meter)
    try:
        yield meter
    finally:
        _METER.reset(token)


def meter() -> Meter:
    """The meter of whoever asks; for nobody in particular, one at which nobody looks."""
    return _METER.get() or Meter()


class Metered:
    """An engine whose work is counted, also where an answer is broken off.

    Args:
        engine: does it.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        counted, written, is_begun = meter(), 0, False
        async with aclosing(self._engine.stream(prompt, options)) as deltas:
            async for delta in deltas:
                until_now = delta.usage.generated_tokens if delta.usage else written + bool(delta.text)
                counted.read += 0 if is_begun else prompt.tokens
                counted.written += until_now - written
                written, is_begun = until_now, True
                yield delta

    async def choose(self, prompt: Prompt, options: Sequence[str]) -> Choice:
        chosen = await self._engine.choose(prompt, options)
        meter().read += prompt.tokens
        return chosen

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        return await self._engine.prepare(messages, begun)

    async def extend(self, prompt: Prompt, begun: str) -> Prompt:
        return await self._engine.extend(prompt, begun)

    async def count(self, texts: Sequence[str]) -> list[int]:
        return await self._engine.count(texts)

    def card(self) -> ModelCard:
        return self._engine.card()

    def load(self) -> Load:
        return self._engine.load()

    async def close(self) -> None:
        await self._engine.close()
