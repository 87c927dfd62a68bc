"""An adapter between a Slack that does as it is told and an intake that remembers."""

import hashlib
import hmac
import json
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from adapters.slack.adapter import SlackAdapter
from core.delivery.pacing import Pacer
from core.knowledge.access import ReadingRoom
from core.message import Arrival
from core.policy import Policies
from core.ports import Leases
from core.settings import Settings
from core.testing import FakeClock, FakeFiles
from tests.adapters.leases import SharedLeases
from tests.adapters.slack.scripted import ScriptedSlack

JSON = {"Content-Type": "application/json"}
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


class MemoryCabinet:
    """A cabinet in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def put(self, name: str, text: str) -> None:
        self.kept[name] = text

    async def get(self, name: str) -> str | None:
        return self.kept.get(name)

    async def remove(self, name: str) -> bool:
        return self.kept.pop(name, None) is not None


class MemoryIntake:
    """Remembers what arrived, each key once, and fails when told to."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.failures: deque[Exception] = deque()

    async def accept(self, arrival: Arrival) -> None:
        if self.failures:
            raise self.failures.popleft()
        if arrival.key not in (each.key for each in self.arrivals):
            self.arrivals.append(arrival)


class Door:
    """The adapter's HTTP surface, as Slack sees it."""

    def __init__(self, client: "TestClient[web.Request, web.Application]", clock: FakeClock) -> None:
        self.client = client
        self._clock = clock

    async def send(
        self, body: bytes, headers: Mapping[str, str] | None = None, *, age: float = 0.0
    ) -> ClientResponse:
        """Post a signed body."""
        signed = self.signature(body, age=age)
        return await self.client.post("/slack/events", data=body, headers={**signed, **(headers or {})})

    def signature(self, body: bytes, *, age: float = 0.0) -> dict[str, str]:
        """The headers that make a body Slack's."""
        timestamp = str(int(self._clock.now().timestamp() - age))
        digest = hmac.new(SECRET.encode(), f"v0:{timestamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={digest}"}

    async def send_event(
        self, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
    ) -> ClientResponse:
        """Post a signed event."""
        return await self.send(json.dumps(body).encode(), {**JSON, **(headers or {})})


@pytest.fixture
async def slack() -> AsyncIterator[ScriptedSlack]:
    yield ScriptedSlack()


@pytest.fixture
async def api_url(slack: ScriptedSlack) -> AsyncIterator[str]:
    async with slack.serve() as url:
        yield url


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def intake() -> MemoryIntake:
    return MemoryIntake()


@pytest.fixture
def cabinet() -> MemoryCabinet:
    return MemoryCabinet()


MakeAdapter = Callable[..., SlackAdapter]


@pytest.fixture
def make_adapter(api_url: str, intake: MemoryIntake, cabinet: MemoryCabinet, clock: FakeClock) -> MakeAdapter:
    """Build an adapter; the given settings replace those of a bot that is reached over HTTP."""

    def make(leases: Leases | None = None, **changes: Any) -> SlackAdapter:
        settings: dict[str, Any] = {
            "slack_bot_token": "xoxb-1",
            "slack_signing_secret": SECRET,
            "slack_api_url": api_url,
        }
        return SlackAdapter(
            settings=Settings.model_validate(settings | changes),
            policies=Policies(),
            intake=intake,
            cabinet=cabinet,
            leases=leases or SharedLeases(),
            pacer=Pacer(clock),
            clock=clock,
            reading_room=ReadingRoom(None, Policies(), None),
            files=FakeFiles(),
        )

    return make


@pytest.fixture
async def adapter(make_adapter: MakeAdapter) -> AsyncIterator[SlackAdapter]:
    """A started adapter."""
    adapter = make_adapter()
    await adapter.start()
    yield adapter
    await adapter.stop()


@pytest.fixture
async def door(adapter: SlackAdapter, clock: FakeClock) -> AsyncIterator[Door]:
    app = web.Application()
    app.add_routes(adapter.routes())
    async with TestClient(TestServer(app)) as client:
        yield Door(client, clock)
