"""What one core of work buys: processor time of reading a prompt and of a step, by answers in the batch.

`python -m tests.benchmarks.engine.llama_profile FOLDER` measures CTranslate2, a `.gguf` in the folder's place
llama.cpp (with a Python that has llama-cpp-python). It is the time of one thread, the best of some
repetitions: what others do to the machine leaves it nearly alone.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

BATCHES = (1, 4, 8, 16, 32)
PROMPT = 60
LONG_PROMPT = 700
STEPS = 24
REPETITIONS = 4

Spend = Callable[[int, int, int], None]
"""Reads so many prompts of so many tokens, and writes so many tokens to each."""


def profile(spend: Spend) -> dict[str, float]:
    """Milliseconds of a step by batch, and of a prompt's token."""
    found = {
        f"step of {batch}": _best(lambda batch=batch: _step(spend, batch))  # type: ignore[misc] # mypy does not infer lambdas with defaults
        for batch in BATCHES
    }
    return {
        **found,
        "token read": _best(lambda: _milliseconds(lambda: spend(1, LONG_PROMPT, 1)) / LONG_PROMPT),
    }


def _step(spend: Spend, batch: int) -> float:
    whole = _milliseconds(lambda: spend(batch, PROMPT, STEPS + 1))
    return (whole - _milliseconds(lambda: spend(batch, PROMPT, 1))) / STEPS


def _best(measure: Callable[[], float]) -> float:
    return round(min(measure() for _ in range(REPETITIONS)), 3)


def _milliseconds(work: Callable[[], None]) -> float:
    before = time.process_time()
    work()
    return 1000 * (time.process_time() - before)


def _ids(count: int) -> list[int]:
    return [random.randrange(1000, 20_000) for _ in range(count)]


def ctranslate2_spends(folder: str) -> Spend:
    import ctranslate2  # noqa: PLC0415 - each interpreter has one of the two

    generator = ctranslate2.Generator(folder, compute_type="int8", intra_threads=1)
    tokens = json.loads((Path(folder) / "vocabulary.json").read_text())

    def spend(batch: int, prompt: int, answer: int) -> None:
        prompts = [[tokens[number] for number in _ids(prompt)] for _ in range(batch)]
        generator.generate_batch(
            prompts, max_length=answer, min_length=answer, include_prompt_in_result=False
        )

    return spend


def llama_spends(path: str) -> Spend:
    from tests.benchmarks.engine.llama_batch import Llama  # noqa: PLC0415 - as above
    from tests.benchmarks.engine.llama_clients import Ask  # noqa: PLC0415 - as above

    llamas: dict[int, Llama] = {}

    async def one(llama: Llama, prompt: int, answer: int) -> None:
        async for _ in llama.answer(Ask(system="", user="", ids=tuple(_ids(prompt)), answer=answer, at=None)):
            pass

    async def all_of_them(batch: int, prompt: int, answer: int) -> None:
        llama = llamas[batch]
        await asyncio.gather(*(one(llama, prompt, answer) for _ in range(batch)))

    def spend(batch: int, prompt: int, answer: int) -> None:
        if batch not in llamas:
            llamas[batch] = Llama(path, batch, LONG_PROMPT + STEPS + 1, threads=1)
        asyncio.run(all_of_them(batch, prompt, answer))

    return spend


if __name__ == "__main__":
    spends = llama_spends if sys.argv[1].endswith(".gguf") else ctranslate2_spends
    print(json.dumps(profile(spends(sys.argv[1]))))
