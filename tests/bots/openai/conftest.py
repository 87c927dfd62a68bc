"""The endpoint on the service's own HTTP server, and the official client."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import pytest
from openai import AsyncOpenAI
from pydantic import SecretStr

from bots import http
from bots.openai import endpoint
from core import settings
from core.engine.encoder import LocalEncoder
from core.engine.types import Engine
from core.settings import Settings
from tests.engine.conftest import default_engine as default_engine
from tests.engine.conftest import default_model as default_model

KEY = "a-key-of-some-length"
KEYS = (SecretStr("another-key-of-some-length"), SecretStr(KEY))


class Serve(Protocol):
    """Serves the endpoint; yields its address."""

    def __call__(
        self, engine: Engine, encoder: LocalEncoder | None = None
    ) -> AbstractAsyncContextManager[str]: ...


@pytest.fixture
def local(tmp_path: Path) -> Settings:
    return settings.load(tmp_path / "absent").model_copy(update={"port": 0})


@pytest.fixture
def serve(local: Settings) -> Serve:
    @asynccontextmanager
    async def serve(engine: Engine, encoder: LocalEncoder | None = None) -> AsyncIterator[str]:
        with http.address(local.host, local.port) as bound:
            async with http.listening(bound, endpoint.routes(engine, KEYS, encoder)) as url:
                yield url

    return serve


def client(url: str, key: str = KEY) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=f"{url}/v1", api_key=key, max_retries=0, timeout=60)
