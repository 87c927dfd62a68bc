"""Our engine under a load, and CTranslate2 by itself: a process for each measurement of `llama_compare`."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import Any

import ctranslate2

from core import settings
from core.engine.local import open_engine
from core.engine.shelf import Shelf, ShelvedModel
from core.engine.tokens import Vocabulary
from core.engine.types import Engine, Options
from tests.benchmarks.engine.llama_clients import Answer, Ask, load_from, measure, write
from tests.benchmarks.engine.llama_loads import messages


def endless(model: ShelvedModel) -> ShelvedModel:
    """The model, whose answers end at their limit alone: both contenders must write equally much."""
    never = len(Vocabulary.load(model.folder).tokens) - 1
    facts = replace(model.manifest.facts, end_ids=(never,))
    return replace(model, manifest=replace(model.manifest, facts=facts))


def through(engine: Engine) -> Answer:
    """Questions answered by the engine, as the assistant asks it."""

    async def answer(ask: Ask) -> AsyncIterator[int]:
        prompt = await engine.prepare(messages(ask.system, ask.user))
        options = Options(max_tokens=ask.answer, repetition_penalty=1.0)
        async with aclosing(engine.stream(prompt, options)) as deltas:
            async for delta in deltas:
                if delta.usage:
                    yield delta.usage.generated_tokens
                elif delta.text:
                    yield 0

    return answer


def one_at_a_time(model: ShelvedModel, threads: int) -> Answer:
    """CTranslate2 by itself, which is given one question after the other."""
    vocabulary = Vocabulary.load(model.folder)
    generator = ctranslate2.Generator(str(model.folder), compute_type="int8", intra_threads=threads)
    turn = asyncio.Lock()

    async def answer(ask: Ask) -> AsyncIterator[int]:
        loop, arrived = asyncio.get_running_loop(), asyncio.Queue[int]()

        def put(_: Any) -> bool:
            loop.call_soon_threadsafe(arrived.put_nowait, 1)
            return False

        def generate() -> None:
            generator.generate_batch(
                [[vocabulary.tokens[number] for number in ask.ids]],
                max_length=ask.answer,
                end_token=[len(vocabulary.tokens) - 1],
                include_prompt_in_result=False,
                callback=put,
            )

        async with turn:
            job = asyncio.create_task(asyncio.to_thread(generate))
            for _ in range(ask.answer):
                yield await arrived.get()
            await job

    return answer


async def main(name: str, load_path: str, result_path: str, how: str) -> None:
    """Measure and write the result; `how` is `batched`, or the threads of one at a time."""
    model = endless(Shelf(settings.load().home).find(name))
    load = load_from(Path(load_path))
    if how != "batched":
        write(await measure(load, one_at_a_time(model, int(how))), Path(result_path))
        return
    engine = await open_engine(model, "cpu")
    started = time.perf_counter()
    async for _ in through(engine)(replace(load.chats[0][0], user="Hello!", answer=4)):
        pass
    print(f"warm after {time.perf_counter() - started:.1f} s", file=sys.stderr)
    write(await measure(load, through(engine)), Path(result_path))
    await engine.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5]))
