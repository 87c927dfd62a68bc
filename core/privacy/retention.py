"""Keeping no longer than the policy of a channel says: looked after every hour, so that no day is missed.

Clocks jump. When the clock leaps, while the service runs or while it was stopped, or when there are messages
of days to come, nothing is deleted for most of a day, in which the clock may be set right. What is dated in
the future even then counts as written now. How long the service was stopped the machine itself knows, unless
it was started anew, or another one did the last round: then up to a day is taken for true, by a clock that a
time server has set, or after a while in which none did.
"""

import asyncio
import logging
import math
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from core.errors import StoreError
from core.health import Health
from core.message import Conversation
from core.policy import Policies
from core.ports import Clock
from core.privacy.audit import ASSISTANT, Action, AuditEntry
from core.store.ports import Kind, Store

EVERY = 3600.0
"""Seconds between two rounds."""
LEAP = timedelta(hours=1)
"""By which the clock may go on more than time has passed, before it is doubted."""
DOUBT = 23 * 3600.0
"""Seconds for which a clock that leapt is not believed."""
AHEAD = timedelta(days=1)
"""By which what is written may be dated later than now."""
UNSET = 1800.0
"""Seconds for which the clock of a machine that has just started waits for a time server: one round."""
AWAY = timedelta(days=1)
"""For which the service may be stopped, before the clock is doubted."""
CLOCK = "retention.clock"
"""Under which the cabinet keeps what the clock said."""
LEASE = "retention"

Expire = Callable[[str, datetime], Awaitable[int]]
"""Deletes files of a conversation, by its key, that are older; returns how many."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Periods:
    """Days that each kind is kept; 0: without end."""

    messages: int
    originals: int
    prompts: int
    files: int


class Retention:
    """Deletes what is too old.

    Args:
        store: what is deleted from.
        policies: for how long a channel's messages are kept.
        expire_files: deletes files.
        clock: the time.
        boot: names the machine's start, from which the clock's monotonic time counts; "" where it is unknown.
        is_set: whether a time server has set the clock since then.
    """

    def __init__(
        self,
        store: Store,
        policies: Policies,
        expire_files: Expire,
        clock: Clock,
        boot: str = "",
        is_set: Callable[[], bool] = lambda: True,
    ) -> None:
        self._store = store
        self._policies = policies
        self._expire_files = expire_files
        self._clock = clock
        self._watch = _Watch(store, clock, boot, is_set)

    def health(self) -> Health:
        """Whether the clock is believed; that it is not keeps nobody from being answered."""
        doubt = self._watch.doubt
        if not doubt:
            return Health(part="retention", ok=True, detail="What is too old is deleted.")
        hours = math.ceil(doubt / 3600)
        detail = f"The clock is in doubt: nothing is deleted by it for {hours} h. Look at it."
        return Health(part="retention", ok=True, detail=detail)

    async def preview(self) -> Mapping[str, int]:
        """How many rows of which tables a round would delete or empty, by `kind table`.

        Raises:
            StoreError: it cannot be read.
        """
        return await self._round(self._store.retention.count)

    async def sweep(self) -> Mapping[str, int]:
        """Do it, and return the same.

        Raises:
            StoreError: the database refused; the next round does the rest.
        """
        now = self._clock.now()
        done = Counter(await self._round(self._store.retention.expire))
        for periods, places in (await self._periods()).items():
            if periods.files:
                before = now - timedelta(days=periods.files)
                done["files"] += sum([await self._expire_files(place, before) for place in places])
        if done.total():
            with suppress(StoreError):  # else the next checkpoint does
                await self._store.subjects.clear_log()
            detail = ", ".join(f"{name} {count}" for name, count in sorted(done.items()) if count)
            entry = AuditEntry(actor=ASSISTANT, action=Action.RETAIN, subject="retention", detail=detail)
            await self._store.audit.record(entry)
        return done

    async def run(self) -> None:
        """A round every hour, in one process, until cancelled."""
        while True:
            try:
                if await self._watch.is_believed() and await self._store.leases.take(LEASE):
                    await self._settle()
                    done = await self.sweep()
                    await self._store.leases.drop(LEASE)
                    _log.info("retention: %d rows and files were too old", sum(done.values()))
            except (StoreError, OSError) as error:
                _log.warning("what is too old is deleted next time: %s", error)
            await self._clock.sleep(EVERY)

    async def _settle(self) -> None:
        if settled := await self._store.retention.settle_clock(self._clock.now() + AHEAD):
            _log.warning("%d rows were dated in the future: they count as written now", settled)

    async def _round(
        self, act: Callable[[Kind, Sequence[str], datetime], Awaitable[Mapping[str, int]]]
    ) -> Counter[str]:
        now, counts = self._clock.now(), Counter[str]()
        for periods, places in (await self._periods()).items():
            for kind, days in _kinds(periods):
                if days:
                    found = await act(kind, places, now - timedelta(days=days))
                    counts.update({f"{kind} {table}": count for table, count in found.items() if count})
        return counts

    async def _periods(self) -> Mapping[Periods, Sequence[str]]:
        """Conversations by what holds for them."""
        places = await self._store.retention.places()
        return await asyncio.to_thread(_grouped, places, self._policies)


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What a round saw of the clock."""

    at: datetime
    doubt: float = 0.0
    """Seconds for which the clock is not believed from then on."""
    is_behind: bool = False
    """Whether there was something of days to come."""
    boot: str = ""
    """The start of the machine that `monotonic` counts from."""
    monotonic: float = 0.0


