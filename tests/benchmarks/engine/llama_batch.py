"""llama.cpp as its server drives it: continuous batching over the low-level interface of llama-cpp-python.

`python -m tests.benchmarks.engine.llama_batch MODEL.gguf LOAD.json RESULT.json THREADS`, with a Python that
has llama-cpp-python. Every step holds one token of each answer that is being written, then as many tokens of
waiting prompts as the batch still takes; a new prompt is read from where it differs from what its slot holds.
This is what llama-server does (`update_slots` in tools/server/server-context.cpp).
"""

import asyncio
import ctypes
import queue
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import llama_cpp
import numpy as np

from tests.benchmarks.engine.llama_clients import Ask, load_from, measure, write

BATCH = 512
"""Tokens of a step at most. llama-server takes 2,048 by default: answers then wait longer for prompts, and
nothing is read faster, as 512 are computed at once in either case."""


@dataclass(eq=False, kw_only=True)
class Job:
    """One question on its way."""

    ids: Sequence[int]
    answer: int
    put: "asyncio.Queue[int]"
    loop: asyncio.AbstractEventLoop
    read: int = 0
    written: list[int] = field(default_factory=list)

    def tell(self) -> None:
        self.loop.call_soon_threadsafe(self.put.put_nowait, 1)


@dataclass(eq=False)
class Slot:
    """A sequence of the context, and the tokens whose state it holds."""

    number: int
    held: list[int] = field(default_factory=list)
    job: Job | None = None


class Llama:
    """A model that answers on a thread of its own."""

    def __init__(self, path: str, slots: int, length: int, threads: int) -> None:
        llama_cpp.llama_log_set(_QUIET, ctypes.c_void_p())
        llama_cpp.llama_backend_init()
        model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
        options = llama_cpp.llama_context_default_params()
        options.n_seq_max = slots
        options.n_ctx = slots * -(-length // 256) * 256
        options.n_batch = options.n_ubatch = BATCH
        options.n_threads = options.n_threads_batch = threads
        options.kv_unified = False
        self._context = llama_cpp.llama_init_from_model(model, options)
        if self._context is None:
            raise RuntimeError("llama.cpp could not make a context")
        self._memory = llama_cpp.llama_get_memory(self._context)
        self._vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
        self._batch = llama_cpp.llama_batch_init(BATCH, 0, 1)
        self._slots = [Slot(number) for number in range(slots)]
        self._waiting: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._queue: list[Job] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    async def answer(self, ask: Ask) -> AsyncIterator[int]:
        arrived: asyncio.Queue[int] = asyncio.Queue()
        job = Job(ids=ask.ids, answer=ask.answer, put=arrived, loop=asyncio.get_running_loop())
        self._waiting.put(job)
        came = 0
        while came < ask.answer:
            tokens = await arrived.get()
            while not arrived.empty():
                tokens += arrived.get_nowait()
            came += tokens
            yield tokens

    def close(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            idle = not any(slot.job for slot in self._slots) and not self._queue
            while idle or not self._waiting.empty():
                job = self._waiting.get()
                if job is None:
                    return
                self._queue.append(job)
                idle = False
            self._assign()
            self._step()

    def _assign(self) -> None:
        """Each question to the free slot that holds most of its beginning."""
        while self._queue and (free := [slot for slot in self._slots if slot.job is None]):
            job = self._queue.pop(0)
            slot = max(free, key=lambda slot: _common(slot.held, job.ids))
            job.read = min(_common(slot.held, job.ids), len(job.ids) - 1)
            llama_cpp.llama_memory_seq_rm(self._memory, slot.number, job.read, -1)
            del slot.held[job.read :]
            slot.job = job

    def _step(self) -> None:
        self._batch.n_tokens = 0
        wanted: list[tuple[int, Slot]] = []
        busy = [slot for slot in self._slots if slot.job]
        for slot in busy:
            if slot.job and slot.job.written:
                wanted.append((self._add(slot, slot.job.written[-1], True), slot))
        for slot in busy:
            job = slot.job
            if job and not job.written:
                room = BATCH - self._batch.n_tokens
                for token in job.ids[job.read : job.read + room]:
                    job.read += 1
                    at = self._add(slot, token, job.read == len(job.ids))
                    if job.read == len(job.ids):
                        wanted.append((at, slot))
        if llama_cpp.llama_decode(self._context, self._batch):
            raise RuntimeError("llama.cpp could not decode")
        for at, slot in wanted:
            self._take(slot, self._best(at))

    def _add(self, slot: Slot, token: int, wanted: bool) -> int:
        at = self._batch.n_tokens
        self._batch.token[at] = token
        self._batch.pos[at] = len(slot.held)
        self._batch.n_seq_id[at] = 1
        self._batch.seq_id[at][0] = slot.number
        self._batch.logits[at] = wanted
        self._batch.n_tokens = at + 1
        slot.held.append(token)
        return int(at)

    def _best(self, at: int) -> int:
        logits = llama_cpp.llama_get_logits_ith(self._context, at)
        return int(np.ctypeslib.as_array(logits, (self._vocabulary,)).argmax())

    def _take(self, slot: Slot, token: int) -> None:
        job = slot.job
        if job is None:
            return
        job.written.append(token)
        job.tell()
        if len(job.written) == job.answer:
            slot.job = None


def _common(held: Sequence[int], ids: Sequence[int]) -> int:
    for at, (left, right) in enumerate(zip(held, ids, strict=False)):
        if left != right:
            return at
    return min(len(held), len(ids))


def _say_nothing(level: int, text: bytes, data: ctypes.c_void_p) -> None:
    """llama.cpp writes pages to standard error."""


_QUIET = llama_cpp.llama_log_callback(_say_nothing)


async def main(model: str, load_path: str, result_path: str, threads: int) -> None:
    load = load_from(Path(load_path))
    llama = Llama(model, len(load.chats), load.longest, threads)
    warm = Ask(system="", user="", ids=load.chats[0][0].ids[:40], answer=4, at=None)
    async for _ in llama.answer(warm):
        pass
    write(await measure(load, llama.answer), Path(result_path))
    llama.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
