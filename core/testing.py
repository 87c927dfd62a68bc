"""Fakes for tests and demonstrations, that do what they are told.

A clock, an engine, a voice, a platform, an encoder, and a knowledge base in memory.
"""

import asyncio
import hashlib
import heapq
import re
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np

from core.engine.types import ChatMessage, Choice, Delta, Finish, Load, ModelCard, Options, Prompt, Usage
from core.errors import Refused, StoreError, TooLarge
from core.knowledge.passages import Document, Found, Passage, Source
from core.knowledge.ports import Scores, Vectors
from core.language.query import SearchQuery
from core.media.refusal import Refusal, Unusable
from core.media.speaker import Form
from core.message import Attachment, Citation, Conversation, Post, Reply
from core.message import Choice as Offered


class FakeClock:
    """Time that stands still until `advance`; sleepers wake in order."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = count()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    @property
    def sleepers(self) -> int:
        """How many sleep now."""
        return len(self._sleepers)

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
    """Says what the script says: one text per request, or an echo of the prompt's end once it is used up.

    A worker may serve it, too.
    """

    refused = ""

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

    def say(self, *script: str | Exception) -> None:
        """Add to the script."""
        self._script.extend(script)

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        text = "\n".join(f"{message.role}: {message.text}" for message in messages)
        if begun:
            text = f"{text}\nassistant: {begun}"
        return Prompt(text=text, ids=tuple(range(len(text.split()))), model=self.card().reference)

    async def extend(self, prompt: Prompt, begun: str) -> Prompt:
        more = range(prompt.tokens, prompt.tokens + len(begun.split()))
        return replace(prompt, text=prompt.text + begun, ids=(*prompt.ids, *more))

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

    def loaded(self) -> list[str]:
        return [self.card().reference]

    def load(self) -> Load:
        return self.busy

    async def close(self) -> None:
        self.hold.set()


class FakeFiles:
    """Fills `core.ports.Files` with what it was given, by the id of the attachment."""

    def __init__(self, **contents: bytes) -> None:
        self.contents = contents

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        if attachment.id not in self.contents:
            raise Refused("There is no such file.")
        content = self.contents[attachment.id]
        if len(content) > limit:
            raise TooLarge
        return content


class FakeVoice:
    """Fills `core.media.voices.SpeechSynthesiser`: what it reads is always the same file."""

    languages: Sequence[str] = ("en",)

    def __init__(self, speech: bytes = b"speech") -> None:
        self.speech = speech
        self.read: list[str] = []
        """Every text that was read."""
        self.fails = False

    async def speak(self, text: str, form: Form) -> bytes:
        if self.fails:
            raise Unusable(Refusal.LATE)
        self.read.append(text)
        return self.speech

    async def close(self) -> None:
        """Nothing is open."""


@dataclass
class FakeChannel:
    """A platform in memory that shows what people would see, and fails when told to."""

    visible: dict[str, str] = field(default_factory=dict)
    """Text of every post that stands, by its platform id."""
    shown: list[str] = field(default_factory=list)
    """Every text that was shown while it grew."""
    citations: dict[str, tuple[Citation, ...]] = field(default_factory=dict)
    """What stands under every post, by its platform id."""
    choices: dict[str, tuple[Offered, ...]] = field(default_factory=dict)
    """The buttons under every post, by its platform id."""
    chosen: dict[str, str] = field(default_factory=dict)
    """Which button was pressed, by the post's platform id."""
    doing: list[str] = field(default_factory=list)
    """Everything that was said to be done."""
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

    def split(self, reply: Reply) -> Sequence[Reply]:
        pieces = [
            reply.text[at : at + self.part_length] for at in range(0, len(reply.text), self.part_length)
        ]
        parts = [Reply(text=piece) for piece in pieces]
        return [*parts[:-1], *(replace(reply, text=last.text) for last in parts[-1:])]

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        self._maybe_fail("place")
        platform_id = f"p{next(self._ids)}"
        self.visible[platform_id] = "…"
        return platform_id

    async def settle(self, post: Post, reply: Reply) -> None:
        self._maybe_fail("settle")
        self.visible[post.platform_id] = reply.text
        self.citations[post.platform_id] = reply.citations
        self.choices[post.platform_id], self.chosen[post.platform_id] = reply.choices, reply.chosen
        self.settled.append((post, reply.text))

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        self._maybe_fail("find")
        return None

    async def withdraw(self, post: Post) -> None:
        self._maybe_fail("withdraw")
        self.visible.pop(post.platform_id, None)

    def drafts(self, conversation: Conversation) -> bool:
        return False

    def cadence(self, conversation: Conversation) -> float:
        return 0.0

    async def working(self, post: Post, doing: str = "") -> None:
        self._maybe_fail("working")
        self.doing += [doing] if doing else []

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


