"""Vectors of texts from a model in this process: `ctranslate2.Encoder` as `core.knowledge.ports.Encoder`."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt

from core.clock import SystemClock
from core.engine.calibration.machine import cores
from core.engine.device import Device, load
from core.engine.manifest import Kind
from core.engine.shelf import ShelvedModel, check_kind
from core.engine.template import encodable
from core.engine.tokens import cutting_tokenizer
from core.engine.turns import Turns
from core.engine.types import ModelCard
from core.errors import ModelError
from core.ports import Clock

TEXTS = 32
"""Texts that are worked on together at most."""
CHARACTERS = 4096
"""Characters that are worked on together, filling included: some 1,000 tokens of English, a tenth of a second
on a core. Nothing interrupts it, and larger pieces are no quicker."""
TOKEN_CHARACTERS = 64
"""Characters of a text that are looked at, per token that counts: a long one is cut before it is taken
apart."""
GLANCE = 0.05
"""Seconds between two looks whether anybody is being answered."""
PATIENCE = 1.0
"""Seconds that background work lets pass while somebody is being answered, before it does one more piece."""

Vectors = npt.NDArray[np.float32]


class Texts:
    """Takes texts apart into token ids, the special ones around them included.

    Args:
        folder: of the model.
        longest: tokens of a text that count.

    Raises:
        ModelError: the tokenizer is missing or damaged.
    """

    def __init__(self, folder: Path, longest: int) -> None:
        self._tokenizer = cutting_tokenizer(folder, longest)
        self._characters = longest * TOKEN_CHARACTERS

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text's beginning."""
        begun = [encodable(text[: self._characters]) for text in texts]
        return [encoding.ids for encoding in self._tokenizer.encode_batch(begun)]


class LocalEncoder:
    """Fills `core.knowledge.ports.Encoder` with a model in this process. Make one with `open_encoder`.

    Cancelling a call ends it after the pieces that are being worked on, at most one per replica. One replica
    is kept for those who wait, so that a question need not wait for documents.

    Args:
        model: what is loaded.
        texts: takes texts apart for it.
        encoder: `ctranslate2.Encoder`, loaded.
        dimensions: of its vectors.
        busy: tells whether anybody is being answered: then background work holds back.
        clock: for holding back.
    """

    def __init__(
        self,
        model: ShelvedModel,
        texts: Texts,
        encoder: Any,
        dimensions: int,
        busy: Callable[[], bool],
        clock: Clock,
    ) -> None:
        self._model = model
        self._texts = texts
        self._encoder = encoder
        self._dimensions = dimensions
        self._busy = busy
        self._clock = clock
        self._replicas: int = encoder.num_encoders
        self._turns = Turns(self._replicas, kept=min(1, self._replicas - 1))
        self._pool = ThreadPoolExecutor(self._replicas, thread_name_prefix="encoder")
        self._closed = False

    @property
    def reference(self) -> str:
        return self._model.reference

    @property
    def dimensions(self) -> int:
        return self._dimensions

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> Vectors:
        vectors = np.empty((len(texts), self._dimensions), dtype=np.float32)
        waiting = pieces(texts)

        async def work() -> None:
            for piece in waiting:
                vectors[piece] = await self._vectors([texts[at] for at in piece], background=background)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._replicas, len(texts))):
                    group.create_task(work())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return vectors

    async def count(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text that count, the special ones around it included."""
        return list(map(len, await asyncio.to_thread(self._texts.encode, texts)))

    def card(self) -> ModelCard:
        """Which model makes the vectors."""
        return self._model.card

    async def warm_up(self) -> None:
        """Compute once on every replica: the first computation sets things up that later ones find ready."""
        loop = asyncio.get_running_loop()
        work = [loop.run_in_executor(self._pool, self._embed, ["Hello!"]) for _ in range(self._replicas)]
        await asyncio.gather(*work)

    async def close(self) -> None:
        """Let go of the model once what is being worked on is done; whoever still waits is refused."""
        self._closed = True
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        await asyncio.to_thread(self._encoder.unload_model)

    async def _vectors(self, texts: Sequence[str], *, background: bool) -> Vectors:
        if background:
            await self._hold_back()
        await self._turns.take(background=background)
        if self._closed:
            self._turns.give_back()
            raise ModelError("The encoder is closed")
        loop = asyncio.get_running_loop()
        working = self._pool.submit(self._embed, texts)
        # The replica is busy until the work is done, even when whoever asked for it has left.
        working.add_done_callback(lambda _: loop.call_soon_threadsafe(self._turns.give_back))
        return await asyncio.wrap_future(working)

    async def _hold_back(self) -> None:
        waited = 0.0
        while self._busy() and waited < PATIENCE:
            await self._clock.sleep(GLANCE)
            waited += GLANCE

    def _embed(self, texts: Sequence[str]) -> Vectors:
        return embed(self._encoder, self._texts.encode(texts))


def pieces(texts: Sequence[str]) -> Iterator[list[int]]:
    """Which texts to work on together, by their places: those about as long, as they are filled up."""
    piece: list[int] = []
    for at in sorted(range(len(texts)), key=lambda at: len(texts[at])):
        if piece and (len(piece) == TEXTS or (len(piece) + 1) * len(texts[at]) > CHARACTERS):
            yield piece
            piece = []
        piece.append(at)
    if piece:
        yield piece


def embed(encoder: Any, ids: Sequence[Sequence[int]]) -> Vectors:
    """The mean of each text's token vectors, at length 1.

    Args:
        encoder: a `ctranslate2.Encoder`.
        ids: token ids of each text, none empty.

    Raises:
        ModelError: the model failed.
    """
    try:
        states = encoder.forward_batch(ids).last_hidden_state
        if states.device != "cpu":
            states = states.to(ctranslate2.DataType.float32).to_device(ctranslate2.Device.cpu)
        hidden = np.array(states, dtype=np.float32)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"The encoder failed: {error}") from error
    # At length 1 the sum and the mean are the same.
    sums = np.stack([row[: len(each)].sum(axis=0) for row, each in zip(hidden, ids, strict=True)])
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True), dtype=np.float32)


async def open_encoder(
    model: ShelvedModel,
    device: Device = "auto",
    *,
    replicas: int | None = None,
    busy: Callable[[], bool] = lambda: False,
    clock: Clock | None = None,
) -> LocalEncoder:
    """Load a sentence encoder and keep it ready.

    Args:
        model: from the shelf.
        device: `auto` takes a GPU where there is one.
        replicas: pieces of work at once on a CPU, each on one thread; by default one more than there are
            cores, as background work keeps one free.
        busy: tells whether anybody is being answered: then background work holds back.
        clock: this machine's, unless a test brings its own.

    Raises:
        ModelError: the model or the device cannot be used, or the model makes no vectors.
    """
    check_kind(model, Kind.ENCODER)
    texts, encoder, dimensions = await asyncio.to_thread(_load, model, device, replicas or cores() + 1)
    opened = LocalEncoder(model, texts, encoder, dimensions, busy, clock or SystemClock())
    await opened.warm_up()
    return opened


def _load(model: ShelvedModel, device: Device, replicas: int) -> tuple[Texts, Any, int]:
    texts = Texts(model.folder, model.manifest.facts.context_length)
    # More threads make nothing quicker, not even a single query: docs/engine.md has the figures.
    encoder = load(model, device, replicas=replicas, threads=1)
    return texts, encoder, embed(encoder, texts.encode(["Hello!"])).shape[1]
