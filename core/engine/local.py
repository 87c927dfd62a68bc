"""The engine over a model in this process: `ctranslate2.Generator` behind `core.engine.types.Engine`."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from core.engine import memory
from core.engine.calibration import placement, setting
from core.engine.calibration.machine import cores
from core.engine.choice import Logits, Path, tree
from core.engine.decode import IncrementalText
from core.engine.device import Device, load
from core.engine.manifest import Kind
from core.engine.scheduling.cost import PLAIN, CostModel
from core.engine.scheduling.policy import Limits
from core.engine.scheduling.request import Request, Scheduler
from core.engine.scheduling.runner import BatchScheduler
from core.engine.shelf import ShelvedModel, check_kind
from core.engine.template import ChatTemplate, unguarded
from core.engine.tokens import Vocabulary
from core.engine.types import (
    ChatMessage,
    Choice,
    Delta,
    Finish,
    Load,
    ModelCard,
    Options,
    Prompt,
    Score,
    Usage,
)
from core.engine.writer import LONG_PROMPT, Writer
from core.errors import ModelError, PromptTooLong

CPU_CONTEXT = 4096
"""Tokens of prompt and answer at most on a CPU. Attention grows with their square, and nothing interrupts
it: on two cores the default model read 1,500 tokens in 5 s with 0.6 GB, 4,000 in 30 s with 1.7 GB."""
TURNS = 16
"""Batches that take turns on a core at most."""
STATE = 100_000_000
PACKED = 0.15
"""Bytes each of them takes: for the state of what it read, and as a share of the model's, as CTranslate2
packs the weights of the largest matrix anew for each. With the default model 16 took 2.1 GB at most under
prompts of 50 to 1,500 tokens, where two took 0.8, and 32 took 3.9; under short ones each kept 35 MB."""
CHOICE_TOKENS = 8192
"""Tokens of prompts and options that a choice works on at once: some 400 MB with the catalogue's models."""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How the model is laid over the processor. Which is best depends on model and machine."""

    replicas: int
    """Batches that are worked on at once; they share the weights."""
    threads: int
    """Threads per replica."""
    batch: int = 16
    """Answers written side by side on one replica."""
    cost: CostModel = PLAIN
    compute_type: str = ""
    """One of CTranslate2's; empty for the best that the device has."""
    pinned: bool = False
    """Each replica keeps to a core of its own."""

    @classmethod
    def saved(cls, model: ShelvedModel) -> "Shape":
        """What `frontdesk model calibrate` found for this machine, or what goes without."""
        found = setting.of_this_machine(model.folder)
        if found.setting.isa:
            os.environ.setdefault(setting.ISA, found.setting.isa)
        return cls(
            replicas=found.setting.replicas,
            threads=found.setting.threads,
            batch=found.batch,
            cost=found.cost,
            compute_type=found.setting.compute_type,
            pinned=found.setting.pinned,
        )


