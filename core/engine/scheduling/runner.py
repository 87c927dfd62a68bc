"""Runs the policy: waiting requests, one thread per replica, and what becomes of every request."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from math import inf
from typing import Any

from core.engine.scheduling import policy
from core.engine.scheduling.cores import Cores
from core.engine.scheduling.cost import CostModel
from core.engine.scheduling.policy import Ask, Limits, Running
from core.engine.scheduling.request import Generate, Request, T, Tokens
from core.engine.types import Load
from core.errors import ModelError

FIRST_ANSWER = 100.0
"""Tokens an answer is expected to have before there were some."""
SOME = 5
"""Answers that this guess counts like: one short answer ("Hello!") says little of the next."""
Choose = Callable[[Sequence[Ask], int, CostModel, Limits], Sequence[Ask]]
Recall = Callable[[Sequence[Ask], Sequence[Running], CostModel, Limits], Running | None]
GATHER = 0.01
"""Seconds a request waits for others of its burst, so that they are shared evenly among the replicas."""
WEIGHT = 0.1
"""Share of the newest answer in an average: about the last twenty count."""


class MovingMean:
    """An exponentially weighted mean.

    Args:
        guess: what it begins with.
        trust: values that the guess counts like.
    """

    def __init__(self, guess: float, trust: int = 0) -> None:
        self.value = guess
        self._seen = trust

    def add(self, value: float) -> None:
        """Count one more value."""
        self._seen += 1
        self.value += max(WEIGHT, 1 / self._seen) * (value - self.value)


@dataclass(kw_only=True, eq=False)
class _Job:
    """One request on its way."""

    number: int
    since: float
    request: Request
    tokens: Tokens
    written: list[int] = field(default_factory=list)
    """What was handed over."""
    recalls: int = 0
    lets_pass: int = 0
    """Batches that began before this request's turn comes again: it was interrupted to let one pass."""
    done: bool = False
    error: BaseException | None = None
    began: float | None = None

    @property
    def over(self) -> bool:
        """Nothing more is to be written."""
        return self.done or self.tokens.stopped

    def put(self, token_id: int) -> bool:
        """Hand a token over; True where its reader is to be woken."""
        if self.tokens.stopped:
            return False
        self.written.append(token_id)
        self.done = token_id in self.request.end_ids or len(self.written) >= self.request.max_tokens
        return self.tokens.put(token_id, last=self.done)

    def ask(self, answer: float) -> Ask:
        """As the policy sees it; `answer` is how many tokens are usual."""
        written = len(self.written)
        return Ask(
            number=self.number,
            tokens=len(self.request.ids) + written,
            answer=max(1.0, min(answer, self.request.max_tokens - written)),
            kind=kind(self.request),
            fillable=self.request.fill_at is not None,
            background=self.request.options.background,
            recalls=self.recalls,
            paused=written > 0,
        )

    def rest(self) -> Request:
        """What is still to be written: what was written is part of the prompt now."""
        if not self.written:
            return self.request
        return replace(
            self.request,
            ids=(*self.request.ids, *self.written),
            max_tokens=self.request.max_tokens - len(self.written),
        )


@dataclass(kw_only=True, eq=False)
class _Work:
    """A short piece of work on its way."""

    number: int
    since: float
    function: Callable[[], Any]
    lets_pass: int = 0
    result: Future[Any] = field(default_factory=Future)

    def ask(self, answer: float) -> Ask:
        return Ask(number=self.number, tokens=1, answer=1.0, kind=self, fillable=False)


@dataclass(kw_only=True, eq=False)
class _Batch:
    """Requests that are answered together. `put` runs on the model's thread, everything else on the loop."""

    jobs: Sequence[_Job]
    asks: Sequence[Ask]
    length: int
    cores: Cores
    loop: asyncio.AbstractEventLoop
    """On which the tokens are read."""
    steps: int = 0
    recalled: bool = False
    """Every request of it shall leave after `policy.SLICE` steps, to wait again."""
    _leaving: bool = False
    _places: set[int] = field(default_factory=set)
    """Of those that are still written."""
    _asleep: list[Tokens] = field(default_factory=list)
    """Whose readers are to be woken after this step."""

    def __post_init__(self) -> None:
        self._places.update(range(len(self.jobs)))

    def put(self, step: int, place: int, token_id: int) -> bool:
        if step >= self.steps and not self._leaving:
            # Looked at once per step, so that all leave with equally many tokens.
            self._leaving = self.recalled and step >= policy.SLICE
            self.steps = step + 1
            self._wake()  # whoever else has a token, where the model ended the last answer by itself
        last = place == max(self._places, default=place)
        job = self.jobs[place]
        if not self._leaving and job.put(token_id):
            self._asleep.append(job.tokens)
        ended = self._leaving or job.over
        if ended:
            self._places.discard(place)
        if last:
            self._wake()
            if self._places:
                self.cores.turn()
        return ended

    def _wake(self) -> None:
        """All readers at once: a word from thread to thread takes longer than what they do with a token."""
        woken, self._asleep = [each for each in self._asleep if not each.stopped], []
        if woken:
            self.loop.call_soon_threadsafe(_wake_all, woken)

    def running(self) -> Running:
        return Running(
            asks=[ask for ask, job in zip(self.asks, self.jobs, strict=True) if not job.over]
            if self.jobs
            else self.asks,
            length=self.length,
            steps=self.steps,
            recalled=self.recalled,
        )


