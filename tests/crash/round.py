"""One round: fresh emulators and a fresh database, people who write, and a service that keeps dying."""

import asyncio
import json
import re
import shutil
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from bots.playground.process import started
from bots.playground.slack.deliveries import RETRY_AFTER
from bots.playground.slack.driver import SlackDriver
from bots.playground.telegram.driver import TelegramDriver
from bots.playground.widget.driver import WidgetVisitor
from bots.store import examined, looked_into
from core.store.connection import Connection
from tests.crash.builds import SOUND
from tests.crash.crowd import Crowd
from tests.crash.fleet import LINKS, Fleet, Part, open_fleet
from tests.crash.service import POLICIES, WITH_A_DESK, Setup, questions_in
from tests.crash.sight import Passed, Shown, slack_posts, telegram_posts, widget_posts
from tests.crash.supervisor import Life
from tests.crash.talks import Talk, desk_talks, slack_talks, telegram_talks, widget_talks
from tests.crash.verdict import Evidence, Kill, Verdict, judge, numbers_of
from tests.ports import free_port

POINTS = (
    "verified",
    "committed_not_acked",
    "acked",
    "leased",
    "outbox_committed",
    "marked_sending",
    "platform_accepted",
    "id_stored",
    "settled",
    "sent",
)
FLEET_POINTS = ("asked", "enqueued", "piece_taken", "end_taken")
"""Where a core may die whose answers workers write,"""
WORKER_POINTS = ("pulled", "claimed", "piece_sent", "end_sent")
"""and where a worker may."""
AT_RANDOM = "at random"
TOLD = "told to stop"
"""SIGTERM instead of SIGKILL."""
STOP_SECONDS = 60.0
"""A service that is told to stop must end by itself within so long."""
LOOK_SECONDS = 0.3
"""Between two looks at what people see."""
DULL_SECONDS = 20.0
"""A point that nobody passes for so long is given up, and the service killed where it stands."""
BACK_SECONDS = 180.0
"""A service that answers nothing new for so long is not coming back."""
MOST_PASSES = 5
"""Of a failpoint by a worker, which has a share of the answers."""
FLEET_QUIET_SECONDS = 45.0
"""Where workers answer: a core waits for one for up to half a minute."""
VISITORS = 3
"""Who write in the widget."""
_SECRET = "crash-test-secret"
_RETRY_SECONDS = RETRY_AFTER[1] + 1.0
_LAST_RETRY_SECONDS = RETRY_AFTER[2] + 1.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What happens in a round."""

    seed: int
    messages: int
    """Questions at least."""
    kills: tuple[str, ...]
    """Points to die at, one after the other."""
    over_http: bool
    """Slack by signed requests and Telegram by a webhook, rather than by a socket and by polling."""
    build: str = SOUND
    desk: bool = False
    """Customers in Telegram talk with agents in Slack, rather than people with the assistant."""
    twin: bool = False
    """A second process, started by mistake on the same database, which lives on."""
    fleet: bool = False
    """Two cores on Postgres, with workers behind NATS; the points may name a `Part` of it."""
    keep: Path | None = None
    """Where to leave the database, the log and the journals of a round that went wrong."""
    quiet_seconds: float = 8.0
    """Without any further answer for so long, no further answer comes; a fleet has FLEET_QUIET_SECONDS."""


Progress = Callable[[int, int], None]
"""Told how many questions are answered, and how often the service was killed."""


async def play(plan: Plan, progress: Progress = lambda answered, killed: None) -> Verdict:
    """Play a round and judge it."""
    with TemporaryDirectory(prefix="frontdesk-crash-", ignore_cleanup_errors=True) as home:
        async with open_stage(plan, Path(home)) as stage:
            return await _Round(plan, stage, progress).play()


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The emulated platforms, and what the service is started with."""

    slack: SlackDriver
    telegram: TelegramDriver
    visitors: Sequence[WidgetVisitor]
    setup: Setup
    slack_request_url: str | None
    fleet: Fleet | None