class LocalEngine:
    """Fills `Engine` with a model in this process. Make one with `open_engine`.

    Args:
        model: what is loaded.
        vocabulary: the model's.
        generator: `ctranslate2.Generator`, loaded.
        shape: as it was loaded.
    """

    def __init__(self, model: ShelvedModel, vocabulary: Vocabulary, generator: Any, shape: Shape) -> None:
        facts = model.manifest.facts
        self._model = model
        self._vocabulary = vocabulary
        self._generator = generator
        self._template = ChatTemplate(
            facts.chat_template, special=vocabulary.special, bos=facts.bos, eos=facts.eos
        )
        self._context = facts.context_length
        if generator.device == "cpu":
            self._context = min(self._context, CPU_CONTEXT)
        self._writer = Writer(generator, vocabulary)
        self._at_once: int = shape.replicas if generator.device == "cpu" else generator.num_generators
        self._scheduler: Scheduler = BatchScheduler(
            self._writer,
            generator.num_generators,
            self._at_once,
            shape.cost,
            Limits(batch=shape.batch),
        )

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        prompt = await asyncio.to_thread(self._prompt, tuple(messages), begun)
        self._room(prompt)
        return prompt

    async def extend(self, prompt: Prompt, begun: str) -> Prompt:
        (more,) = await asyncio.to_thread(self._vocabulary.encode, [begun])
        extended = replace(prompt, text=prompt.text + begun, ids=(*prompt.ids, *more))
        self._room(extended)
        return extended

    async def warm_up(self) -> None:
        """Compute before somebody waits: the first computation sets things up that later ones find ready.

        Not on every replica: one takes its part of the memory (31 MB of the default model) only once it has
        computed, and is then 30 ms late. A machine that nobody crowds upon is spared that.
        """
        words = self._vocabulary.tokens[-1:]
        await asyncio.gather(
            *(
                asyncio.to_thread(self._generator.generate_batch, [words], max_length=2)
                for _ in range(self._at_once)
            )
        )

    async def count(self, texts: Sequence[str]) -> list[int]:
        return await asyncio.to_thread(self._vocabulary.count, texts)

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        started = time.monotonic()
        request = self._request(prompt, options)
        answer = _Answer(request, self._vocabulary)
        first: float | None = None
        async with aclosing(self._scheduler.generate(request)) as arriving:
            async for ids in arriving:
                first = first or time.monotonic() - started
                text = answer.take(ids)
                if text:
                    yield Delta(text=text)
                if answer.stopped:
                    break
        usage = Usage(
            prompt_tokens=prompt.tokens,
            generated_tokens=answer.generated,
            first_token_seconds=first,
            seconds=time.monotonic() - started,
        )
        yield Delta(text=answer.rest(), finish=answer.finish, usage=usage)

    async def choose(self, prompt: Prompt, options: Sequence[str]) -> Choice:
        answers = tree(await asyncio.to_thread(self._vocabulary.encode, options))
        logits: dict[Path, Logits] = {}
        for rows in self._bounded(prompt, answers.rows()):
            logits |= await self._scheduler.run(partial(self._logits, prompt, rows))
        chances = answers.probabilities(logits, self._model.manifest.facts.end_ids)
        return Choice(options=tuple(options), probabilities=tuple(chances))

    async def score(self, prompt: Prompt, answers: Sequence[str]) -> list[Score]:
        """How likely the model finds each answer, free to give any other.

        Raises:
            ModelError: the model failed.
            PromptTooLong: prompt and answer do not fit into the model's context.
        """
        end = self._model.manifest.facts.end_ids[0]
        ended = [(*ids, end) for ids in await asyncio.to_thread(self._vocabulary.encode, answers)]
        scores: list[Score] = []
        for rows in self._bounded(prompt, ended):
            scores += await self._scheduler.run(partial(self._scores, prompt, rows))
        return scores

    def card(self) -> ModelCard:
        return replace(self._model.card, context_length=self._context)

    def load(self) -> Load:
        return self._scheduler.load()

    async def close(self) -> None:
        await self._scheduler.close()
        await asyncio.to_thread(self._generator.unload_model)

    def _prompt(self, messages: Sequence[ChatMessage], begun: str) -> Prompt:
        guarded = self._template.render(messages)
        ids, mark = self._vocabulary.encode_marked(guarded)
        return Prompt(
            text=unguarded(guarded) + begun,
            ids=(*ids, *self._vocabulary.encode([begun])[0]),
            model=self._model.reference,
            fill_at=mark,
            shared=mark if mark and messages[0].shared else 0,
        )

    def _room(self, prompt: Prompt) -> int:
        """Tokens the context holds beside the prompt."""
        if prompt.tokens >= self._context:
            raise PromptTooLong(f"The prompt has {prompt.tokens} tokens, the context holds {self._context}")
        return self._context - prompt.tokens

    def _request(self, prompt: Prompt, options: Options) -> Request:
        if not prompt.ids:
            raise ModelError("The prompt is empty")
        return Request(
            ids=prompt.ids,
            fill_at=prompt.fill_at if self._writer.fills else None,
            shared=prompt.shared,
            end_ids=self._model.manifest.facts.end_ids,
            max_tokens=min(options.max_tokens, self._room(prompt)),
            options=options,
        )

    def _bounded(self, prompt: Prompt, rows: Sequence[Path]) -> Iterator[Sequence[Path]]:
        """Rows by the handful: each holds a copy of the prompt's state, and chats come in between."""
        longest = prompt.tokens + max(map(len, rows), default=0)
        if longest >= self._context:
            raise PromptTooLong(
                f"The prompt and the options have {longest} tokens, the context holds {self._context}"
            )
        at_once = max(1, CHOICE_TOKENS // longest)
        for start in range(0, len(rows), at_once):
            yield rows[start : start + at_once]

    def _scores(self, prompt: Prompt, rows: Sequence[Path]) -> list[Score]:
        texts = [[self._vocabulary.tokens[number] for number in (*prompt.ids, *row)] for row in rows]
        try:
            results = self._generator.score_batch(texts)
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"The model failed: {error}") from error
        finally:
            if prompt.tokens >= LONG_PROMPT:
                memory.release()
        return [
            Score(log_probabilities=tuple(result.log_probs[-len(row) :]))
            for row, result in zip(rows, results, strict=True)
        ]

    def _logits(self, prompt: Prompt, rows: Sequence[Path]) -> dict[Path, Logits]:
        """The model's scores after the prompt and each beginning of each row."""
        tokens = [self._vocabulary.tokens[number] for number in prompt.ids]
        starts = [[tokens[-1], *(self._vocabulary.tokens[number] for number in row)] for row in rows]
        try:
            results = self._generator.generate_batch(
                starts,
                static_prompt=tokens[:-1] or None,  # read once for all rows
                cache_static_prompt=False,
                max_length=1 + max(map(len, rows)),
                return_logits_vocab=True,
            )
        except (RuntimeError, ValueError) as error:
            raise ModelError(f"The model failed: {error}") from error
        finally:
            if len(tokens) >= LONG_PROMPT:
                memory.release()
        return {
            row[:at]: np.array(result.logits[0][at])
            for row, result in zip(rows, results, strict=True)
            for at in range(len(row) + 1)
        }


