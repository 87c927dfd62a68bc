"""What the service says of itself over HTTP."""

import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import aiohttp
import pytest
import yaml

from bots import http, service
from bots.backup import MADE_AT
from bots.metrics import Metrics
from core.clock import SystemClock
from core.delivery.admission import Admission
from core.engine.types import Load
from core.errors import StoreError
from core.fairness.monitor import Watch
from core.health import Health
from core.settings import Settings
from core.store.ports import Store, Work
from core.store.records import Gap, Served
from core.store.sql.archive import SqlArchive
from core.store.sqlite.store import open_store
from core.testing import FakeClock, ScriptedEngine
from tests.docs.pages import ROOT
from tests.samples import arrival, message


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


class _Archive(SqlArchive):
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


class _Disk:
    """Of the database; it can be full."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self.is_full = False

    async def beat(self) -> None:
        if self.is_full:
            raise StoreError("The database refused: database or disk is full")
        await self._work.beat()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._work, name)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with open_store(tmp_path / "frontdesk.db", SystemClock()) as store:
        yield replace(store, gaps=_Gaps(), work=cast(Work, _Disk(store.work)))


@pytest.fixture
async def client(platform: Platform, store: Store, tmp_path: Path) -> AsyncIterator[aiohttp.ClientSession]:
    engine = ScriptedEngine()
    engine.busy = Load(queued=3, active=2, capacity=2, seconds_per_answer=4.0, workers=2)
    admission = Admission(engine.load)
    admission.backlog = 7
    settings = Settings.model_validate({"FRONTDESK_PORT": 0, "FRONTDESK_HOME": tmp_path})
    metrics = Metrics(settings, store, engine, admission, Watch(_Archive(), FakeClock()))
    with http.address(settings.host, settings.port) as bound:
        async with (
            http.listening(bound, http.state_routes([platform], engine, store.work, metrics)) as url,
            aiohttp.ClientSession(url) as session,
        ):
            yield session


async def shown(client: aiohttp.ClientSession) -> dict[str, float]:
    """What Prometheus reads, by the name of the series."""
    async with client.get("/metrics") as answer:
        lines = [line for line in (await answer.text()).splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


async def test_a_living_process_says_so(client: aiohttp.ClientSession) -> None:
    async with client.get("/healthz") as answer:
        assert answer.status == 200


async def test_it_says_how_every_part_is_and_takes_in_what_it_can_keep(
    client: aiohttp.ClientSession, platform: Platform
) -> None:
    async with client.get("/readyz") as answer:
        assert answer.status == 200
        assert (await answer.json())["parts"] == {
            "slack": {"ok": True, "detail": "Receiving."},
            "database": {"ok": True, "detail": "Writing."},
        }
    platform.state = Health(part="slack", ok=False, detail="The connection is down.")
    async with client.get("/readyz") as answer:
        assert answer.status == 200
        said = await answer.json()
    assert said["ready"] and not said["parts"]["slack"]["ok"]
    assert (await shown(client))['frontdesk_part_up{part="slack"}'] == 0


async def test_it_is_not_ready_where_the_database_takes_nothing(
    client: aiohttp.ClientSession, store: Store
) -> None:
    cast(_Disk, store.work).is_full = True
    async with client.get("/readyz") as answer:
        assert answer.status == 503
        assert "disk is full" in (await answer.json())["parts"]["database"]["detail"]
    figures = await shown(client)
    assert figures['frontdesk_part_up{part="slack"}'] == 1
    assert figures['frontdesk_part_up{part="database"}'] == 0


async def test_what_waits_is_told_with_its_age(client: aiohttp.ClientSession, store: Store) -> None:
    figures = await shown(client)
    assert (figures["frontdesk_conversations_open"], figures["frontdesk_oldest_open_seconds"]) == (0, 0)
    assert (figures["frontdesk_oldest_erasure_seconds"], figures["frontdesk_backup_timestamp_seconds"]) == (
        0,
        0,
    )
    assert figures["frontdesk_home_free_bytes"] > 0
    await store.inbox.accept(arrival(message("hello")))
    await store.subjects.ask("telegram:1:2", "self")
    await store.cabinet.put(MADE_AT, "2026-01-01T00:00:00+00:00")
    figures = await shown(client)
    assert figures["frontdesk_conversations_open"] == 1 and figures["frontdesk_oldest_open_seconds"] > 0
    assert figures["frontdesk_oldest_erasure_seconds"] > 0
    assert figures["frontdesk_backup_timestamp_seconds"] == 1767225600


async def test_every_alert_asks_for_metrics_that_there_are(client: aiohttp.ClientSession) -> None:
    assert service  # with it, all that counts is there
    names = {name.partition("{")[0] for name in await shown(client)}
    async with client.get("/metrics") as answer:
        declared = set(re.findall(r"^# TYPE (\w+)", await answer.text(), re.M))
    rules = [rule for group in alerts()["groups"] for rule in group["rules"]]
    for rule in rules:
        asked = set(re.findall(r"\b(?:frontdesk|process)_\w+", rule["expr"]))
        assert asked or "up{" in rule["expr"], rule["alert"]
        assert {re.sub(r"_bucket$", "", each) for each in asked} - names - declared == set(), rule["alert"]


def test_every_alert_has_its_runbook() -> None:
    page = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^### (\w+)$", page, re.M))
    rules = [rule for group in alerts()["groups"] for rule in group["rules"]]
    assert {rule["alert"] for rule in rules} == headings
    for rule in rules:
        assert rule["annotations"]["runbook"] == f"docs/operate.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket") and rule["annotations"]["summary"]


def alerts() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "examples" / "deploy" / "alerts.yaml").read_text())
    return found


async def test_the_queues_are_shown_to_prometheus(client: aiohttp.ClientSession) -> None:
    async with client.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    assert "frontdesk_engine_queued 3.0" in lines
    assert "frontdesk_workers 2.0" in lines
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
