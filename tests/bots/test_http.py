"""What the service says of itself over HTTP."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import aiohttp
import pytest

from bots import http
from core.delivery.admission import Admission
from core.engine.types import Load
from core.fairness.monitor import Watch
from core.health import Health
from core.settings import Settings
from core.store.records import Gap, Served
from core.store.sqlite.archive import SqliteArchive
from core.testing import FakeClock, ScriptedEngine


@dataclass
class Platform:
    """A part that is as it is told to be."""

    state: Health = field(default_factory=lambda: Health(part="slack", ok=True, detail="Receiving."))

    def health(self) -> Health:
        return self.state


class _Gaps:
    """As many topics as a season brings."""

    async def note(self, turn_id: str, topic: str, reason: str, example: str) -> None:
        raise NotImplementedError

    async def since(self, begin: datetime) -> Sequence[Gap]:
        asked = ["parking"] * 5 + ["maria"] + [f"thing{chr(97 + number)}" for number in range(26)] * 3
        return [
            Gap(turn_id=str(number), topic=topic, reason="not sure", example="", asked_at=begin)
            for number, topic in enumerate(asked)
        ]


class _Archive(SqliteArchive):
    """Two languages, one of them with fewer people than may be told of."""

    def __init__(self) -> None:
        self.looks = 0

    async def served(self, begin: datetime) -> Sequence[Served]:
        self.looks += 1
        assert self.looks == 1, "once an hour is enough"
        figures = {"people": 100, "judging": 0, "satisfied": 0}
        return [
            Served(platform="slack", direct=True, language="de", handed_over=5, **figures),
            Served(platform="slack", direct=True, language="es", handed_over=60, **figures),
            Served(platform="web", direct=True, language="es", handed_over=0, **{**figures, "people": 19}),
        ]


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
async def client(platform: Platform) -> AsyncIterator[aiohttp.ClientSession]:
    engine = ScriptedEngine()
    engine.busy = Load(queued=3, active=2, capacity=2, seconds_per_answer=4.0)
    admission = Admission(engine.load)
    admission.backlog = 7
    watch = Watch(_Archive(), FakeClock())
    settings = Settings(FRONTDESK_PORT=0)  # type: ignore[call-arg]  # fields are set by their alias
    async with (
        http.listening(settings, http.state_routes([platform], engine, admission, _Gaps(), watch)) as url,
        aiohttp.ClientSession(url) as session,
    ):
        yield session


async def test_a_living_process_says_so(client: aiohttp.ClientSession) -> None:
    async with client.get("/healthz") as answer:
        assert answer.status == 200


async def test_it_is_ready_once_every_part_is(client: aiohttp.ClientSession, platform: Platform) -> None:
    async with client.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["parts"] == {"slack": {"ok": True, "detail": "Receiving."}}
    platform.state = Health(part="slack", ok=False, detail="The connection is down.")
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        assert not (await answer.json())["ready"]


async def test_the_queues_are_shown_to_prometheus(client: aiohttp.ClientSession) -> None:
    async with client.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    assert "frontdesk_engine_queued 3.0" in lines
    assert "frontdesk_engine_wait_seconds 8.0" in lines
    assert "frontdesk_turns_waiting 0.0" in lines
    assert "frontdesk_conversations_backlog 7.0" in lines


async def test_topics_without_an_answer_are_few_and_nobodys(client: aiohttp.ClientSession) -> None:
    async with client.get("/metrics") as answer:
        shown = [line for line in (await answer.text()).splitlines() if line.startswith("frontdesk_gaps{")]
    assert 'frontdesk_gaps{topic="parking"} 5.0' in shown
    assert 'frontdesk_gaps{topic="other"} 52.0' in shown
    assert len(shown) == 11
    assert not any("maria" in line for line in shown)


async def test_groups_that_fare_otherwise_are_shown_without_anybody_standing_out(
    client: aiohttp.ClientSession,
) -> None:
    for _ in range(2):
        async with client.get("/metrics") as answer:
            lines = (await answer.text()).splitlines()
    spanish = '{by="language",group="es",outcome="handed over"}'
    assert f"frontdesk_people_differ{spanish} 1.0" in lines
    assert any(line.startswith(f"frontdesk_people_share{spanish} 0.5") for line in lines)
    assert not any('group="web"' in line for line in lines)