@asynccontextmanager
async def open_stage(plan: Plan, home: Path) -> AsyncIterator[Stage]:
    async with (
        started("bots.playground.slack") as slack,
        started("bots.playground.telegram") as telegram,
        SlackDriver(slack["url"]) as slack_driver,
        TelegramDriver(telegram["url"]) as telegram_driver,
        AsyncExitStack() as windows,
    ):
        await slack_driver.set_limits(0)
        await telegram_driver.set_limits(0)
        fleet, shared = None, dict[str, str]()
        if plan.fleet:
            parts = open_fleet(home, with_cuts=not set(LINKS).isdisjoint(plan.kills))
            fleet, shared = await windows.enter_async_context(parts)
        port = free_port()
        own_url = f"http://127.0.0.1:{port}"
        visitors = [WidgetVisitor(own_url, address=f"192.0.2.{number}") for number in range(VISITORS)]
        setup = Setup(
            home=home,
            settings=_settings(slack, telegram, port, own_url if plan.over_http else "") | shared,
            build=plan.build,
            policies=WITH_A_DESK if plan.desk else POLICIES,
        )
        yield Stage(
            slack=slack_driver,
            telegram=telegram_driver,
            visitors=[await windows.enter_async_context(visitor) for visitor in visitors],
            setup=await fleet.place(setup) if fleet else setup,
            slack_request_url=f"{own_url}/slack/events" if plan.over_http else None,
            fleet=fleet,
        )


def _settings(
    slack: Mapping[str, str], telegram: Mapping[str, str], port: int, own_url: str
) -> dict[str, str | int]:
    ways_in: dict[str, str | int] = {"slack_app_token": slack["app_token"]}
    if own_url:
        ways_in = {
            "slack_signing_secret": slack["signing_secret"],
            "telegram_webhook_url": f"{own_url}/telegram/webhook",
            "telegram_webhook_secret": _SECRET,
        }
    return {
        "slack_bot_token": slack["bot_token"],
        "slack_api_url": slack["api_url"],
        "telegram_bot_token": telegram["bot_token"],
        "telegram_api_url": telegram["url"],
        "FRONTDESK_PORT": port,
        "FRONTDESK_WIDGET_ORIGINS": f"http://127.0.0.1:{port}",
        **ways_in,
    }


def _twin_of(setup: Setup) -> Setup:
    return replace(setup, settings={**setup.settings, "FRONTDESK_PORT": free_port()})


@dataclass(kw_only=True)
class _Death:
    """Of a part, until nothing shows of it any more."""

    point: str
    at: float
    """On the emulators' clock."""
    since: float
    """The same, on the clock that measures."""
    in_hand: set[int]
    """Questions that were written down then, and not answered; a window of the widget knows one core."""
    is_back: bool = False
    """Something new was answered since."""