_SEEN = TypeAdapter(_Seen)


class _Watch:
    """Tells a clock that goes from one that leapt."""

    def __init__(self, store: Store, clock: Clock, boot: str, is_set: Callable[[], bool]) -> None:
        self._store = store
        self._clock = clock
        self._boot = boot
        self._is_set = is_set
        self._last: _Seen | None = None
        """None before the first round."""

    @property
    def doubt(self) -> float:
        """Seconds for which the clock is not believed, as of the last round."""
        return self._last.doubt if self._last else 0.0

    async def is_believed(self) -> bool:
        """Whether the time may be what the clock says.

        Raises:
            StoreError: it cannot be told.
        """
        newest = await self._store.retention.newest()
        now, monotonic = self._clock.now(), self._clock.monotonic()
        last = self._last or await self._kept() or _Seen(at=newest or now)
        is_same_start = self._last is not None or last.boot == self._boot != ""
        if is_same_start:
            passed = timedelta(seconds=monotonic - last.monotonic)
        else:
            passed = min(max(now - last.at, timedelta()), AWAY)
        leapt = now - last.at - passed
        is_behind = newest is not None and newest > now + AHEAD
        doubt = max(0.0, last.doubt - passed.total_seconds())
        if abs(leapt) > LEAP:
            _log.warning("the clock is off by %s: nothing is deleted by it for now", leapt)
            doubt = DOUBT
        elif is_behind and not last.is_behind:
            _log.warning("there are messages of days to come: nothing is deleted for now")
            doubt = DOUBT
        elif self._boot and not is_same_start and not self._is_set():
            _log.info("no time server has set the clock yet: nothing is deleted for now")
            doubt = max(doubt, UNSET)
        seen = _Seen(at=now, doubt=doubt, is_behind=is_behind, boot=self._boot, monotonic=monotonic)
        await self._store.cabinet.put(CLOCK, _SEEN.dump_json(seen).decode())
        self._last = seen
        return not doubt

    async def _kept(self) -> _Seen | None:
        """What the last round before the start saw."""
        kept = await self._store.cabinet.get(CLOCK)
        return _SEEN.validate_json(kept) if kept else None


def _kinds(periods: Periods) -> Sequence[tuple[Kind, int]]:
    return (
        ("originals", periods.originals),
        ("prompts", periods.prompts),
        ("messages", periods.messages),
    )


def _grouped(places: Sequence[Conversation], policies: Policies) -> dict[Periods, list[str]]:
    by_channel: dict[str, Periods] = {}
    grouped: dict[Periods, list[str]] = defaultdict(list)
    for place in places:
        if place.channel_key not in by_channel:
            policy = policies.for_conversation(place)
            by_channel[place.channel_key] = Periods(
                policy.keep_messages_days,
                policy.keep_originals_days,
                policy.keep_prompts_days,
                policy.keep_files_days,
            )
        grouped[by_channel[place.channel_key]].append(place.key)
    return grouped