class BatchScheduler:
    """Fills `Scheduler`: answers waiting requests in batches, as `policy` says.

    Args:
        generate: the model.
        replicas: batches it can work on.
        cores: of these, how many compute at once; the others take turns with them.
        cost: what reading and writing takes.
        limits: of a batch.
        choose: the next batch, as `policy.choose` does; none to wait for more.
        recall: a batch to call back, as `policy.recall` does.
        gather: seconds a request waits for others of its burst.
    """

    def __init__(
        self,
        generate: Generate,
        replicas: int,
        cores: int,
        cost: CostModel,
        limits: Limits,
        choose: Choose = policy.choose,
        recall: Recall = policy.recall,
        gather: float = GATHER,
    ) -> None:
        self._generate = generate
        self._replicas = replicas
        self._number = cores
        self._cores = Cores(cores)
        self._cost = cost
        self._limits = limits
        self._choose = choose
        self._recall = recall
        self._gather_seconds = gather
        self._pool = ThreadPoolExecutor(replicas, thread_name_prefix="generate")
        self._waiting: list[_Job | _Work] = []
        self._running: dict[_Batch, Future[None]] = {}
        self._numbers = count()
        self._begun = 0
        self._gathering: asyncio.TimerHandle | None = None
        self._again: asyncio.TimerHandle | None = None
        self._answer = MovingMean(FIRST_ANSWER, SOME)
        self._seconds = MovingMean(cost.write(1, 100, FIRST_ANSWER))
        self._delay = MovingMean(0.0)
        """Seconds before those began who came while every core was at work, to take turns."""
        self._closed = False

    async def generate(self, request: Request) -> AsyncGenerator[Sequence[int], None]:
        self._check_open()
        loop = asyncio.get_running_loop()
        job = _Job(number=next(self._numbers), since=loop.time(), request=request, tokens=Tokens())
        self._waiting.append(job)
        self._gather()
        try:
            while ids := await job.tokens.take():
                yield ids
            if job.error is not None:
                raise job.error
        finally:
            self._leave(job)

    async def run(self, work: Callable[[], T]) -> T:
        self._check_open()
        since = asyncio.get_running_loop().time()
        waiting = _Work(number=next(self._numbers), since=since, function=work)
        self._waiting.append(waiting)
        self._share_out()
        done = asyncio.wrap_future(waiting.result)
        try:
            await asyncio.wait([done])
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
        if done.cancelled():
            raise ModelError("The engine is closed")
        result: T = done.result()
        return result

    def load(self) -> Load:
        running = [batch.running() for batch in self._running]
        active, capacity = sum(len(batch.asks) for batch in running), self._number * self._limits.batch
        full = len(running) >= self._replicas or active >= capacity
        return Load(
            queued=len(self._waiting),
            active=active,
            capacity=capacity,
            seconds_per_answer=self._seconds.value,
            together=max(1, active // len(running)) if full else self._limits.batch,
            next_seconds=self._next(running, full=full),
        )

    async def close(self) -> None:
        self._closed = True
        for timer in (self._gathering, self._again):
            if timer:
                timer.cancel()
        for batch in self._running:
            for job in batch.jobs:
                job.tokens.stopped = True
        for waiting in self._waiting:
            if isinstance(waiting, _Work):
                waiting.result.cancel()
            else:
                waiting.tokens.end()
        self._waiting.clear()
        await asyncio.to_thread(self._pool.shutdown)

    def _next(self, running: Sequence[Running], *, full: bool) -> float:
        """Seconds until whoever comes now can begin."""
        if full:
            turns = max(1.0, len(running) / self._number)
            return turns * min(batch.remaining(self._cost) for batch in running)
        return self._unread(running) + (self._delay.value if len(running) >= self._number else 0.0)

    def _unread(self, running: Sequence[Running]) -> float:
        """Seconds until all prompts that came so far are read, which goes before writing; 0 while a core is
        left for the next."""
        begun = [ask.tokens for batch in running if not batch.steps for ask in batch.asks]
        waiting = [len(each.request.ids) for each in self._waiting if isinstance(each, _Job)]
        prompts = [*begun, *waiting]
        if len(prompts) < self._number:
            return 0.0
        return sum(self._cost.read(1, tokens) for tokens in prompts) / self._number

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError("The engine is closed")

    def _leave(self, job: _Job) -> None:
        """Nobody reads on."""
        job.tokens.stopped = True
        if job in self._waiting:
            self._waiting.remove(job)
        elif job.began is not None and job.written:
            self._answer.add(len(job.written))
            self._seconds.add(time.monotonic() - job.began)

    def _gather(self) -> None:
        if self._gathering is None:
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(self._gather_seconds, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        self._share_out()

    def _share_out(self) -> None:
        """Give every free replica a batch, and make room where that pays."""
        if self._gathering:
            return
        while self._waiting and len(self._running) < self._replicas:
            # A batch that is written, though its replica is not quite done, is as good as gone.
            running = self._at_work()
            free = max(1, self._number - len(running))
            chosen = self._choose(self._asks(), free, self._cost, self._limits)
            if not chosen or not self._in_time(chosen, running):
                break
            self._start(chosen)
        if any(not ask.background for ask in self._asks()) or len(self._at_work()) > self._number:
            self._make_room()

    def _at_work(self) -> list[Running]:
        """Batches in which something is still to be written."""
        return [view for batch in self._running if (view := batch.running()).asks]

    def _in_time(self, chosen: Sequence[Ask], running: Sequence[Running]) -> bool:
        """The batch may begin now; else it is looked at again when it may."""
        wait = policy.patience(chosen, running, self._number, self._cost)
        loop = asyncio.get_running_loop()
        numbers = {ask.number for ask in chosen}
        since = min(each.since for each in self._waiting if each.number in numbers)
        if loop.time() >= since + wait:
            return True
        if self._again:
            self._again.cancel()
        self._again = loop.call_at(since + wait, self._share_out) if wait < inf else None
        return False

    def _asks(self) -> list[Ask]:
        """Of all who wait, in the order of their turns."""
        turns = sorted(self._waiting, key=lambda each: (each.lets_pass > self._begun, each.number))
        return [each.ask(self._answer.value) for each in turns]

    def _start(self, asks: Sequence[Ask]) -> None:
        self._begun += 1
        numbers = {ask.number for ask in asks}
        chosen = [each for each in self._waiting if each.number in numbers]
        self._waiting = [each for each in self._waiting if each.number not in numbers]
        by_number = {ask.number: ask for ask in asks}
        jobs = [each for each in chosen if isinstance(each, _Job)]
        batch = _Batch(
            jobs=jobs,
            asks=[by_number[each.number] for each in chosen],
            length=max(ask.tokens for ask in asks),
            cores=self._cores,
            loop=asyncio.get_running_loop(),
        )
        if jobs:
            now = time.monotonic()
            for job in jobs:
                if job.began is None and len(self._running) >= self._number:
                    self._delay.add(asyncio.get_running_loop().time() - job.since)
                job.began = job.began or now
            requests = [job.rest() for job in jobs]
            future = self._pool.submit(self._held, self._generate, requests, batch.length, batch.put)
        else:
            [work] = [each for each in chosen if isinstance(each, _Work)]
            future = self._pool.submit(self._held, _do, work)
        self._running[batch] = future
        loop = asyncio.get_running_loop()
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._ended, batch))

    def _held(self, work: Callable[..., None], *arguments: Any) -> None:
        """Do it with a core; on the model's thread."""
        with self._cores.held():
            work(*arguments)

    def _make_room(self) -> None:
        """Somebody waits or shares a core."""
        for batch in self._running:
            for job in batch.jobs:
                if job.request.options.background and not job.over:
                    job.tokens.stopped = True
                    job.tokens.end()
        if self._replicas > self._number:
            return
        views = {batch: batch.running() for batch in self._running}
        found = self._recall(self._asks(), list(views.values()), self._cost, self._limits)
        for batch, view in views.items():
            if view is found:
                batch.recalled = True

    def _ended(self, batch: _Batch) -> None:
        error = self._running.pop(batch).exception()
        for job in batch.jobs:
            if batch.recalled and not (job.over or error or self._closed):
                job.recalls += 1
                job.lets_pass = self._begun + bool(job.written)
                self._waiting.append(job)
            else:
                job.error = None if job.over else error
                job.tokens.end()
        if not self._closed:
            self._share_out()


def _wake_all(readers: Sequence[Tokens]) -> None:
    for each in readers:
        each.wake()


def _do(work: _Work) -> None:
    if work.result.set_running_or_notify_cancel():
        try:
            work.result.set_result(work.function())
        except BaseException as error:  # noqa: BLE001 - handed to whoever asked for the work
            work.result.set_exception(error)


def kind(request: Request) -> tuple[object, ...]:
    """What requests must have in common to share a batch: CTranslate2's options belong to the batch."""
    options = request.options
    sampling = (options.temperature, options.top_k, options.top_p) if options.temperature > 0 else ()
    shared = request.ids[: request.shared]
    return (*sampling, options.repetition_penalty, shared, request.end_ids, options.background)