@dataclass
class _Round:
    plan: Plan
    stage: Stage
    progress: Progress
    _kills: list[Kill] = field(default_factory=list)
    _deaths: list[_Death] = field(default_factory=list)
    """That still show."""
    _back: dict[str, float] = field(default_factory=dict)
    """The longest time, in seconds, until something new was answered, by what had died."""
    _caught_up: dict[str, float] = field(default_factory=dict)
    """The same, until all was answered that was in hand."""
    _ahead: float = 0.0
    """How far the emulators' clocks are ahead of the real one."""

    def __post_init__(self) -> None:
        self._random = Random(self.plan.seed)
        self._points = deque(self.plan.kills)

    async def play(self) -> Verdict:
        life = await self._connect_platforms()
        talks = await self._talks()
        await life.kill()
        self._random.shuffle(talks)
        self._crowd = Crowd(talks, self._random, self._now, self._is_enough)
        twin = Life(_twin_of(self.stage.setup)) if self.plan.twin else None
        if self.stage.fleet is not None:
            await self.stage.fleet.join(_twin_of(self.stage.setup))
        watching = asyncio.create_task(self._watch())
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._crowd.write())
                dying = group.create_task(self._die())
            await self._settle()
            verdict = judge(await self._evidence(dying.result()))
            verdict.back, verdict.caught_up = self._back, self._caught_up
            if self.plan.keep is not None and not verdict.is_kept:
                await self._keep(self.plan.keep / str(self.plan.seed), verdict)
            return verdict
        finally:
            watching.cancel()
            await asyncio.wait({watching})
            if twin is not None:
                await twin.kill()

    async def _talks(self) -> list[Talk]:
        stage = self.stage
        if self.plan.desk:
            return await desk_talks(stage.slack, stage.telegram, stage.visitors)
        return [
            *await slack_talks(stage.slack, self._random),
            *await telegram_talks(stage.telegram, self._random),
            *widget_talks(stage.visitors),
        ]

    @property
    def _most_passes(self) -> int:
        """So many that the kills spread over all messages."""
        return 2 + self.plan.messages // (len(self.plan.kills) + 1)

    def _now(self) -> float:
        return time.time() + self._ahead

    def _is_enough(self) -> bool:
        return not self._points and len(self._crowd.asked) >= self.plan.messages

    async def _connect_platforms(self) -> Life:
        """Slack takes an address only from a service that answers its challenge; nobody has written yet."""
        life = Life(self.stage.setup)
        if not await life.ready():
            raise RuntimeError(f"the service does not start: {self._log()}")
        if self.stage.slack_request_url:
            await self.stage.slack.set_request_url(self.stage.slack_request_url)
        return life

    async def _die(self) -> Life:
        """Kill and restart until every point of the plan had its turn; returns the life that goes on."""
        while self._points:
            point = self._points.popleft()
            if point in (*Part,):
                await self._kill_part(Part(point))
                continue
            if point in WORKER_POINTS:
                await self._kill_worker(point)
                continue
            passes = self._random.randint(1, self._most_passes)
            life = Life(self.stage.setup, f"{point}:{passes}" if point in (*POINTS, *FLEET_POINTS) else "")
            ready = asyncio.create_task(self._welcome(life))
            point = await (self._stop(life) if point == TOLD else self._await_death(life, point))
            await ready
            await self._note_kill(point)
        life = Life(self.stage.setup)
        await self._welcome(life)
        return life

    async def _kill_part(self, part: Part) -> None:
        """Kill a part while the core serves, or cut it off.

        Over HTTP the platforms know of one core alone, as there is no load balancer: there the other is cut
        off.
        """
        fleet = self.stage.fleet
        assert fleet is not None
        async with self._serving():
            await asyncio.sleep(self._random.uniform(0.2, 1.5))
            await self._note_kill(part)
            await fleet.kill(part, fleet.twin_machine if self.plan.over_http else self.stage.setup.machine)

    async def _kill_worker(self, point: str) -> None:
        """Let a worker die at a failpoint while the core serves."""
        assert self.stage.fleet is not None
        async with self._serving():
            passes = self._random.randint(1, MOST_PASSES)
            has_died = await self.stage.fleet.lose_a_worker(f"{point}:{passes}", DULL_SECONDS)
            await self._note_kill(point if has_died else Part.WORKER)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[None]:
        """A core serves while something else dies, and until all is well again; then it is killed."""
        life = Life(self.stage.setup)
        await self._welcome(life)
        yield
        async with asyncio.timeout(BACK_SECONDS):
            while not all(each.is_back for each in self._deaths) and not self._is_enough():
                await asyncio.sleep(LOOK_SECONDS)
        await life.kill()

    async def _note_kill(self, point: str) -> None:
        at, since, in_hand = self._now(), time.monotonic(), set[int]()
        self._kills.append(Kill(at=at, point=point))
        if self.stage.fleet is not None:
            in_hand = self._crowd.open & await asyncio.to_thread(_written, self.stage.setup)
            in_hand = {each for each in in_hand if self._crowd.asked[each].place.platform != "web"}
        self._deaths.append(_Death(point=point, at=at, since=since, in_hand=in_hand))
        self._tell()

    def _see_who_is_back(self) -> None:
        """Answers to what was asked after a death show that the service is back."""
        newest = max((self._crowd.asked[each].at for each in self._crowd.answered), default=0.0)
        for death in self._deaths:
            if not death.is_back and death.at < newest:
                death.is_back = True
                _note_longest(self._back, death)
            if death.in_hand and death.in_hand <= self._crowd.answered:
                death.in_hand.clear()
                _note_longest(self._caught_up, death)
        self._deaths = [each for each in self._deaths if each.in_hand or not each.is_back]

    async def _await_death(self, life: Life, point: str) -> str:
        """See a service die, and help where its point is passed too rarely; returns what it died of."""
        seconds = self._random.uniform(0.2, 1.5) if point == AT_RANDOM else DULL_SECONDS
        if not await life.end(seconds):
            await life.kill()
            return AT_RANDOM
        if not life.was_killed:
            raise RuntimeError(f"the service ended by itself: {self._log()}")
        return point

    async def _stop(self, life: Life) -> str:
        """Tell a service to stop in the middle of its work."""
        if not await life.ready():
            raise RuntimeError(f"the service does not start: {self._log()}")
        await asyncio.sleep(self._random.uniform(0.2, 1.0))
        life.signal(signal.SIGTERM)
        if not await life.end(STOP_SECONDS) or life.exit_code != 0:
            raise RuntimeError(f"the service did not stop in good order: {self._log()}")
        return TOLD

    async def _welcome(self, life: Life) -> None:
        """Let the platforms deliver again what failed while the service was down."""
        if await life.ready():
            await self._advance(_RETRY_SECONDS)

    async def _advance(self, seconds: float) -> None:
        self._ahead += seconds
        await self.stage.slack.advance(seconds)
        await self.stage.telegram.advance(seconds)

    async def _watch(self) -> None:
        while True:
            self._crowd.hear(numbers_of(await self._look()) & self._crowd.asked.keys())
            self._see_who_is_back()
            self._tell()
            await asyncio.sleep(LOOK_SECONDS)

    async def _look(self) -> list[Shown]:
        slack, telegram = await asyncio.gather(self.stage.slack.state(), self.stage.telegram.state())
        posts = [*slack_posts(slack), *telegram_posts(telegram)]
        for visitor in self.stage.visitors:
            posts += widget_posts(visitor, self._ahead)
        return [Passed.of(each) for each in posts] if self.plan.desk else posts

    def _tell(self) -> None:
        self.progress(len(self._crowd.answered), len(self._kills))

    async def _settle(self) -> None:
        """Wait for the last answers, with everything that the platforms deliver once more."""
        await self._quiet()
        if self._crowd.open:
            await self._advance(_LAST_RETRY_SECONDS)
            await self._quiet()
        if self._crowd.open and await self._deliver_late():
            await self._quiet()

    async def _quiet(self) -> None:
        """Until everything is answered, or nothing has been for a while."""
        before, since = -1, time.monotonic()
        quiet = FLEET_QUIET_SECONDS if self.plan.fleet else self.plan.quiet_seconds
        while self._crowd.open and time.monotonic() - since < quiet:
            if len(self._crowd.answered) != before:
                before, since = len(self._crowd.answered), time.monotonic()
            await asyncio.sleep(LOOK_SECONDS)

    async def _deliver_late(self) -> bool:
        """Slack's delayed events: what failed four times is delivered within the day all the same."""
        taken, failed = set(), {}
        for record in await self.stage.slack.journal(direction="delivery"):
            event = record["body"]["payload"].get("event_id")
            if record["outcome"] == "ok":
                taken.add(event)
            elif _numbers_in(record) & self._crowd.open:
                failed[event] = record["body"]["payload"]
        late = [payload for event, payload in failed.items() if event not in taken]
        for payload in late:
            await self.stage.slack.deliver(payload)
        return bool(late)

    async def _evidence(self, life: Life) -> Evidence:
        posts = await self._look()
        handed_over = await self._handed_over()
        await life.kill()
        return Evidence(
            asked=self._crowd.asked,
            shown=posts,
            kept=_kept(self.stage.setup),
            handed_over=handed_over,
            kills=self._kills,
        )

    async def _handed_over(self) -> dict[int, float]:
        """Telegram and browsers keep their order themselves; Slack says when it was told."""
        elsewhere = ("slack",) if self.plan.desk else ("telegram", "web")
        """Where answers stand to what came in elsewhere than by Slack."""
        found = {
            number: each.at for number, each in self._crowd.asked.items() if each.place.platform in elsewhere
        }
        for record in await self.stage.slack.journal(direction="delivery", outcome="ok"):
            for number in _numbers_in(record):
                found.setdefault(number, record["at"])
        return found

    async def _keep(self, folder: Path, verdict: Verdict) -> None:
        shutil.copytree(self.stage.setup.home, folder, dirs_exist_ok=True)
        (folder / "slack.json").write_text(json.dumps(await self.stage.slack.journal()))
        (folder / "telegram.json").write_text(json.dumps(await self.stage.telegram.journal()))
        (folder / "findings.txt").write_text("\n".join([*verdict.notes, *map(str, self._kills)]))

    def _log(self) -> str:
        log = self.stage.setup.home / "service.log"
        return log.read_text()[-3000:] if log.exists() else "it wrote no log"


def _numbers_in(record: dict[str, Any]) -> set[int]:
    """The questions in a delivery."""
    event = record["body"]["payload"].get("event", {})
    return set(questions_in(str(event.get("text", ""))))


def _kept(setup: Setup) -> set[int]:
    """The questions in the inbox, of a database that is whole.

    Raises:
        ValueError: it is not.
    """
    examination = examined(setup.read())
    if examination is None or examination.damage:
        raise ValueError(f"the database is damaged: {examination}")
    return _written(setup)


def _written(setup: Setup) -> set[int]:
    """The questions in the inbox."""
    return looked_into(setup.read(), _questions)


def _note_longest(seconds: dict[str, float], death: _Death) -> None:
    """How long it showed, if none of its kind showed longer."""
    seconds[death.point] = max(seconds.get(death.point, 0.0), time.monotonic() - death.since)


def _questions(db: Connection) -> set[int]:
    rows = db.execute("SELECT raw FROM inbox WHERE type = 'message'").fetchall()
    return {int(number) for (raw,) in rows for number in re.findall(r"\bq(\d+)\b", raw.decode())}
