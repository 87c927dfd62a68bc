"""The default model behind the endpoint: real limits, real stops, real cancellation."""

import asyncio
from typing import Any

import openai
import pytest

from core.engine.local import LocalEngine
from core.engine.types import Engine
from tests.bots.openai.conftest import Serve, client

pytestmark = pytest.mark.model

MODEL = "smollm2-135m"
COUNT: list[Any] = [{"role": "user", "content": "Count from one to one hundred in words."}]
PARIS: list[Any] = [{"role": "user", "content": "What is the capital of France?"}]


async def until_idle(engine: Engine, active: int = 0) -> None:
    async with asyncio.timeout(60):
        while engine.load().active != active or engine.load().queued:
            await asyncio.sleep(0.01)


async def test_it_answers(default_engine: LocalEngine, serve: Serve) -> None:
    async with serve(default_engine) as url, client(url) as api:
        answer = await api.chat.completions.create(model=MODEL, messages=PARIS, temperature=0, max_tokens=60)
        stream = await api.chat.completions.create(
            model=MODEL, messages=PARIS, temperature=0, max_tokens=60, stream=True
        )
        streamed = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    assert answer.choices[0].message.content
    assert "Paris" in answer.choices[0].message.content
    assert "Paris" in streamed
    assert answer.model == default_engine.card().reference


async def test_limits_and_stops_are_kept(default_engine: LocalEngine, serve: Serve) -> None:
    async with serve(default_engine) as url, client(url) as api:
        cut = await api.chat.completions.create(model=MODEL, messages=PARIS, max_tokens=3)
        stopped = await api.chat.completions.create(
            model=MODEL, messages=PARIS, temperature=0, stop=["Paris"]
        )
    assert cut.choices[0].finish_reason == "length"
    assert cut.usage is not None
    assert cut.usage.completion_tokens == 3
    assert stopped.choices[0].finish_reason == "stop"
    assert "Paris" not in (stopped.choices[0].message.content or "")


async def test_a_prompt_beyond_the_context_is_refused(default_engine: LocalEngine, serve: Serve) -> None:
    async with serve(default_engine) as url, client(url) as api:
        with pytest.raises(openai.BadRequestError) as refused:
            await api.chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "word " * 9000}]
            )
    assert refused.value.code == "context_length_exceeded"


async def test_a_client_that_leaves_its_stream_frees_the_model(
    default_engine: LocalEngine, serve: Serve
) -> None:
    async with serve(default_engine) as url:
        async with client(url) as api:
            stream = await api.chat.completions.create(model=MODEL, messages=COUNT, stream=True)
            await anext(aiter(stream))
            await stream.close()
        await until_idle(default_engine)


async def test_a_client_that_stops_waiting_frees_the_model(default_engine: LocalEngine, serve: Serve) -> None:
    async with serve(default_engine) as url, client(url) as api:
        waiting = asyncio.create_task(
            api.chat.completions.create(model=MODEL, messages=COUNT, max_tokens=4000)
        )
        await until_idle(default_engine, active=1)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await until_idle(default_engine)
