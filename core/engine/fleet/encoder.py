"""The sentence encoder of workers, as `core.engine.types.Encoder`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from core.engine.encoder import TOKEN_CHARACTERS, Vectors
from core.engine.fleet.asking import Workers, portions
from core.engine.fleet.wire import EncoderCard, Texts, packed, unpacked
from core.engine.template import encodable
from core.engine.types import ModelCard
from core.errors import ModelError

QUESTION_PATIENCE = 1.0
"""Seconds that a question waits for a worker: without its vector, words find passages, too."""


class FleetEncoder:
    """Fills `core.engine.types.Encoder` with workers that have the same encoder.

    Args:
        workers: make the vectors.
        card: of the encoder: only vectors of one can be compared.
    """

    def __init__(self, workers: Workers, card: EncoderCard) -> None:
        self._workers = workers
        self._card = card

    @property
    def described(self) -> EncoderCard:
        """As its workers describe it."""
        return self._card

    @property
    def reference(self) -> str:
        return self._card.card.reference

    @property
    def dimensions(self) -> int:
        return self._card.dimensions

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> Vectors:
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        start = 0
        for some in self._portions(texts):
            answer = await self._ask("encode", some, background=background)
            if len(answer) != len(some) * self.dimensions * vectors.itemsize:
                raise ModelError("A worker answered with vectors of another encoder")
            vectors[start : start + len(some)] = np.frombuffer(answer, np.float32).reshape(len(some), -1)
            start += len(some)
        return vectors

    async def count(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for some in self._portions(texts):
            counts += unpacked(list[int], await self._ask("tokens", some, background=True))
        return counts

    def card(self) -> ModelCard:
        return self._card.card

    def _portions(self, texts: Sequence[str]) -> Iterator[Sequence[str]]:
        """Texts as far as an encoder looks at them, as many as are sent at once."""
        longest = self._card.card.context_length * TOKEN_CHARACTERS
        return portions([encodable(text[:longest]) for text in texts])

    async def _ask(self, verb: str, texts: Sequence[str], *, background: bool) -> bytes:
        asked = Texts(texts=tuple(texts), background=background)
        patience = None if background else QUESTION_PATIENCE
        return await self._workers.ask(
            verb, packed(asked), lambda worker: worker.encoder == self._card, patience
        )


def remember(card: EncoderCard, file: Path) -> None:
    """Write down which encoder workers have, for the next start, at which there may be none yet."""
    fresh = file.with_suffix(".new")
    fresh.write_bytes(packed(card))
    fresh.replace(file)


def remembered(name: str, file: Path) -> EncoderCard | None:
    """Which encoder of this name workers had; None where that is not known."""
    try:
        card = unpacked(EncoderCard, file.read_bytes())
    except (OSError, ModelError):
        return None
    return card if card.card.name == name else None
