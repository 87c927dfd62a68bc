"""The endpoint on the service's own HTTP server, and the official client."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest
from openai import AsyncOpenAI

from bots import http
from bots.openai import endpoint
from bots.openai.keyring import KeyLimits
from core import api_key, settings
from core.clock import SystemClock
from core.engine.encoder import LocalEncoder
from core.engine.metering import Metered
from core.engine.types import Engine
from core.ports import Clock
from core.settings import Settings
from core.store.sqlite.store import open_store
from tests.engine.conftest import default_engine as default_engine
from tests.engine.conftest import default_model as default_model

KEY = "a-key-of-some-length"
CHAT_KEY, EMBEDDINGS_KEY = "a-key-for-chats-alone", "a-key-for-vectors-alone"
KEYS = api_key.listed(
    f"indexer:another-key-of-some-length, {KEY}, chats:{CHAT_KEY}:chat, vectors:{EMBEDDINGS_KEY}:embeddings"
)

CLOCK = SystemClock()


class Serve(Protocol):
    """Serves the endpoint; yields its address."""

    def __call__(
        self,
        engine: Engine,
        encoder: LocalEncoder | None = None,
        *,
        clock: Clock = ...,
        limits: KeyLimits = ...,
    ) -> AbstractAsyncContextManager[str]: ...


@pytest.fixture
def local(tmp_path: Path) -> Settings:
    return settings.load(tmp_path / "absent").model_copy(update={"port": 0, "home": tmp_path})


@pytest.fixture
def serve(local: Settings) -> Serve:
    @asynccontextmanager
    async def serve(
        engine: Engine,
        encoder: LocalEncoder | None = None,
        *,
        clock: Clock = CLOCK,
        limits: KeyLimits = KeyLimits(),  # noqa: B008 - frozen
    ) -> AsyncIterator[str]:
        async with open_store(local.home / "frontdesk.db", clock) as store:
            routes = endpoint.routes(Metered(engine), KEYS, clock, store.spending, encoder, limits=limits)
            with http.address(local.host, local.port) as bound:
                async with http.listening(bound, routes) as url:
                    yield url

    return serve


def client(url: str, key: str = KEY) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=60)
