"""The engine streams, stops, counts and shuts down as its protocol says."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path

import pytest

from core.engine.local import CPU_CONTEXT, LocalEngine, open_engine
from core.engine.provision import convert
from core.engine.shelf import Shelf, ShelvedModel
from core.engine.tokens import Vocabulary
from core.engine.types import ChatMessage, Delta, Engine, Finish, Options, Prompt, Role
from core.errors import ModelError, PromptTooLong
from tests.engine.tiny import LLAMA, make_weights, reference_greedy, write_gguf

IDLE = (0, 0)
PLAIN = Options(max_tokens=20, repetition_penalty=1.0)
ENDLESS = Options(max_tokens=4000, repetition_penalty=1.0)


async def prompt(engine: Engine, text: str = "Hello") -> Prompt:
    return await engine.prepare([ChatMessage(role=Role.USER, text=text)])


async def answer(deltas: AsyncGenerator[Delta, None]) -> tuple[str, Delta]:
    """The whole text, and the last delta."""
    collected = [delta async for delta in deltas]
    assert all(delta.finish is None and delta.usage is None for delta in collected[:-1])
    return "".join(delta.text for delta in collected), collected[-1]


def busy(engine: Engine) -> tuple[int, int]:
    """Requests that wait, and those being answered."""
    load = engine.load()
    return load.queued, load.active


async def until_load(engine: Engine, load: tuple[int, int]) -> None:
    async with asyncio.timeout(60):
        while busy(engine) != load:
            await asyncio.sleep(0.005)


async def test_the_answer_is_the_references_and_is_counted(
    tiny_engine: LocalEngine, tiny_model: ShelvedModel
) -> None:
    asked = await prompt(tiny_engine)
    text, last = await answer(tiny_engine.stream(asked, PLAIN))
    expected = reference_greedy(make_weights(LLAMA), list(asked.ids), 20)
    assert await tiny_engine.prepare([ChatMessage(role=Role.USER, text="Hello")]) == asked
    assert last.finish is Finish.LENGTH
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.generated_tokens) == (asked.tokens, len(expected))
    assert last.usage.first_token_seconds is not None
    assert 0 < last.usage.first_token_seconds <= last.usage.seconds
    said = b"".join(map(Vocabulary.load(tiny_model.folder).bytes_of, expected)).decode("utf-8", "replace")
    assert said.startswith(text)
    assert len(said) - len(text) <= 1, "a character cut by the limit at most"


async def test_text_comes_while_the_model_writes(tiny_engine: LocalEngine) -> None:
    deltas = tiny_engine.stream(await prompt(tiny_engine), ENDLESS)
    await anext(deltas)
    assert tiny_engine.load().active == 1
    await deltas.aclose()


async def test_many_are_answered_at_once_and_alike(tiny_engine: LocalEngine) -> None:
    asked = await prompt(tiny_engine)
    results = await asyncio.gather(*(answer(tiny_engine.stream(asked, PLAIN)) for _ in range(16)))
    assert len({text for text, _ in results}) == 1
    assert {last.finish for _, last in results} == {Finish.LENGTH}
    assert busy(tiny_engine) == IDLE


async def test_closing_a_stream_gives_its_place_back(tiny_engine: LocalEngine) -> None:
    asked = await prompt(tiny_engine)
    endless = [tiny_engine.stream(asked, ENDLESS) for _ in range(2)]
    for deltas in endless:
        await anext(deltas)
    waiting = tiny_engine.stream(asked, ENDLESS)
    first = asyncio.create_task(anext(waiting))
    await until_load(tiny_engine, (1, 2))
    await endless[0].aclose()
    assert (await first).finish is None
    assert tiny_engine.load().active == 2, "the other one still runs"
    await waiting.aclose()
    await endless[1].aclose()
    await until_load(tiny_engine, IDLE)


async def test_a_cancelled_task_leaves_the_queue_and_the_model(tiny_engine: LocalEngine) -> None:
    asked = await prompt(tiny_engine)
    tasks = [asyncio.create_task(answer(tiny_engine.stream(asked, ENDLESS))) for _ in range(5)]
    async with asyncio.timeout(60):
        while sum(busy(tiny_engine)) < 5:
            await asyncio.sleep(0.005)
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    await until_load(tiny_engine, IDLE)


async def test_closing_the_engine_ends_what_runs_and_what_waits(tiny_model: ShelvedModel) -> None:
    engine = await open_engine(tiny_model, "cpu")
    asked = await prompt(engine)
    running = engine.stream(asked, ENDLESS)
    first = await anext(running)
    waiting = [asyncio.create_task(answer(engine.stream(asked, ENDLESS))) for _ in range(6)]
    while sum(busy(engine)) < 7:
        await asyncio.sleep(0.005)
    await engine.close()
    text, last = await answer(running)
    assert (last.finish, last.usage is not None, first.text + text != "") == (Finish.CANCELLED, True, True)
    for task in waiting:
        assert (await task)[1].finish is Finish.CANCELLED
    with pytest.raises(ModelError, match="closed"):
        await answer(engine.stream(asked, PLAIN))


async def test_a_stop_string_ends_the_answer_before_it(tiny_engine: LocalEngine) -> None:
    asked = await prompt(tiny_engine)
    whole, _ = await answer(tiny_engine.stream(asked, PLAIN))
    stop = whole[3:5]
    text, last = await answer(
        tiny_engine.stream(asked, Options(max_tokens=4000, repetition_penalty=1.0, stop=(stop,)))
    )
    assert text == whole[: whole.index(stop)]
    assert last.finish is Finish.STOP
    assert last.usage is not None
    assert last.usage.generated_tokens < 4000
    await until_load(tiny_engine, IDLE)


async def test_sampling_differs_from_greedy_and_stays_text(tiny_engine: LocalEngine) -> None:
    asked = await prompt(tiny_engine)
    hot = Options(max_tokens=40, temperature=5.0, top_k=200, repetition_penalty=1.0)
    texts = {(await answer(tiny_engine.stream(asked, hot)))[0] for _ in range(3)}
    assert len(texts) == 3


async def test_the_context_is_the_limit(tiny_engine: LocalEngine) -> None:
    context = tiny_engine.card().context_length
    with pytest.raises(PromptTooLong, match=f"context holds {context}"):
        await prompt(tiny_engine, "x" * 100_000)
    nearly = Prompt(text="", ids=tuple([50] * (context - 3)), model="")
    _, last = await answer(tiny_engine.stream(nearly, Options(max_tokens=100)))
    assert last.finish is Finish.LENGTH
    assert last.usage is not None
    assert last.usage.generated_tokens == 3
    with pytest.raises(PromptTooLong):
        await answer(tiny_engine.stream(Prompt(text="", ids=tuple([50] * context), model=""), PLAIN))


@pytest.mark.parametrize("text", ["", " ", "\x00", "😀" * 50, "שלום עולם", "\ud800"])
async def test_odd_texts_are_answered(tiny_engine: LocalEngine, text: str) -> None:
    _, last = await answer(tiny_engine.stream(await prompt(tiny_engine, text), PLAIN))
    assert last.finish is Finish.LENGTH


async def test_an_empty_prompt_is_refused(tiny_engine: LocalEngine) -> None:
    with pytest.raises(ModelError, match="empty"):
        await answer(tiny_engine.stream(Prompt(text="", ids=(), model=""), PLAIN))


async def test_counts_are_tokens(tiny_engine: LocalEngine) -> None:
    assert await tiny_engine.count(["", "the", " the", "<|im_end|>", "\ud800"]) == [0, 2, 1, 10, 1]


async def test_a_cpu_is_given_no_more_than_it_can_read(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "long.gguf", make_weights(replace(LLAMA, context=131_072)))
    engine = await open_engine(convert(path, Shelf(tmp_path), name="long"), "cpu")
    assert engine.card().context_length == CPU_CONTEXT
    with pytest.raises(PromptTooLong):
        await prompt(engine, "x" * CPU_CONTEXT)
    await engine.close()


async def test_the_card_tells_the_model(tiny_engine: LocalEngine, tiny_model: ShelvedModel) -> None:
    card = tiny_engine.card()
    assert (card.name, card.version) == ("tiny", tiny_model.manifest.version)
    assert (card.context_length, card.quantisation, card.licence) == (4096, "int8", "apache-2.0")


async def test_a_missing_device_is_named(tiny_model: ShelvedModel) -> None:
    with pytest.raises(ModelError, match="FRONTDESK_DEVICE"):
        await open_engine(tiny_model, "cuda")


async def test_the_load_tells_places_and_the_time_an_answer_takes(tiny_engine: LocalEngine) -> None:
    assert tiny_engine.load().capacity == 2 * tiny_engine.load().together
    asked = await prompt(tiny_engine)
    _, last = await answer(tiny_engine.stream(asked, PLAIN))
    assert last.usage is not None
    assert 0 < tiny_engine.load().seconds_per_answer <= last.usage.seconds
    await until_load(tiny_engine, IDLE)
