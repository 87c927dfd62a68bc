"""OpenAI's own client against the endpoint: keys, shapes, streams, refusals."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import openai
import pytest
from prometheus_client import REGISTRY
from pydantic import SecretStr

from bots import http
from bots.openai import endpoint
from bots.openai.keyring import KeyLimits
from core import settings
from core.api_key import ApiKey, ApiRight
from core.engine.types import Options, Prompt
from core.errors import ConfigurationError, ModelError, PromptTooLong
from core.settings import Settings
from core.store.sqlite.store import open_store
from core.testing import FakeClock, ScriptedEngine
from tests.bots.openai.conftest import CLOCK, KEY, Serve, client

PATIENCE = 30.0
"""Seconds to wait for what must come."""
ASKED: list[Any] = [{"role": "user", "content": "the secret question"}]


def text(words: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": words}]


@asynccontextmanager
async def raw(url: str, body: bytes | None = None, key: str = KEY) -> AsyncIterator[aiohttp.ClientResponse]:
    """The answer to a post of these bytes, or to a look at the models."""
    method, path = ("GET", "/v1/models") if body is None else ("POST", "/v1/chat/completions")
    data = None if body is None else BytesIO(body)
    headers = {"Authorization": f"Bearer {key}"}
    async with (
        aiohttp.ClientSession(url, headers=headers) as session,
        session.request(method, path, data=data) as answer,
    ):
        yield answer


async def ask(url: str, **parameters: Any) -> Any:
    async with client(url) as api:
        return await api.chat.completions.create(**{"model": "scripted", "messages": ASKED, **parameters})


async def test_a_question_is_answered(serve: Serve) -> None:
    async with serve(ScriptedEngine("It is noon .")) as url:
        answer = await ask(url)
    assert answer.choices[0].message.content == "It is noon ."
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "scripted@1"
    assert answer.id.startswith("chatcmpl-")
    assert (answer.usage.completion_tokens, answer.usage.total_tokens) == (4, 4 + answer.usage.prompt_tokens)


async def test_a_threat_is_not_told_and_the_answer_says_that_it_was_filtered(serve: Serve) -> None:
    threat = "Well , I will find you and hurt you badly"
    async with serve(ScriptedEngine(threat, threat)) as url, client(url) as api:
        whole = await ask(url)
        assert whole.choices[0].message.content == ""
        assert whole.choices[0].finish_reason == "content_filter"
        assert whole.usage.completion_tokens == 10
        text, reasons = "", []
        stream = await api.chat.completions.create(model="scripted", messages=ASKED, stream=True)
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            reasons.append(chunk.choices[0].finish_reason)
    assert "badly" not in text and reasons[-1] == "content_filter"


async def test_a_stream_is_the_same_answer_in_pieces(serve: Serve) -> None:
    async with serve(ScriptedEngine("It is noon .")) as url, client(url) as api:
        stream = await api.chat.completions.create(model="scripted", messages=ASKED, stream=True)
        chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "It is noon ."
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1


async def test_a_stream_ends_with_usage_where_it_is_asked_for(serve: Serve) -> None:
    async with serve(ScriptedEngine("It is noon .")) as url, client(url) as api:
        stream = await api.chat.completions.create(
            model="scripted", messages=ASKED, stream=True, stream_options={"include_usage": True}
        )
        chunks = [chunk async for chunk in stream]
    assert [bool(chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 4


async def test_the_clients_own_reader_of_streams_understands_it(serve: Serve) -> None:
    async with (
        serve(ScriptedEngine("It is noon .")) as url,
        client(url) as api,
        api.chat.completions.stream(model="scripted", messages=ASKED) as stream,
    ):
        completion = await stream.get_final_completion()
    assert completion.choices[0].message.content == "It is noon ."


async def test_every_role_and_parameter_reaches_the_engine(serve: Serve) -> None:
    engine = ScriptedEngine()
    messages = [
        {"role": "system", "content": "Be brief."},
        {
            "role": "developer",
            "content": [{"type": "text", "text": "Be "}, {"type": "text", "text": "kind."}],
        },
        {"role": "user", "content": "Hello"},
        {"role": "assistant", "content": "Hi", "refusal": None, "tool_calls": None},
        {"role": "user", "content": "Bye", "name": "anna"},
    ]
    async with serve(engine) as url:
        await ask(
            url,
            messages=messages,
            temperature=0.5,
            top_p=0.8,
            max_tokens=5,
            max_completion_tokens=7,
            stop=["\n", "END"],
            user="u1",
            n=1,
        )
        await ask(url, temperature=0, stop="END")
        await ask(url, model="scripted@1")
    assert engine.prompts[0].splitlines() == [
        "system: Be brief.",
        "system: Be kind.",
        "user: Hello",
        "assistant: Hi",
        "user: Bye",
    ]
    assert engine.options == [
        Options(max_tokens=7, temperature=0.5, top_p=0.8, stop=("\n", "END")),
        Options(max_tokens=4096, stop=("END",)),
        Options(max_tokens=4096, temperature=1.0),
    ]


async def test_an_answer_can_be_sent_back_as_it_came(serve: Serve) -> None:
    async with serve(ScriptedEngine("It is noon .")) as url:
        message = (await ask(url)).choices[0].message
        assert (await ask(url, messages=[*ASKED, message, *ASKED])).choices[0].message.content


async def test_the_model_is_listed(serve: Serve) -> None:
    async with serve(ScriptedEngine()) as url, client(url) as api:
        assert [each.id async for each in api.models.list()] == ["scripted"]
        assert (await api.models.retrieve("scripted")).owned_by == "frontdesk"
        with pytest.raises(openai.NotFoundError) as refused:
            await api.models.retrieve("gpt-17")
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("parameters", "param", "code"),
    [
        ({"n": 2}, "n", "unsupported_parameter"),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}]},
            "tools",
            "unsupported_parameter",
        ),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"seed": 1}, "seed", "unsupported_parameter"),
        ({"frequency_penalty": 0.5}, "frequency_penalty", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"extra_body": {"best_of": 2}}, "best_of", "unknown_parameter"),
        ({"temperature": 3}, "temperature", "invalid_value"),
        ({"top_p": 0}, "top_p", "invalid_value"),
        ({"max_tokens": 0}, "max_tokens", "invalid_value"),
        ({"max_tokens": "many"}, "max_tokens", "invalid_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "invalid_value"),
        ({"stop": ""}, "stop", "invalid_value"),
        ({"messages": []}, "messages", "invalid_value"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content", "invalid_value"),
        (
            {
                "messages": [
                    *ASKED,
                    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]},
                ]
            },
            "messages[1].content[0].type",
            "unsupported_parameter",
        ),
        (
            {"messages": [{"role": "assistant", "content": "", "tool_calls": [{"id": "1"}]}]},
            "messages[0].tool_calls",
            "unsupported_parameter",
        ),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    parameters: dict[str, Any], param: str, code: str, serve: Serve
) -> None:
    engine = ScriptedEngine()
    async with serve(engine) as url:
        with pytest.raises(openai.BadRequestError) as refused:
            await ask(url, **parameters)
    assert (refused.value.param, refused.value.code) == (param, code)
    assert param in refused.value.message
    assert engine.prompts == []


async def test_another_model_is_not_found(serve: Serve) -> None:
    async with serve(ScriptedEngine()) as url:
        with pytest.raises(openai.NotFoundError, match="ask for 'scripted'") as refused:
            await ask(url, model="gpt-17")
    assert (refused.value.param, refused.value.code) == ("model", "model_not_found")


async def test_there_is_nothing_else(serve: Serve) -> None:
    async with serve(ScriptedEngine()) as url, client(url) as api:
        with pytest.raises(openai.NotFoundError) as refused:
            await api.responses.create(model="scripted", input="x")
        assert refused.value.code == "unknown_url"


async def test_only_keys_open_it(serve: Serve) -> None:
    engine = ScriptedEngine()
    async with serve(engine) as url:
        for wrong in ("wrong", KEY[:-1], f"{KEY}x", "käse"):
            async with raw(url, key=wrong) as answer:
                assert answer.status == 401
                assert (await answer.json())["error"]["code"] == "invalid_api_key"
        async with client(url, "wrong") as api:
            with pytest.raises(openai.AuthenticationError) as refused:
                await api.chat.completions.create(model="scripted", messages=ASKED)
        async with client(url, "another-key-of-some-length") as api:
            assert await api.models.list()
    assert refused.value.code == "invalid_api_key"
    assert engine.prompts == []


async def test_without_a_key_there_is_no_endpoint(local: Settings) -> None:
    async with open_store(local.home / "frontdesk.db", CLOCK) as store:
        routes = endpoint.routes(ScriptedEngine(), local.api_keys, CLOCK, store.spending, limits=KeyLimits())
    assert routes == []
    with http.address(local.host, local.port) as bound:
        async with http.listening(bound, routes) as url, raw(url) as answer:
            assert answer.status == 404


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"[]", 400, "invalid_json"),
        (b'{"model": NaN}', 400, "invalid_json"),
        (b"[" * 100_000, 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b'{"model": "scripted"}', 400, "missing_required_parameter"),
        (b'{"messages": [{"role": "user", "content": "x"}]}', 400, "missing_required_parameter"),
        (b'{"messages": [7], "model": "scripted"}', 400, "invalid_value"),
        (b'{"messages": "' + b"x" * 1_100_000 + b'"}', 413, "request_too_large"),
    ],
)
async def test_bad_bodies_are_refused_in_openais_form(
    body: bytes, status: int, code: str, serve: Serve
) -> None:
    async with serve(ScriptedEngine()) as url, raw(url, body) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]["code"] == code


class Narrow(ScriptedEngine):
    """Nothing fits."""

    async def prepare(self, messages: Any, begun: str = "") -> Prompt:
        raise PromptTooLong("The prompt has 5000 tokens, the context holds 4096")


async def test_a_prompt_beyond_the_context_is_told_as_openai_tells_it(serve: Serve) -> None:
    async with serve(Narrow(), limits=KeyLimits(requests=1)) as url:
        for _ in range(2):  # what is refused is not counted
            with pytest.raises(openai.BadRequestError, match="context holds 4096") as refused:
                await ask(url)
    assert (refused.value.param, refused.value.code) == ("messages", "context_length_exceeded")


async def test_a_failing_model_is_an_error_and_not_an_answer(serve: Serve) -> None:
    async with serve(ScriptedEngine(ModelError("secret"), ModelError("secret"))) as url:
        with pytest.raises(openai.InternalServerError) as failed:
            await ask(url)
        assert failed.value.code == "model_failed"
        async with client(url) as api:
            stream = await api.chat.completions.create(model="scripted", messages=ASKED, stream=True)
            with pytest.raises(openai.APIError, match="could not answer"):
                [chunk async for chunk in stream]


async def test_too_many_at_once_are_told_to_come_back(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "AT_ONCE", 2)
    engine = ScriptedEngine()
    engine.hold.clear()
    async with serve(engine) as url:
        waiting = [asyncio.create_task(ask(url)) for _ in range(2)]
        async with asyncio.timeout(60):
            while len(engine.prompts) < 2:
                await asyncio.sleep(0.005)
        with pytest.raises(openai.RateLimitError) as refused:
            await ask(url)
        assert refused.value.response.headers["Retry-After"]
        engine.hold.set()
        assert all(answer.choices for answer in await asyncio.gather(*waiting))
        assert (await ask(url)).choices


async def test_the_log_holds_no_text_and_no_key(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="bots")
    async with serve(ScriptedEngine("the secret answer", ModelError("secret"))) as url:
        await ask(url)
        with pytest.raises(openai.InternalServerError):
            await ask(url)
        async with client(url, "a-wrong-secret-key") as api:
            with pytest.raises(openai.AuthenticationError):
                await api.models.list()
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("bots")]
    assert any(" for key-2 by scripted@1: " in line for line in ours)
    assert any(" for key-2: ModelError" in line for line in ours)
    assert not any("secret" in line or KEY in line for line in ours)


def test_keys_have_names_and_hide() -> None:
    listed = f"{KEY}, crm-2: another-{KEY}, shop:a-third-{KEY}:embeddings+chat, index: b{KEY} : embeddings,"
    configured = Settings.model_validate({"FRONTDESK_API_KEYS": listed})
    assert configured.api_keys == (
        ApiKey(name="key-1", secret=SecretStr(KEY)),
        ApiKey(name="crm-2", secret=SecretStr(f"another-{KEY}")),
        ApiKey(name="shop", secret=SecretStr(f"a-third-{KEY}")),
        ApiKey(name="index", secret=SecretStr(f"b{KEY}"), rights=frozenset({ApiRight.EMBEDDINGS})),
    )
    assert KEY not in repr(configured)


@pytest.mark.parametrize(
    ("keys", "mend"),
    [
        ("short", "openssl rand -hex 24"),
        ("a-name:short", "openssl rand -hex 24"),
        (f"Küche:{KEY}", "in entry 1 is no name: write NAME:KEY"),
        (f"{KEY}, Shop:{KEY}:chat", "in entry 2 is no name"),
        (f"{KEY}, {KEY}:b:{KEY}", "openssl rand -hex 24"),
        (f"{KEY}, b:{KEY}b:{KEY}", "in entry 2 are no rights: write NAME:KEY:chat,"),
        (f"crm:{KEY}:", "in entry 1 are no rights"),
        (f"crm:{KEY}:chat+all", "in entry 1 are no rights"),
        (f"crm:{KEY}:chat:embeddings", "in entry 1 are no rights"),
        (f"crm:{KEY},crm:another-{KEY}", "two keys have the same name"),
        (f"key-2:{KEY},another-{KEY}", "two keys have the same name"),
        (f"crm:{KEY},shop:{KEY}", "the same key stands there twice"),
    ],
)
def test_keys_that_cannot_be_told_apart_or_guessed_are_refused(
    keys: str, mend: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FRONTDESK_API_KEYS", keys)
    with pytest.raises(ConfigurationError, match=f"^FRONTDESK_API_KEYS: .*{mend}") as refused:
        settings.load(tmp_path / "absent")
    assert KEY not in str(refused.value)


async def test_a_key_that_has_spent_its_budget_is_told_when_to_come_back(serve: Serve) -> None:
    engine, clock = ScriptedEngine(), FakeClock()
    async with serve(engine, clock=clock, limits=KeyLimits(requests=2)) as url:
        await ask(url)
        await clock.advance(60)
        await ask(url)
        with pytest.raises(openai.BadRequestError):
            await ask(url, seed=1)
        with pytest.raises(openai.RateLimitError, match="'key-2' has spent its 2 requests") as refused:
            await ask(url)
        assert refused.value.code == "key_budget_exceeded"
        assert refused.value.response.headers["Retry-After"] == "540"
        async with client(url) as api, client(url, "another-key-of-some-length") as other:
            assert await api.models.list()
            assert (await other.chat.completions.create(model="scripted", messages=ASKED)).choices
        await clock.advance(540)
        assert (await ask(url)).choices
        with pytest.raises(openai.RateLimitError):
            await ask(url)
    assert len(engine.prompts) == 4


async def test_a_key_has_the_tokens_of_a_day_also_after_a_restart(serve: Serve) -> None:
    engine, clock = ScriptedEngine(), FakeClock()
    limits = KeyLimits(tokens=5)
    async with serve(engine, clock=clock, limits=limits) as url:
        await clock.advance(3600)
        assert (await ask(url)).usage.total_tokens > 5  # what is begun is written to its end
    async with serve(engine, clock=clock, limits=limits) as url:
        with pytest.raises(openai.RateLimitError, match="'key-2' has spent its 5 tokens of today") as refused:
            await ask(url)
        assert refused.value.code == "key_daily_tokens_exceeded"
        assert refused.value.response.headers["Retry-After"] == str(23 * 3600)
        async with client(url, "another-key-of-some-length") as other:
            assert (await other.chat.completions.create(model="scripted", messages=ASKED)).choices
        await clock.advance(23 * 3600)
        assert (await ask(url)).choices
    assert len(engine.prompts) == 3


async def test_who_leaves_before_the_end_has_spent_what_was_read_and_written(serve: Serve) -> None:
    engine = ScriptedEngine("one two three four")
    engine.hold.clear()
    before = {kind: counted("tokens", key="key-2", kind=kind) for kind in ("read", "written")}
    async with serve(engine, limits=KeyLimits(tokens=5)) as url:
        async with client(url) as api:
            stream = await api.chat.completions.create(model="scripted", messages=ASKED, stream=True)
            async for chunk in stream:
                if chunk.choices[0].delta.content == " two":
                    break
            await stream.close()
        async with asyncio.timeout(PATIENCE):
            while counted("tokens", key="key-2", kind="written") < before["written"] + 2:
                await asyncio.sleep(0.01)
        assert counted("tokens", key="key-2", kind="read") == before["read"] + len(engine.prompts[0].split())
        with pytest.raises(openai.RateLimitError, match="tokens of today"):
            await ask(url)


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"frontdesk_api_{name}_total", labels) or 0.0


async def test_what_each_key_asks_for_is_counted_by_its_name(serve: Serve) -> None:
    def figures() -> dict[str, float]:
        return {
            **{f"{key} {status}": counted("requests", key=key, status=status) for key, status in requests},
            **{f"{key} {kind}": counted("tokens", key=key, kind=kind) for key, kind in tokens},
        }

    requests = [(key, status) for key in ("indexer", "key-2") for status in ("200", "400", "503")]
    tokens = [(key, kind) for key in ("indexer", "key-2") for kind in ("read", "written")]
    before = figures()
    async with (
        serve(ScriptedEngine("It is noon .", "Yes .", ModelError())) as url,
        client(url, "another-key-of-some-length") as other,
        client(url, "a-key-that-is-unknown") as stranger,
    ):
        used = (await ask(url)).usage
        stream = await other.chat.completions.create(model="scripted", messages=ASKED, stream=True)
        assert [chunk async for chunk in stream]
        with pytest.raises(openai.BadRequestError):
            await ask(url, seed=1)
        with pytest.raises(openai.InternalServerError):
            await ask(url)
        with pytest.raises(openai.AuthenticationError):
            await stranger.models.list()
    assert {name: value - before[name] for name, value in figures().items() if value - before[name]} == {
        "indexer 200": 1,
        "indexer read": used.prompt_tokens,
        "indexer written": 2,
        "key-2 200": 1,
        "key-2 400": 1,
        "key-2 503": 1,
        "key-2 read": used.prompt_tokens,
        "key-2 written": 4,
    }