class _Answer:
    """What came of one request so far."""

    def __init__(self, request: Request, vocabulary: Vocabulary) -> None:
        self._request = request
        self._text = IncrementalText(vocabulary.bytes_of, request.options.stop)
        self._ended = False
        self.generated = 0
        """Tokens, the end token left out."""

    @property
    def stopped(self) -> bool:
        return self._ended or self._text.stopped

    @property
    def finish(self) -> Finish:
        if self.stopped:
            return Finish.STOP
        return Finish.LENGTH if self.generated >= self._request.max_tokens else Finish.CANCELLED

    def take(self, ids: Sequence[int]) -> str:
        self._ended = ids[-1] in self._request.end_ids
        words = ids[:-1] if self._ended else ids
        self.generated += len(words)
        return self._text.feed(words)

    def rest(self) -> str:
        return self._text.finish()


async def open_engine(
    model: ShelvedModel, device: Device = "auto", shape: Shape | None = None
) -> LocalEngine:
    """Load a model and keep it ready.

    Args:
        model: from the shelf.
        device: `auto` takes a GPU where there is one.
        shape: for the CPU; by default what calibration found.

    Raises:
        ModelError: the model or the device cannot be used, or the model does not chat.
    """
    check_kind(model, Kind.CHAT)
    known = await asyncio.to_thread(Shape.saved, model) if shape is None else shape
    vocabulary, generator = await asyncio.to_thread(_load, model, device, known)
    engine = LocalEngine(model, vocabulary, generator, known)
    await engine.warm_up()
    return engine


def _load(model: ShelvedModel, device: Device, shape: Shape) -> tuple[Vocabulary, Any]:
    vocabulary = Vocabulary.load(model.folder)
    before = placement.threads()
    replicas = shape.replicas * (1 if shape.pinned or shape.threads > 1 else turns(model))
    generator = load(model, device, replicas=replicas, threads=shape.threads, compute_type=shape.compute_type)
    if shape.pinned and generator.device == "cpu":
        placement.pin(placement.threads() - before)
    return vocabulary, generator


def turns(model: ShelvedModel) -> int:
    """Batches that take turns on a core: as many as a sixth of the memory has room for."""
    return max(1, min(TURNS, int(memory.machine() / 6 / cores() / (STATE + PACKED * model.size))))
