"""A discrete-event simulation of replicas, chats and a policy, on the measured cost model.

It runs the policy's own code. What it leaves out: the answer's length is known to nobody but the chat, as in
life, but costs are exactly the model's, without noise.
"""

import heapq
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from core.engine.scheduling.cost import CostModel
from core.engine.scheduling.policy import SLICE, Ask, Running
from core.engine.scheduling.runner import FIRST_ANSWER, SOME, MovingMean
from tests.benchmarks.engine.loads import Question, Workload
from tests.benchmarks.engine.measures import Trace
from tests.benchmarks.engine.policies import Contender

LONGEST = 400
"""Tokens every answer may have, as far as the policy knows."""


@dataclass(kw_only=True, eq=False)
class _Job:
    number: int
    chat: Iterator[Question]
    question: Question
    trace: Trace
    recalls: int = 0
    lets_pass: int = 0

    @property
    def length(self) -> int:
        return self.question.tokens + len(self.trace.times)

    @property
    def done(self) -> bool:
        return len(self.trace.times) >= self.question.answer


@dataclass(kw_only=True, eq=False)
class _Batch:
    jobs: list[_Job]
    asks: Sequence[Ask]
    length: int
    lag: dict[_Job, int]
    """Steps until a longer prompt is in."""
    steps: int = 0
    recalled: bool = False

    @property
    def leaving(self) -> bool:
        return self.recalled and self.steps >= SLICE

    def running(self) -> Running:
        alive = [ask for ask, job in zip(self.asks, self.jobs, strict=True) if not job.done]
        return Running(asks=alive, length=self.length, steps=self.steps, recalled=self.recalled)


@dataclass(kw_only=True)
class Simulation:
    """One run. `run` returns what every answer was like."""

    contender: Contender
    cost: CostModel
    cores: int
    now: float = 0.0
    _free: int = 0
    _beginning: deque[tuple[float, _Batch]] = field(default_factory=deque)
    _writing: deque[tuple[float, _Batch]] = field(default_factory=deque)
    """Batches that wait for a core, with the seconds they want it for."""
    _events: list[tuple[float, int, object]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)
    _waiting: list[_Job] = field(default_factory=list)
    _running: list[_Batch] = field(default_factory=list)
    _traces: list[Trace] = field(default_factory=list)
    _begun: int = 0
    _answer: MovingMean = field(default_factory=lambda: MovingMean(FIRST_ANSWER, SOME))

    def run(self, workload: Workload) -> list[Trace]:
        self._free = self.cores
        for chat in workload.chats:
            self._next(iter(chat))
        while self._events:
            self.now, _, event = heapq.heappop(self._events)
            if isinstance(event, _Job):
                self._waiting.append(event)
            elif isinstance(event, _Batch):
                self._free += 1
                self._step(event)
            self._share_out()
            self._compute()
        return self._traces

    def _compute(self) -> None:
        """Cores go to those who begin, then to those who write, in turn: as `Cores` gives them out."""
        while self._free and (queue := self._beginning or self._writing):
            self._free -= 1
            self._at(*queue.popleft())

    def _at(self, seconds: float, event: object) -> None:
        heapq.heappush(self._events, (self.now + seconds, next(self._numbers), event))

    def _next(self, chat: Iterator[Question]) -> None:
        question = next(chat, None)
        if question is not None:
            trace = Trace(asked=self.now + question.pause)
            self._traces.append(trace)
            job = _Job(number=next(self._numbers), chat=chat, question=question, trace=trace)
            self._at(question.pause, job)

    def _share_out(self) -> None:
        while self._waiting and len(self._running) < self.cores * self.contender.turns:
            self._waiting.sort(key=lambda job: (job.lets_pass > self._begun, job.number))
            jobs = {job.number: job for job in self._waiting}
            chosen = self.contender.choose(
                [self._ask(job) for job in self._waiting],
                [self.now - job.trace.asked for job in self._waiting],
                [view for batch in self._running if (view := batch.running()).asks],
                self.cores,
            )
            if not chosen:
                self._at(0.01, None)
                return
            self._start([jobs[ask.number] for ask in chosen], chosen)
        if self._waiting:
            views = {batch: batch.running() for batch in self._running}
            found = self.contender.recall([self._ask(job) for job in self._waiting], list(views.values()))
            for batch, view in views.items():
                if view is found:
                    batch.recalled = True

    def _start(self, jobs: list[_Job], asks: Sequence[Ask]) -> None:
        self._begun += 1
        for job in jobs:
            self._waiting.remove(job)
            job.trace.began = self.now if job.trace.began is None else job.trace.began
        lengths = [job.length for job in jobs]
        length = max(lengths) if self.contender.filled else min(lengths)
        batch = _Batch(
            jobs=jobs,
            asks=asks,
            length=length,
            lag={job: max(0, job.length - length) for job in jobs},
        )
        self._running.append(batch)
        self._beginning.append((self.cost.read(len(jobs), length), batch))

    def _step(self, batch: _Batch) -> None:
        alive, leaving = [job for job in batch.jobs if not job.done], batch.leaving
        if not leaving:
            batch.steps += 1
            for job in alive:
                if batch.steps > batch.lag[job]:
                    job.trace.times.append(self.now)
                    if job.done:
                        self._answer.add(job.question.answer)
                        self._next(job.chat)
            alive = [job for job in alive if not job.done]
        if alive and not leaving:
            self._writing.append((self.cost.step(len(alive), batch.length + batch.steps), batch))
            return
        self._running.remove(batch)
        for job in alive:
            job.recalls += 1
            self._waiting.append(job)
            job.lets_pass = self._begun + bool(job.trace.times)

    def _ask(self, job: _Job) -> Ask:
        written = len(job.trace.times)
        return Ask(
            number=job.number,
            tokens=job.length,
            answer=max(1.0, min(self._answer.value, LONGEST - written)),
            kind=None,
            recalls=job.recalls,
            paused=written > 0,
        )
