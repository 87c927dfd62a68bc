"""Fakes for tests and demonstrations: a clock, an engine and a platform that do what they are told."""

import asyncio
import heapq
from collections import deque
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

from core.engine.types import ChatMessage, Choice, Delta, Finish, Load, ModelCard, Options, Prompt, Usage
from core.message import Conversation, Post, Reply


class FakeClock:
    """Time that stands still until `advance`; sleepers wake in order."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def set(self, now: datetime) -> None:
        """Set the clock, as an operator does; nobody sleeps longer or less for it."""
        self._start = now - timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._elapsed + seconds, next(self._numbers), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, waking whoever is due on the way."""
        end = self._elapsed + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            self._elapsed, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)
            await asyncio.sleep(0)
        self._elapsed = end


class ScriptedEngine:
    """Says what the script says: one text per request, or an echo of the prompt's end once it is used up."""

    def __init__(self, *script: str | Exception) -> None:
        self._script = deque(script)
        self.chosen: deque[str] = deque()
        """What `choose` is sure of, one per call; the first option once it is used up."""
        self.prompts: list[str] = []
        """Every prompt it was given."""
        self.options: list[Options] = []
        """The options that came with each prompt to answer."""
        self.hold = asyncio.Event()
        """Cleared, it makes answers stop in the middle until it is set again."""
        self.hold.set()
        self.busy = Load(queued=0, active=0, capacity=8, seconds_per_answer=1.0)
        """What `load` answers; a test may put another in its place."""

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        text = "\n".join(f"{message.role}: {message.text}" for message in messages)
        if begun:
            text = f"{text}\nassistant: {begun}"
        return Prompt(text=text, ids=tuple(range(len(text.split()))), model=self.card().reference)

    async def count(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        self.prompts.append(prompt.text)
        self.options.append(options)
        line = self._script.popleft() if self._script else f"echo: {prompt.text.rsplit('user: ', 1)[-1]}"
        if isinstance(line, Exception):
            raise line
        words = line.split(" ")
        for number, word in enumerate(words):
            if number == len(words) // 2:
                await self.hold.wait()
            yield Delta(text=word if number == 0 else f" {word}")
        usage = Usage(
            prompt_tokens=prompt.tokens, generated_tokens=len(words), first_token_seconds=0.0, seconds=0.0
        )
        yield Delta(text="", finish=Finish.STOP, usage=usage)

    async def choose(self, prompt: Prompt, options: Sequence[str]) -> Choice:
        self.prompts.append(prompt.text)
        sure = options.index(self.chosen.popleft()) if self.chosen else 0
        return Choice(
            options=tuple(options), probabilities=tuple(float(at == sure) for at in range(len(options)))
        )

    def card(self) -> ModelCard:
        return ModelCard(name="scripted", version="1", context_length=4096)

    def load(self) -> Load:
        return self.busy

    async def close(self) -> None:
        self.hold.set()


@dataclass
class FakeChannel:
    """A platform in memory that shows what people would see, and fails when told to."""

    visible: dict[str, str] = field(default_factory=dict)
    """Text of every post that stands, by its platform id."""
    shown: list[str] = field(default_factory=list)
    """Every text that was shown while it grew."""
    held: list[str] = field(default_factory=list)
    """Every notice that said why an answer is late."""
    settled: list[tuple[Post, str]] = field(default_factory=list)
    failures: dict[str, deque[Exception]] = field(default_factory=dict)
    """Errors to raise, by method; each is raised once."""
    part_length: int = 4000
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def fail(self, method: str, *errors: Exception) -> None:
        """Let the next calls of `method` raise these."""
        self.failures.setdefault(method, deque()).extend(errors)

    def split(self, text: str) -> Sequence[str]:
        return [text[at : at + self.part_length] for at in range(0, len(text), self.part_length)]

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        self._maybe_fail("place")
        platform_id = f"p{next(self._ids)}"
        self.visible[platform_id] = "…"
        return platform_id

    async def settle(self, post: Post, reply: Reply) -> None:
        self._maybe_fail("settle")
        self.visible[post.platform_id] = reply.text
        self.settled.append((post, reply.text))

    async def find(self, post: Post) -> str | None:
        self._maybe_fail("find")
        return None

    async def withdraw(self, post: Post) -> None:
        self._maybe_fail("withdraw")
        self.visible.pop(post.platform_id, None)

    def drafts(self, conversation: Conversation) -> bool:
        return False

    def cadence(self, conversation: Conversation) -> float:
        return 0.0

    async def working(self, post: Post) -> None:
        self._maybe_fail("working")

    async def hold(self, post: Post, notice: str) -> bool:
        self._maybe_fail("hold")
        self.held.append(notice)
        return True

    async def show(self, post: Post, text: str) -> None:
        self._maybe_fail("show")
        self.shown.append(text)

    async def rest(self, post: Post) -> None:
        self._maybe_fail("rest")

    def _maybe_fail(self, method: str) -> None:
        if self.failures.get(method):
            raise self.failures[method].popleft()
