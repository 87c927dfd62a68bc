"""How well passages answer: a cross-encoder in this process as `core.knowledge.ports.Reranker`."""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import numpy.typing as npt
from tokenizers import Encoding

from core.engine.calibration.machine import cores
from core.engine.conversion.from_cross_encoder import HEAD
from core.engine.device import Device, load
from core.engine.encoder import TOKEN_CHARACTERS, pieces
from core.engine.manifest import Kind
from core.engine.shelf import ShelvedModel, check_kind
from core.engine.template import encodable
from core.engine.tokens import cutting_tokenizer
from core.errors import ModelError

LONGEST = 256
"""Tokens of a question and a passage together that are read: passages have some 180 words at most."""
_TRIALS = 3
_TRIED = "Parental leave is fourteen weeks, paid in full, and is asked for two months before it begins. " * 6
"""About 110 tokens, as passages have."""

Scores = npt.NDArray[np.float32]


class Pairs:
    """Takes a question and passages apart into token ids, together.

    Args:
        folder: of the model.
        longest: tokens of a pair that count.

    Raises:
        ModelError: the tokenizer is missing or damaged.
    """

    def __init__(self, folder: Path, longest: int) -> None:
        self._tokenizer = cutting_tokenizer(folder, longest)
        self._characters = longest * TOKEN_CHARACTERS

    def encode(self, question: str, passages: Sequence[str]) -> list[Encoding]:
        """The beginning of each pair; of the longer text more is left out."""
        asked, *read = (encodable(text[: self._characters]) for text in (question, *passages))
        return self._tokenizer.encode_batch([(asked, each) for each in read])


class LocalReranker:
    """Fills `core.knowledge.ports.Reranker` with a model in this process. Make one with `open_reranker`.

    Cancelling a call ends it after the pieces that are being worked on.

    Args:
        model: what is loaded.
        pairs: takes texts apart for it.
        encoder: `ctranslate2.Encoder` with a pooling layer, loaded.
        head: the row that makes a score of what is pooled, and its bias.
    """

    def __init__(self, model: ShelvedModel, pairs: Pairs, encoder: Any, head: Scores) -> None:
        self._model = model
        self._pairs = pairs
        self._encoder = encoder
        self._head = head
        self._replicas: int = encoder.num_encoders
        self._pool = ThreadPoolExecutor(self._replicas, thread_name_prefix="reranker")
        self._seconds = 0.0

    @property
    def reference(self) -> str:
        return self._model.reference

    @property
    def seconds(self) -> float:
        return self._seconds

    async def scores(self, question: str, passages: Sequence[str]) -> Scores:
        loop = asyncio.get_running_loop()
        scores = np.empty(len(passages), np.float32)
        waiting = pieces(passages)

        async def work() -> None:
            for piece in waiting:
                texts = [passages[at] for at in piece]
                scores[piece] = await loop.run_in_executor(self._pool, self._judge, question, texts)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._replicas, len(passages))):
                    group.create_task(work())
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None
        return scores

    async def calibrate(self) -> None:
        """Find how long a passage takes here; the first computation sets things up that later ones find."""
        together, taken = [_TRIED] * (8 * self._replicas), []
        for _ in range(_TRIALS):
            started = time.perf_counter()
            await self.scores("How long is parental leave?", together)
            taken.append(time.perf_counter() - started)
        self._seconds = min(taken) / len(together)

    async def close(self) -> None:
        """Let go of the model once what is being worked on is done."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        await asyncio.to_thread(self._encoder.unload_model)

    def _judge(self, question: str, passages: Sequence[str]) -> Scores:
        return judge(self._encoder, self._head, self._pairs.encode(question, passages))


def judge(encoder: Any, head: Scores, pairs: Sequence[Encoding]) -> Scores:
    """The score of each pair.

    Args:
        encoder: a `ctranslate2.Encoder` with a pooling layer.
        head: the row that makes a score of what is pooled, and its bias.
        pairs: none empty.

    Raises:
        ModelError: the model failed.
    """
    try:
        pooled = encoder.forward_batch(
            [pair.ids for pair in pairs], token_type_ids=[pair.type_ids for pair in pairs]
        ).pooler_output
        if pooled.device != "cpu":
            pooled = pooled.to(ctranslate2.DataType.float32).to_device(ctranslate2.Device.cpu)
        return np.asarray(np.array(pooled, dtype=np.float32) @ head[:-1] + head[-1], np.float32)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"The reranker failed: {error}") from error


def read_head(folder: Path) -> Scores:
    """The head of the model in `folder`.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        return np.asarray(np.load(folder / HEAD), np.float32)
    except (OSError, ValueError) as error:
        raise ModelError(f"{folder / HEAD} cannot be read: {error}") from error


async def open_reranker(
    model: ShelvedModel, device: Device = "auto", *, replicas: int | None = None
) -> LocalReranker:
    """Load a reranker, find how quick it is, and keep it ready.

    Args:
        model: from the shelf.
        device: `auto` takes a GPU where there is one.
        replicas: pieces of work at once on a CPU, each on one thread; by default one for each core.

    Raises:
        ModelError: the model or the device cannot be used, or the model is no reranker.
    """
    check_kind(model, Kind.RERANKER)
    opened = await asyncio.to_thread(_load, model, device, replicas or cores())
    await opened.calibrate()
    return opened


def _load(model: ShelvedModel, device: Device, replicas: int) -> LocalReranker:
    pairs = Pairs(model.folder, min(LONGEST, model.manifest.facts.context_length))
    head = read_head(model.folder)
    return LocalReranker(model, pairs, load(model, device, replicas=replicas, threads=1), head)
