"""What keys may do, as a matrix: whatever does not stand in it is refused."""

from collections.abc import Mapping

import aiohttp
import openai
import pytest

from bots.openai import endpoint
from bots.openai.keyring import KeyLimits
from core.api_key import ApiRight
from core.engine.encoder import open_encoder
from core.engine.shelf import ShelvedModel
from core.settings import Settings
from core.store.sqlite.store import open_store
from core.testing import ScriptedEngine
from tests.bots.openai.conftest import CHAT_KEY, CLOCK, EMBEDDINGS_KEY, KEY, KEYS, Serve, client
from tests.engine.conftest import tiny_encoder as tiny_encoder

HELD: Mapping[str, frozenset[ApiRight]] = {
    KEY: frozenset(ApiRight),
    CHAT_KEY: frozenset({ApiRight.CHAT}),
    EMBEDDINGS_KEY: frozenset({ApiRight.EMBEDDINGS}),
}
"""By key, its rights."""
NEEDED: Mapping[tuple[str, str], ApiRight | None] = {
    ("POST", "/v1/chat/completions"): ApiRight.CHAT,
    ("POST", "/v1/embeddings"): ApiRight.EMBEDDINGS,
    ("GET", "/v1/models"): None,
    ("GET", "/v1/models/{model:.+}"): None,
    ("*", "/v1/{path:.*}"): None,
}
"""By method and path, the right that it takes; None: a key."""


async def test_every_path_stands_in_the_matrix(local: Settings) -> None:
    async with open_store(local.home / "frontdesk.db", CLOCK) as store:
        routes = endpoint.routes(ScriptedEngine(), KEYS, CLOCK, store.spending, limits=KeyLimits())
    assert {(route.method, route.path) for route in routes} == set(NEEDED)


@pytest.mark.parametrize(("call", "right"), NEEDED.items())
@pytest.mark.parametrize("key", HELD)
async def test_a_key_does_what_its_rights_say(
    call: tuple[str, str], right: ApiRight | None, key: str, serve: Serve
) -> None:
    method, path = call[0].replace("*", "DELETE"), call[1].partition("{")[0] + "x" * call[1].endswith("}")
    engine = ScriptedEngine()
    async with (
        serve(engine) as url,
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as session,
        session.request(method, url + path) as answer,
    ):
        code = (await answer.json()).get("error", {}).get("code")
        assert (answer.status == 403) is (right is not None and right not in HELD[key])
        assert (code == "insufficient_permissions") is (answer.status == 403)


@pytest.mark.parametrize("call", NEEDED)
async def test_without_a_key_nothing_is_done(call: tuple[str, str], serve: Serve) -> None:
    method, path = call[0].replace("*", "DELETE"), call[1].partition("{")[0] + "x" * call[1].endswith("}")
    async with (
        serve(ScriptedEngine()) as url,
        aiohttp.ClientSession() as session,
        session.request(method, url + path) as answer,
    ):
        assert answer.status == 401


async def test_a_key_sees_the_models_that_are_for_it_and_hears_which_right_it_lacks(
    serve: Serve, tiny_encoder: ShelvedModel
) -> None:
    encoder = await open_encoder(tiny_encoder, "cpu")
    try:
        async with serve(ScriptedEngine(), encoder) as url:
            seen = {key: await _models(url, key) for key in HELD}
            async with client(url, CHAT_KEY) as api:
                with pytest.raises(openai.PermissionDeniedError, match=r"'chats' .* add 'embeddings'"):
                    await api.embeddings.create(model="tiny-encoder", input="leave")
                with pytest.raises(openai.NotFoundError):
                    await api.models.retrieve("tiny-encoder")
            async with client(url, EMBEDDINGS_KEY) as api:
                assert (await api.embeddings.create(model="tiny-encoder", input="leave")).data
    finally:
        await encoder.close()
    assert seen == {
        KEY: ["scripted", "tiny-encoder"],
        CHAT_KEY: ["scripted"],
        EMBEDDINGS_KEY: ["tiny-encoder"],
    }


async def _models(url: str, key: str) -> list[str]:
    async with client(url, key) as api:
        return [each.id async for each in api.models.list()]
