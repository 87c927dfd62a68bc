"""The default model under a crowd: neighbours in a batch do not touch each other."""

import asyncio
from dataclasses import replace

import pytest

from core.engine.local import LocalEngine
from core.engine.types import ChatMessage, Finish, Options, Prompt, Role
from tests.benchmarks.engine.soak import QUESTIONS, soak

pytestmark = pytest.mark.model


async def _ask(engine: LocalEngine, prompt: Prompt, options: Options) -> tuple[str, Finish | None]:
    deltas = [delta async for delta in engine.stream(prompt, options)]
    return "".join(delta.text for delta in deltas), deltas[-1].finish


async def test_a_greedy_answer_is_the_same_in_a_batch_as_alone(default_engine: LocalEngine) -> None:
    asked = await default_engine.prepare([ChatMessage(role=Role.USER, text="What is the capital of France?")])
    options = Options(max_tokens=24)
    alone = await _ask(default_engine, asked, options)
    together = await asyncio.gather(*(_ask(default_engine, asked, options) for _ in range(12)))
    assert set(together) == {alone}


async def test_an_end_token_in_a_longer_prompt_does_not_make_answers_run_on(
    default_engine: LocalEngine,
) -> None:
    """CTranslate2 counts the rest of a prompt as written; a penalty on it would keep answers going."""
    short, long = [
        await default_engine.prepare(
            [
                ChatMessage(role=Role.SYSTEM, text="You are a helpful AI assistant."),
                ChatMessage(role=Role.USER, text=text),
            ]
        )
        for text in ("What is the capital of France?", "Please tell me: what is the capital city of France?")
    ]
    strong = Options(max_tokens=60, repetition_penalty=1.3)
    alone = [await _ask(default_engine, prompt, strong) for prompt in (short, long)]
    together = await asyncio.gather(
        *(_ask(default_engine, prompt, strong) for prompt in (short, long, short, long))
    )
    assert alone[0][1] is Finish.STOP
    for (_, by_itself), (_, in_company) in zip(alone * 2, together, strict=True):
        assert in_company is Finish.STOP or by_itself is Finish.LENGTH


async def test_prompts_are_filled_up_only_where_it_is_known_to_be_harmless(
    default_engine: LocalEngine,
) -> None:
    with_system = await default_engine.prepare(
        [ChatMessage(role=Role.SYSTEM, text="Be brief."), ChatMessage(role=Role.USER, text="Hi")]
    )
    without = await default_engine.prepare([ChatMessage(role=Role.USER, text="Hi")])
    assert without.fill_at is None
    assert with_system.fill_at is not None
    assert 0 < with_system.fill_at < with_system.tokens
    assert (with_system.shared, replace(with_system, shared=0)) == (0, with_system)


async def test_who_leaves_in_the_middle_leaves_nothing_behind(default_engine: LocalEngine) -> None:
    found = await soak(default_engine, 24, QUESTIONS[:2])
    assert found.left == 0
    assert (found.answers["same"], found.answers["different"]) == (24, 0)
