"""Which waiting requests are answered together, and when a running batch makes room: pure functions.

CTranslate2 reads at once only as many tokens as the shortest prompt of a batch has; the rest of every longer
one goes in step by step, and a repetition penalty then counts it as if the model had written it, the end of
turn included. So all prompts of a batch have one length here: their own, or filled up with blanks where that
changes little. `docs/engine.md` explains the policy.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import ceil, inf

from core.engine.scheduling.cost import CostModel

FILL_SHARE = 0.25
"""Blanks a prompt may get, as a share of its tokens."""
FILL_LEAST = 32
"""Blanks any prompt may get."""
SQUARED_TOKENS = 768**2
"""Sum of the squared lengths of prompts that are read at once. Beyond, attention's scores leave the caches:
four prompts of 512 tokens took 1.4 times as long as one after another, four of 1,024 took 1.8 times."""
PATIENCE = 2.0
"""Found by simulation: with 0, sixteen people with short questions get a fifth fewer tokens a second; with 4,
who comes among long prompts waits half as long again for the first word."""
SLICE = 64
"""Tokens a batch writes before it makes room: some ten seconds of reading, in which one other batch begins. A
repetition penalty then knows no token from before; llama.cpp's looks back on as many by default
(https://github.com/ggml-org/llama.cpp, `penalty_last_n`)."""
RECALLS = 2
"""Times a request may be called back."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A request, as far as the policy looks at it."""

    number: int
    """Older ones have smaller numbers."""
    tokens: int
    """Of the prompt."""
    answer: float
    """Tokens it is expected to want yet."""
    kind: Hashable
    """Only requests of one kind can share a batch: the same sampling, the same shared beginning."""
    fillable: bool = True
    """Blanks may be put into the prompt."""
    background: bool = False
    recalls: int = 0
    """Times it was called back already."""
    paused: bool = False
    """It was called back in the middle of its answer."""

    @property
    def longest(self) -> int:
        """Tokens the prompt may be filled up to."""
        return self.tokens + (max(FILL_LEAST, int(FILL_SHARE * self.tokens)) if self.fillable else 0)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A batch at work."""

    asks: Sequence[Ask]
    """Those that are not finished, as they were when the batch began."""
    length: int
    """Tokens of every prompt, blanks among them."""
    steps: int
    """Tokens each answer has so far."""
    recalled: bool = False

    def remaining(self, cost: CostModel) -> float:
        """Seconds until it is expected to end; answers are taken to have no memory of their length."""
        if not self.asks:
            return 0.0
        answer = max(ask.answer for ask in self.asks)
        if self.recalled:
            answer = min(answer, max(0, SLICE - self.steps))
        step = cost.step(len(self.asks), self.length + self.steps)
        return answer * step + (0.0 if self.steps else cost.read(len(self.asks), self.length))


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What calibration found to be good."""

    batch: int
    """Answers written side by side on one replica."""


def fits(asks: Sequence[Ask]) -> bool:
    """They can share a batch: one kind, one length, and reading them together is no dearer."""
    length = max(ask.tokens for ask in asks)
    return (
        len({ask.kind for ask in asks}) == 1
        and all(length <= ask.longest for ask in asks)
        and (len(asks) == 1 or len(asks) * length**2 <= SQUARED_TOKENS)
    )


def choose(waiting: Sequence[Ask], free: int, cost: CostModel, limits: Limits) -> list[Ask]:
    """The next batch: the oldest request, and those that may come along.

    As the oldest goes first, a request is overtaken by no more batches than there were requests before it.
    Those who come along are nearest in length, at most an even share of all who wait for the free replicas,
    and as many as make the mean wait for the first word shortest. Nothing is done in the background while
    anybody waits.

    Args:
        waiting: oldest first.
        free: replicas that have nothing to do, one at least.
        cost: what reading and writing takes.
        limits: of a batch.
    """
    pool = [ask for ask in waiting if not ask.background] or list(waiting)
    batch = pool[:1]
    most = min(limits.batch, ceil(len(pool) / free))
    queue = len(pool) / free
    for ask in sorted(pool[1:], key=lambda ask: (abs(ask.tokens - pool[0].tokens), ask.number)):
        if len(batch) >= most:
            break
        together = [*batch, ask]
        if fits(together) and _mean_wait(together, queue, cost) <= _mean_wait(batch, queue, cost):
            batch = together
    return batch


def patience(batch: Sequence[Ask], running: Sequence[Running], cores: int, cost: CostModel) -> float:
    """Seconds that a batch waits for company after its oldest request came, where every core is at work.

    A batch of its own costs those who write already the fixed part of its steps, which company would share.
    So its requests wait for their share of this, the longer the more batches take turns, and the less the
    fewer of those at work would have fitted in: then company is not likely to come. Nothing in the background
    takes turns with people.

    Args:
        batch: that `choose` chose.
        running: batches at work.
        cores: batches that compute at once.
        cost: what reading and writing takes.
    """
    if len(running) < cores:
        return 0.0
    if batch[0].background:
        return inf
    others = [ask for each in running for ask in each.asks]
    alike = sum(fits([batch[0], other]) for other in others) / len(others)
    answer = sum(ask.answer for ask in batch) / len(batch)
    turns = (len(running) - cores + 1) / cores
    return PATIENCE * alike * turns * answer * cost.step_base / len(batch)


def recall(
    waiting: Sequence[Ask], running: Sequence[Running], cost: CostModel, limits: Limits
) -> Running | None:
    """A batch worth ending before its time when no replica is free, its requests to wait with the others.

    Those who wait must be spared more than its requests lose, which read everything again and wait for one
    other batch to begin. It writes `SLICE` tokens first, and no two are interrupted at a time, so that no
    answer pauses for long.
    """
    asking = [ask for ask in waiting if not ask.background]
    if not asking or any(batch.recalled for batch in running):
        return None
    soonest = min((batch.remaining(cost) for batch in running), default=0.0)
    for batch in sorted(running, key=lambda batch: len(batch.asks)):
        worn = any(ask.recalls >= RECALLS for ask in batch.asks)
        if batch.asks and batch.steps and not worn and _gives_way(asking, batch, soonest, cost, limits):
            return batch
    return None


def _mean_wait(batch: Sequence[Ask], queue: float, cost: CostModel) -> float:
    """Of all in the queue, if every batch were like this one: those of the first wait until it is read, those
    of each further one until the batches before it are done, too."""
    length, size = max(ask.tokens for ask in batch), len(batch)
    whole = int(queue / size)
    before = whole * (queue - size * (whole + 1) / 2) / queue
    return before * _time(batch, cost) + cost.read(size, length)


def _time(batch: Sequence[Ask], cost: CostModel) -> float:
    length = max(ask.tokens for ask in batch)
    answer = sum(ask.answer for ask in batch) / len(batch)
    return cost.write(len(batch), length, answer)


def _gives_way(
    asking: Sequence[Ask], batch: Running, soonest: float, cost: CostModel, limits: Limits
) -> bool:
    if any(ask.paused for ask in asking):
        return False
    until = max(0, SLICE - batch.steps) * cost.step(len(batch.asks), batch.length + batch.steps)
    again = cost.read(len(batch.asks), batch.length + max(SLICE, batch.steps))
    first = choose(asking, 1, cost, limits)
    spared = len(asking) * (soonest - until - again)
    return spared > len(batch.asks) * (again + _time(first, cost))
