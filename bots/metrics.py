"""What Prometheus is told of the service's state: read when it asks; no text, no ids, nobody's name."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bots.backup import MADE_AT
from core.delivery.admission import Admission
from core.engine.types import Engine, Load
from core.errors import StoreError
from core.fairness.monitor import Compared, Watch
from core.health import Health
from core.knowledge.gaps import counted
from core.settings import Settings
from core.store.ports import Store
from core.store.records import WorkLeft

LACKED = timedelta(days=30)
"""How far back questions without an answer are counted."""


@dataclass(frozen=True, kw_only=True)
class _Kept:
    """What the database and the disk say."""

    left: WorkLeft
    free: int
    """Bytes on the disk of FRONTDESK_HOME."""
    saved_at: datetime | None
    """When the last backup was made."""
    saves_here: bool
    """Whether backups are made here, and not by Postgres."""
    asked: Mapping[str, int]
    fares: Sequence[Compared]


class Metrics:
    """Answers Prometheus.

    Args:
        settings: name the disk, and who makes backups.
        store: knows what is left to do.
        engine: knows its queue.
        admission: knows who waits.
        watch: compares how groups of people fare.
    """

    def __init__(
        self, settings: Settings, store: Store, engine: Engine, admission: Admission, watch: Watch
    ) -> None:
        self._settings = settings
        self._store = store
        self._engine = engine
        self._admission = admission
        self._watch = watch

    async def render(self, states: Sequence[Health]) -> bytes:
        """The page that Prometheus reads. Where the database fails, it lacks what that knows.

        Args:
            states: how each part is.
        """
        figures = CollectorRegistry()
        figures.register(_Working(states, self._engine.load()))
        figures.register(_Waiting(self._admission))
        with suppress(StoreError, OSError):  # that the database fails is among the states
            figures.register(_Stored(await self._kept()))
        return generate_latest(REGISTRY) + generate_latest(figures)

    async def _kept(self) -> _Kept:
        saved_at = await self._store.cabinet.get(MADE_AT)
        usage = await asyncio.to_thread(shutil.disk_usage, self._settings.home)
        return _Kept(
            left=await self._store.work.left(),
            free=usage.free,
            saved_at=datetime.fromisoformat(saved_at) if saved_at else None,
            saves_here=self._settings.database_url is None,
            asked=counted(await self._store.gaps.since(datetime.now(UTC) - LACKED)),
            fares=await self._watch.compared(),
        )


def of_worker(
    states: Sequence[Health], load: Load | None, handling: Mapping[str, int], tokens_per_second: float
) -> bytes:
    """The page of a worker that Prometheus reads.

    Args:
        states: how each part is.
        load: of its models, where there are any.
        handling: files that it has in hand, by what it does with them.
        tokens_per_second: of one answer.
    """
    figures = CollectorRegistry()
    figures.register(_Working(states, load))
    figures.register(_Worker(handling, tokens_per_second))
    return generate_latest(REGISTRY) + generate_latest(figures)


class _Working(Collector):
    """How the parts of this process are, and how busy its model is."""

    def __init__(self, states: Sequence[Health], load: Load | None) -> None:
        self._states = states
        self._load = load

    def collect(self) -> list[GaugeMetricFamily]:
        up = GaugeMetricFamily(
            "frontdesk_part_up", "1 where a part works, as /readyz says it", labels=["part"]
        )
        for state in self._states:
            up.add_metric([state.part], float(state.ok))
        return [up, *(_engine(self._load) if self._load else ())]


class _Worker(Collector):
    """How fast a worker writes, and what it does with files."""

    def __init__(self, handling: Mapping[str, int], tokens_per_second: float) -> None:
        self._handling = handling
        self._tokens_per_second = tokens_per_second

    def collect(self) -> list[GaugeMetricFamily]:
        in_hand = GaugeMetricFamily(
            "frontdesk_worker_files", "Files in hand, by what this worker does with them", labels=["kind"]
        )
        for kind, number in self._handling.items():
            in_hand.add_metric([kind], number)
        speed = GaugeMetricFamily(
            "frontdesk_worker_tokens_per_second",
            "Of one answer, measured over recent ones; 0 before there were any",
            self._tokens_per_second,
        )
        return [in_hand, speed]


class _Waiting(Collector):
    """Who waits in this process."""

    def __init__(self, admission: Admission) -> None:
        self._admission = admission

    def collect(self) -> list[GaugeMetricFamily]:
        waiting, backlog = self._admission.waiting, self._admission.backlog
        return [
            GaugeMetricFamily("frontdesk_turns_waiting", "Turns that wait for a place", waiting),
            GaugeMetricFamily("frontdesk_conversations_backlog", "Conversations not taken up yet", backlog),
        ]


def _engine(load: Load) -> list[GaugeMetricFamily]:
    workers = () if load.workers is None else (_workers(load.workers),)
    return [
        *workers,
        GaugeMetricFamily("frontdesk_engine_queued", "Requests that wait for the model", load.queued),
        GaugeMetricFamily("frontdesk_engine_active", "Requests being answered", load.active),
        GaugeMetricFamily("frontdesk_engine_capacity", "Answers written side by side", load.capacity),
        GaugeMetricFamily(
            "frontdesk_engine_wait_seconds",
            "Wait of a request that comes now",
            load.wait_seconds(load.queued + 1),
        ),
    ]


def _workers(number: int) -> GaugeMetricFamily:
    return GaugeMetricFamily("frontdesk_workers", "Model workers that this core hears of", number)


class _Stored(Collector):
    """What is left to do, what the documents lack, and how groups of people fare."""

    def __init__(self, kept: _Kept) -> None:
        self._kept = kept

    def collect(self) -> list[GaugeMetricFamily]:
        left, now = self._kept.left, datetime.now(UTC)
        found = [
            GaugeMetricFamily(
                "frontdesk_conversations_open", "Conversations with something left to do", left.conversations
            ),
            GaugeMetricFamily(
                "frontdesk_oldest_open_seconds",
                "Since when the oldest of that waits",
                _age(left.since, now),
            ),
            GaugeMetricFamily(
                "frontdesk_oldest_erasure_seconds",
                "Since when somebody waits to be erased",
                _age(left.erasure_since, now),
            ),
            GaugeMetricFamily(
                "frontdesk_home_free_bytes", "Free on the disk of FRONTDESK_HOME", self._kept.free
            ),
            self._lacking(),
            *self._parity(),
        ]
        if self._kept.saves_here:
            saved_at = self._kept.saved_at.timestamp() if self._kept.saved_at else 0.0
            found.append(
                GaugeMetricFamily(
                    "frontdesk_backup_timestamp_seconds", "When the last backup was made; 0: never", saved_at
                )
            )
        return found

    def _lacking(self) -> GaugeMetricFamily:
        lacking = GaugeMetricFamily(
            "frontdesk_gaps",
            f"Questions of {LACKED.days} days that documents did not answer",
            labels=["topic"],
        )
        for topic, count in self._kept.asked.items():
            lacking.add_metric([topic], count)
        return lacking

    def _parity(self) -> list[GaugeMetricFamily]:
        """Only of groups that nobody stands out in."""
        names = ["by", "group", "outcome"]
        share = GaugeMetricFamily(
            "frontdesk_people_share", "People of 30 days to whom it happened, as a share", labels=names
        )
        differs = GaugeMetricFamily(
            "frontdesk_people_differ", "1 where a group fares otherwise than all others", labels=names
        )
        for each in self._kept.fares:
            labels = [each.by, each.group, each.outcome]
            share.add_metric(labels, each.share)
            differs.add_metric(labels, float(each.differs))
        return [share, differs]


def _age(since: datetime | None, now: datetime) -> float:
    """Seconds; 0 where there is nothing."""
    return max(0.0, (now - since).total_seconds()) if since else 0.0
