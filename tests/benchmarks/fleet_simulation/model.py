"""A discrete-event simulation of a fleet: turns go through a core, the one writer of the database, a worker.

A worker shares its processor time among its answers, as the scheduler's turns do, on the engine's cost model;
a job waits in the queue until a worker has a place. What it leaves out: prompts and answers have one length,
no machine fails, and the network takes no time.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from math import inf

from core.engine.scheduling.cost import PLAIN, CostModel

Then = Callable[[], None]
LEAST = 1e-9
"""What is left when nothing is, as sums of fractions go."""


@dataclass(frozen=True, kw_only=True)
class Costs:
    """Seconds that a turn takes of each part, as measured."""

    core: float
    """Of a core's processor, but for the tokens."""
    token: float
    """Of a core's processor, for each token that comes from a worker."""
    writer: float
    """Under the database's one lock, for all that is written down of a turn."""
    model: CostModel = PLAIN


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """What there is."""

    cores: int
    workers: int
    processors: int = 2
    """Of a worker."""
    batch: int = 16
    """Answers side by side on each."""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What is asked of it."""

    turns_per_second: float = 0.0
    seconds: float = 0.0
    prompt: int = 120
    """Tokens."""
    answer: int = 64
    """Tokens."""
    people: int = 0
    """Where set, so many ask at once, and again as soon as they are answered; nobody else does."""
    rounds: int = 1
    """How often each of these asks."""


@dataclass(kw_only=True)
class Found:
    """What came of it."""

    first: list[float] = field(default_factory=list)
    """Seconds until the first word, of every turn."""
    whole: list[float] = field(default_factory=list)
    """Seconds until the last one."""
    busy: dict[str, float] = field(default_factory=dict)
    """Share of the time that cores and database worked; of workers, share of their places that were taken."""
    seconds: float = 0.0
    """From the first question to the last answer."""


class _Events:
    def __init__(self) -> None:
        self.now = 0.0
        self._heap: list[tuple[float, int, Then]] = []
        self._numbers = count()

    def after(self, seconds: float, then: Then) -> None:
        heapq.heappush(self._heap, (self.now + seconds, next(self._numbers), then))

    def run(self) -> None:
        while self._heap:
            self.now, _, then = heapq.heappop(self._heap)
            then()


class _Station:
    """Serves one after another, on so many places."""

    def __init__(self, events: _Events, places: int) -> None:
        self._events = events
        self._free = self._places = places
        self._queue: deque[tuple[float, Then]] = deque()
        self._worked = 0.0

    def serve(self, seconds: float, then: Then) -> None:
        self._queue.append((seconds, then))
        self._go_on()

    def busy(self, until: float) -> float:
        return self._worked / (self._places * until)

    def _go_on(self) -> None:
        while self._free and self._queue:
            seconds, then = self._queue.popleft()
            self._free -= 1
            self._worked += seconds
            self._events.after(seconds, partial(self._done, then))

    def _done(self, then: Then) -> None:
        self._free += 1
        then()
        self._go_on()


@dataclass(kw_only=True, eq=False)
class _Answer:
    reading: float
    """Seconds of a processor until its prompt is read."""
    left: float
    """Tokens to be written then."""
    first: Then
    done: Then


class _Worker:
    def __init__(self, events: _Events, fleet: Fleet, load: Load, cost: CostModel) -> None:
        self._events, self._load, self._cost = events, load, cost
        self._processors = fleet.processors
        self._read: list[_Answer] = []
        self._written: list[_Answer] = []
        self._since = 0.0
        self._version = 0
        self.worked = 0.0
        self.free = self._places = fleet.processors * fleet.batch
        self.freed: Callable[[_Worker], None] = lambda _: None

    def take(self, first: Then, done: Then) -> None:
        self._advance()
        self.free -= 1
        reading = self._cost.read(1, self._load.prompt)
        self._read.append(_Answer(reading=reading, left=float(self._load.answer), first=first, done=done))
        self._plan()

    @property
    def _reading_speed(self) -> float:
        """Seconds of its reading that each gets done in a second."""
        return min(1.0, self._processors / len(self._read))

    @property
    def _writing_speed(self) -> float:
        """Tokens that each gets in a second: reading goes first."""
        share = max(0.0, 1.0 - len(self._read) / self._processors)
        side_by_side = max(1, round(len(self._written) / self._processors))
        return share / self._cost.step(side_by_side, self._load.prompt + self._load.answer / 2)

    def _advance(self) -> None:
        passed = self._events.now - self._since
        self._since = self._events.now
        at_work = len(self._read) + len(self._written)
        self.worked += passed * at_work / self._places
        if self._written:
            tokens = passed * self._writing_speed
            for each in self._written:
                each.left -= tokens
        if self._read:
            seconds = passed * self._reading_speed
            for each in self._read:
                each.reading -= seconds

    def _plan(self) -> None:
        """Look again when the next is read or written."""
        self._version += 1
        version, soonest = self._version, inf
        if self._read:
            soonest = min(each.reading for each in self._read) / self._reading_speed
        if self._written and (speed := self._writing_speed):
            soonest = min(soonest, min(each.left for each in self._written) / speed)
        if soonest < inf:
            self._events.after(max(0.0, soonest), lambda: self._look(version))

    def _look(self, version: int) -> None:
        if version != self._version:
            return
        self._advance()
        read = [each for each in self._read if each.reading <= LEAST]
        over = [each for each in self._written if each.left <= LEAST]
        self._read = [each for each in self._read if each.reading > LEAST]
        self._written = [*(each for each in self._written if each.left > LEAST), *read]
        self.free += len(over)
        self._plan()
        for each in read:
            each.first()
        for each in over:
            each.done()
        if over:
            self.freed(self)


def simulate(fleet: Fleet, load: Load, costs: Costs, seed: int = 1) -> Found:
    """Let the fleet answer the load.

    Args:
        seed: of the moments at which people ask.
    """
    return _Run(fleet, load, costs, seed).run()


class _Run:
    def __init__(self, fleet: Fleet, load: Load, costs: Costs, seed: int) -> None:
        self._load, self._costs = load, costs
        self._random = random.Random(seed)
        self._events = _Events()
        self._cores = _Station(self._events, fleet.cores)
        self._writer = _Station(self._events, 1)
        self._workers = [_Worker(self._events, fleet, load, costs.model) for _ in range(fleet.workers)]
        for each in self._workers:
            each.freed = self._is_free
        self._order = list(self._workers)
        """Those that have places free; `_pulling` says where each stands."""
        self._pulling = {each: place for place, each in enumerate(self._order)}
        self._queue: deque[tuple[Then, Then]] = deque()
        self._found = Found()

    def run(self) -> Found:
        load = self._load
        if load.people:
            for _ in range(load.people):
                self._events.after(0.0, lambda: self._ask(load.rounds))
        else:
            at = 0.0
            while (at := at + self._random.expovariate(load.turns_per_second)) < load.seconds:
                self._events.after(at, self._ask)
        self._events.run()
        until = self._found.seconds = self._events.now
        worked = sum(each.worked for each in self._workers)
        self._found.busy = {
            "cores": self._cores.busy(until),
            "database": self._writer.busy(until),
            "workers": worked / (len(self._workers) * until),
        }
        return self._found

    def _ask(self, rounds: int = 1) -> None:
        """A turn: written down, prepared, written by a worker, written down again."""
        asked, costs = self._events.now, self._costs

        def first() -> None:
            self._found.first.append(self._events.now - asked)

        def shown() -> None:
            self._found.whole.append(self._events.now - asked)
            if rounds > 1:
                self._ask(rounds - 1)

        def written() -> None:
            tokens = costs.token * self._load.answer
            self._cores.serve(costs.core / 2 + tokens, lambda: self._writer.serve(costs.writer / 2, shown))

        def prepared() -> None:
            self._queue.append((first, written))
            self._hand_out()

        self._writer.serve(costs.writer / 2, lambda: self._cores.serve(costs.core / 2, prepared))

    def _is_free(self, worker: _Worker) -> None:
        if worker not in self._pulling:
            self._pulling[worker] = len(self._order)
            self._order.append(worker)
        self._hand_out()

    def _hand_out(self) -> None:
        """The emptier of two at random takes the next, as those with places free pull side by side."""
        while self._queue and self._order:
            one, other = self._random.choice(self._order), self._random.choice(self._order)
            taker = max(one, other, key=lambda each: each.free)
            taker.take(*self._queue.popleft())
            if not taker.free:
                self._forget(taker)

    def _forget(self, worker: _Worker) -> None:
        """Take it out of the list at once, whatever its length."""
        last = self._order.pop()
        place = self._pulling.pop(worker)
        if last is not worker:
            self._order[place] = last
            self._pulling[last] = place