class WordEncoder:
    """Vectors of the words alone: texts are alike as far as they share words, in any order."""

    def __init__(self, reference: str = "words@1", dimensions: int = 64) -> None:
        self.reference = reference
        self.dimensions = dimensions
        self.encoded: list[str] = []
        """Every text that it was given."""

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> Vectors:
        self.encoded.extend(texts)
        vectors: Vectors = np.array([self._vector(text) for text in texts], np.float32)
        lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.divide(vectors, lengths)

    def _vector(self, text: str) -> Vectors:
        vector: Vectors = np.zeros(self.dimensions, np.float32)
        for word in sorted(_words(text) or {""}):
            vector += self._of_word(word)
        return vector

    def _of_word(self, word: str) -> Vectors:
        seed = int.from_bytes(hashlib.sha256(f"{self.reference} {word}".encode()).digest()[:8])
        vector: Vectors = np.random.default_rng(seed).standard_normal(self.dimensions, dtype=np.float32)
        return vector


class WordReranker:
    """Says of a passage that it answers as far as it has the question's words."""

    reference = "words@1"
    seconds = 0.01

    def __init__(self) -> None:
        self.read: list[str] = []
        """Every passage that it was given."""

    async def scores(self, question: str, passages: Sequence[str]) -> Scores:
        self.read.extend(passages)
        asked = _words(question)
        return np.array([20 * len(asked & _words(each)) / len(asked) - 10 for each in passages], np.float32)


class MemoryKnowledge:
    """A library and its search in memory, by the share of the query's words that a passage has."""

    def __init__(self) -> None:
        self._sources: dict[str, Source] = {}
        self._documents: dict[tuple[str, str], tuple[Document, Sequence[tuple[int, Passage]]]] = {}
        self._ids = count(1)

    async def add(self, source: Source) -> None:
        self._sources[source.name] = source

    async def remove(self, name: str) -> bool:
        await self.forget(name, [location for source, location in self._documents if source == name])
        return self._sources.pop(name, None) is not None

    async def erase(self, owners: Collection[str]) -> int:
        theirs = [each.name for each in self._sources.values() if each.owner in owners]
        return sum([await self.remove(name) for name in theirs])

    async def adopt(self, name: str, source: Source) -> None:
        del self._sources[name]
        self._sources[source.name] = source
        for key in [each for each in self._documents if each[0] == name]:
            self._documents[source.name, key[1]] = self._documents.pop(key)

    async def seal_clear(self) -> int:
        return 0

    async def sources(self) -> Sequence[Source]:
        return sorted(self._sources.values(), key=lambda source: source.name)

    async def documents(self, source: str) -> Mapping[str, Document]:
        return {at: document for (name, at), (document, _) in self._documents.items() if name == source}

    async def passages(self, source: str, location: str) -> Sequence[Passage]:
        return [passage for _, passage in self._documents[source, location][1]]

    async def put(self, source: str, document: Document, passages: Sequence[Passage]) -> None:
        if source not in self._sources:
            raise StoreError(f"There is no source '{source}'.")
        entered = [(next(self._ids), passage) for passage in passages]
        self._documents[source, document.location] = (document, entered)

    async def forget(self, source: str, locations: Collection[str]) -> None:
        for location in locations:
            self._documents.pop((source, location), None)

    async def embed(self, progress: Callable[[int, int], None] | None = None) -> None:
        """It has no vectors."""

    async def find(
        self,
        query: SearchQuery,
        conversation: Conversation | None,
        *,
        sources: Sequence[str] | None = None,
        limit: int = 5,
    ) -> Sequence[Found]:
        asked = _words(" ".join((query.text, *query.terms, *query.names)))
        kept: dict[str, Found] = {}
        for found in self._visible(conversation):
            said = _words(" ".join((found.document.title, *found.passage.headings, found.passage.text)))
            if asked & said and (sources is None or found.source in sources):
                score = len(asked & said) / len(asked)
                kept.setdefault(
                    found.passage.text, replace(found, score=score, bm25=score, terms=tuple(asked & said))
                )
        return sorted(kept.values(), key=lambda found: -found.score)[:limit]

    async def passage(self, passage_id: int, conversation: Conversation | None) -> Found | None:
        return next((found for found in self._visible(conversation) if found.id == passage_id), None)

    async def clear_log(self) -> None:
        """There is none."""

    async def close(self) -> None:
        """Nothing is open."""

    def _visible(self, conversation: Conversation | None) -> Sequence[Found]:
        return [
            Found(
                id=number,
                passage=passage,
                document=document,
                source=name,
                score=0.0,
                is_brought=bool(self._sources[name].owner),
            )
            for (name, _), (document, passages) in self._documents.items()
            if conversation is None or self._sources[name].open_to(conversation)
            for number, passage in passages
        ]


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))
