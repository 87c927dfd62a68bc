"""OpenAI's own client asks for embeddings: formats, refusals, and what is listed."""

import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import openai
import pytest
from prometheus_client import REGISTRY

from bots.openai.embeddings import INPUTS
from bots.openai.keyring import KeyLimits
from core.engine.encoder import LocalEncoder, open_encoder
from core.engine.shelf import ShelvedModel
from core.testing import ScriptedEngine
from tests.bots.openai.conftest import Serve, client
from tests.engine.conftest import tiny_encoder as tiny_encoder

TEXTS = ["How long may I stay at home?", "leaves"]


@pytest.fixture
async def encoder(tiny_encoder: ShelvedModel) -> AsyncIterator[LocalEncoder]:
    opened = await open_encoder(tiny_encoder, "cpu")
    yield opened
    await opened.close()


async def embed(url: str, given: Any, **parameters: Any) -> Any:
    async with client(url) as api:
        return await api.embeddings.create(**{"model": "tiny-encoder", "input": given, **parameters})


@pytest.mark.parametrize("parameters", [{}, {"encoding_format": "float"}, {"dimensions": 32, "user": "u1"}])
async def test_texts_become_vectors(parameters: dict[str, Any], serve: Serve, encoder: LocalEncoder) -> None:
    async with serve(ScriptedEngine(), encoder) as url:
        answer = await embed(url, TEXTS, **parameters)
    vectors = np.array([each.embedding for each in answer.data])
    assert np.allclose(vectors, await encoder.encode(TEXTS), atol=1e-5)
    assert [each.index for each in answer.data] == [0, 1]
    assert answer.model == encoder.reference
    assert answer.usage.prompt_tokens == answer.usage.total_tokens == sum(await encoder.count(TEXTS))


async def test_base64_holds_the_same_numbers(serve: Serve, encoder: LocalEncoder) -> None:
    async with serve(ScriptedEngine(), encoder) as url, client(url) as api:
        raw = await api.embeddings.with_raw_response.create(
            model="tiny-encoder", input=TEXTS, encoding_format="base64"
        )
    data = json.loads(raw.content)["data"]
    vectors = np.stack([np.frombuffer(base64.b64decode(each["embedding"]), dtype="<f4") for each in data])
    assert np.allclose(vectors, await encoder.encode(TEXTS), atol=1e-5)


async def test_one_text_may_stand_alone(serve: Serve, encoder: LocalEncoder) -> None:
    async with serve(ScriptedEngine(), encoder) as url:
        answer = await embed(url, "leaves", model=encoder.reference)
    assert len(answer.data) == 1


async def test_a_long_list_is_answered_in_its_order(serve: Serve, encoder: LocalEncoder) -> None:
    texts = [f"{'leave ' * (number % 7)}{number}" for number in range(200)]
    async with serve(ScriptedEngine(), encoder) as url:
        answer = await embed(url, texts)
    vectors = np.array([each.embedding for each in answer.data])
    assert np.allclose(vectors, await encoder.encode(texts), atol=1e-4)


@pytest.mark.parametrize(
    ("given", "parameters", "param", "code"),
    [
        ([1, 2, 3], {}, "input", "unsupported_parameter"),
        ([[1, 2], [3]], {}, "input", "unsupported_parameter"),
        ([], {}, "input", "invalid_value"),
        ("", {}, "input", "invalid_value"),
        (["leaves", ""], {}, "input", "invalid_value"),
        (["leaves", 5], {}, "input", "invalid_value"),
        (["leaves"] * (INPUTS + 1), {}, "input", "invalid_value"),
        (None, {}, "input", "missing_required_parameter"),
        ("leaves", {"dimensions": 8}, "dimensions", "unsupported_parameter"),
        ("leaves", {"encoding_format": "int8"}, "encoding_format", "invalid_value"),
        ("leaves", {"extra_body": {"truncate": True}}, "truncate", "unknown_parameter"),
    ],
)
async def test_what_cannot_be_done_is_refused_by_name(
    given: Any, parameters: dict[str, Any], param: str, code: str, serve: Serve, encoder: LocalEncoder
) -> None:
    async with serve(ScriptedEngine(), encoder) as url:
        with pytest.raises(openai.BadRequestError) as refused:
            await embed(url, given, **parameters)
    assert (refused.value.param, refused.value.code) == (param, code)


async def test_another_model_is_not_found(serve: Serve, encoder: LocalEncoder) -> None:
    async with serve(ScriptedEngine(), encoder) as url:
        with pytest.raises(openai.NotFoundError, match="ask for 'tiny-encoder'"):
            await embed(url, TEXTS, model="scripted")
        async with client(url) as api:
            with pytest.raises(openai.NotFoundError, match="ask for 'scripted'"):
                await api.chat.completions.create(
                    model="tiny-encoder", messages=[{"role": "user", "content": "Hello"}]
                )


async def test_texts_are_counted_for_their_key_and_within_its_budget(
    serve: Serve, encoder: LocalEncoder
) -> None:
    def read() -> float:
        return (
            REGISTRY.get_sample_value("frontdesk_api_tokens_total", {"key": "key-2", "kind": "read"}) or 0.0
        )

    before = read()
    async with serve(ScriptedEngine(), encoder, limits=KeyLimits(requests=1)) as url:
        used = (await embed(url, TEXTS)).usage.prompt_tokens
        with pytest.raises(openai.RateLimitError, match="key_budget"):
            await embed(url, TEXTS)
    assert read() - before == used > 0


async def test_without_an_encoder_the_mend_is_named(serve: Serve) -> None:
    async with serve(ScriptedEngine()) as url:
        with pytest.raises(openai.NotFoundError, match="frontdesk model pull minilm-l6-v2"):
            await embed(url, TEXTS)


async def test_the_encoder_is_listed_beside_the_model(serve: Serve, encoder: LocalEncoder) -> None:
    async with serve(ScriptedEngine(), encoder) as url, client(url) as api:
        assert [each.id async for each in api.models.list()] == ["scripted", "tiny-encoder"]
        assert (await api.models.retrieve("tiny-encoder")).id == "tiny-encoder"


async def test_a_wrong_key_opens_nothing(serve: Serve, encoder: LocalEncoder) -> None:
    async with serve(ScriptedEngine(), encoder) as url, client(url, "a-wrong-key-of-some-length") as api:
        with pytest.raises(openai.AuthenticationError):
            await api.embeddings.create(model="tiny-encoder", input=TEXTS)


async def test_an_encoder_that_fails_says_so_without_details(serve: Serve, encoder: LocalEncoder) -> None:
    await encoder.close()
    async with serve(ScriptedEngine(), encoder) as url:
        with pytest.raises(openai.InternalServerError) as failed:
            await embed(url, TEXTS)
    assert (failed.value.status_code, failed.value.code) == (503, "model_failed")
