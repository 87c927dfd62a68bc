"""The engine over workers on other machines."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import replace

from core.engine import asking as conversations
from core.engine.fleet import wire
from core.engine.fleet.answers import Answers
from core.engine.fleet.asking import Workers, anybody, portions
from core.engine.fleet.awaiting import Awaiting
from core.engine.fleet.broker import Broker, Incoming
from core.engine.fleet.encoder import FleetEncoder
from core.engine.fleet.file_jobs import FileJobs
from core.engine.fleet.roster import Roster
from core.engine.fleet.wire import (
    Advertisement,
    Choosing,
    EncoderCard,
    Extension,
    Preparation,
    Texts,
    packed,
    unpacked,
)
from core.engine.template import encodable
from core.engine.types import ChatMessage, Choice, Delta, Load, ModelCard, Options, Prompt
from core.health import Health
from core.ports import Clock

GRACE = 10.0
"""Seconds without a worker after which the service is not ready."""
GLANCE = 0.5
"""Seconds that workers get to say that they are there."""
UNKNOWN = ModelCard(name="none", version="0", context_length=2048)
"""Before any worker was heard of."""


class FleetEngine:
    """Fills `core.engine.types.Engine` with workers. Make one with `open_fleet`.

    Args:
        broker: reaches the workers.
        roster: of those that are there.
        clock: measures.
    """

    def __init__(self, broker: Broker, roster: Roster, clock: Clock) -> None:
        self._broker = broker
        self._roster = roster
        self._workers = Workers(broker, roster)
        self._awaiting = Awaiting(broker, roster, clock)
        self._answers = Answers(self._awaiting, clock)
        self.files = FileJobs(self._awaiting, roster)
        """What workers do with files."""
        self._encoder_name = ""
        self._encoder: EncoderCard | None = None
        self._card = UNKNOWN
        self._load = Load(queued=0, active=0, capacity=1, seconds_per_answer=1.0)

    async def open(self) -> None:
        """Listen to workers from now on, and make the queue.

        Raises:
            BrokerError: JetStream gives us no work queue.
        """
        await self._awaiting.open()
        await self.listen()
        await self._broker.open_queue()

    async def listen(self) -> None:
        """Listen to what workers tell of themselves, and let them tell at once."""
        await self._broker.listen(wire.HERE, self._hear)
        await self._broker.listening()
        await self._broker.publish(wire.WHO, b"")

    async def met(self) -> None:
        """Return when a worker is there, or after a while."""
        if not self.workers:
            await self._roster.wait(GRACE)

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        clean = tuple(replace(each, text=encodable(each.text)) for each in messages)
        asked = Preparation(messages=clean, begun=encodable(begun), conversation=conversations.conversation())
        return unpacked(Prompt, await self._workers.ask("prepare", packed(asked), anybody))

    async def extend(self, prompt: Prompt, begun: str) -> Prompt:
        asked = Extension(prompt=prompt, begun=encodable(begun))
        return unpacked(Prompt, await self._of_model(prompt.model, "extend", packed(asked)))

    async def count(self, texts: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for some in portions(list(map(encodable, texts))):
            answer = await self._workers.ask("count", packed(Texts(texts=tuple(some))), anybody)
            counts += unpacked(list[int], answer)
        return counts

    def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        return self._answers.stream(prompt, options)

    async def choose(self, prompt: Prompt, options: Sequence[str]) -> Choice:
        asked = Choosing(prompt=prompt, options=tuple(map(encodable, options)))
        return unpacked(Choice, await self._of_model(prompt.model, "choose", packed(asked)))

    async def encoder(self, name: str, known: EncoderCard | None = None) -> FleetEncoder | None:
        """The sentence encoder of this name, as soon as a worker has it.

        Args:
            name: of the model.
            known: what it was the last time, where no worker has it in time; without it, None is returned.
        """
        self._encoder_name, self._encoder = name, known
        with suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while (card := self._encoder_card(name)) is None:
                    await self._roster.wait(GRACE)
                self._encoder = card
        return FleetEncoder(self._workers, self._encoder) if self._encoder else None

    async def met_encoder(self) -> None:
        """Return when a worker has the sentence encoder that was asked for."""
        while self._encoder_card(self._encoder_name) is None:
            await self._roster.wait(GRACE)

    def _encoder_card(self, name: str) -> EncoderCard | None:
        cards = [each.encoder for each in self._roster.workers() if each.encoder]
        return next((card for card in cards if card.card.name == name), None)

    def card(self) -> ModelCard:
        """The model that most workers answer with; the last one known while there are none."""
        counted = Counter(each.card for each in self._roster.workers() if not each.leaving)
        if counted:
            self._card = counted.most_common(1)[0][0]
        return self._card

    def load(self) -> Load:
        """Of all workers together, less what they write for other cores; the last one known while there are
        none."""
        self._load = self._roster.load() or self._load
        elsewhere = self._roster.writing_but_for(self._awaiting.core)
        return replace(
            self._load,
            queued=self._load.queued + self._awaiting.unclaimed,
            active=max(0, self._load.active - elsewhere),
            capacity=max(1, self._load.capacity - elsewhere),
            workers=self.workers,
        )

    @property
    def workers(self) -> int:
        """How many there are."""
        return len(self._roster.workers())

    def health(self) -> Health:
        workers = self._roster.workers()
        if workers:
            models = ", ".join(sorted({each.card.reference for each in workers}))
            refused = " ".join(sorted({each.refused for each in workers if each.refused}))
            able = Counter(kind for each in workers for kind in each.does)
            able_to = "".join(f"{number} can {kind}. " for kind, number in sorted(able.items()))
            counted = f"{len(workers)} worker{'s' * (len(workers) > 1)}: {models}. {self._roster.pace()}"
            detail = f"{counted.rstrip()} {able_to}{refused}".rstrip()
            return Health(part="model", ok=True, detail=f"{detail} {self._without_encoder()}".rstrip())
        where = "No model worker is there" if self._broker.connected else "NATS is out of reach"
        return Health(
            part="model",
            ok=self._roster.silence < GRACE,
            detail=f"{where}: see to it, and to `frontdesk worker`.",
        )

    def _without_encoder(self) -> str:
        """What is missing where passages are found by their words alone."""
        if not self._encoder_name or any(
            each.encoder and each.encoder == self._encoder for each in self._roster.workers()
        ):
            return ""
        if self._encoder:
            return f"None has the sentence encoder {self._encoder.card.reference}: words alone find passages."
        return f"None has had the sentence encoder {self._encoder_name} yet: words alone find passages."

    async def close(self) -> None:
        """Nothing runs here; the connection belongs to whoever opened it."""

    async def _of_model(self, model: str, verb: str, data: bytes) -> bytes:
        return await self._workers.ask(verb, data, lambda worker: model in worker.models)

    def _hear(self, message: Incoming) -> None:
        self._roster.note(unpacked(Advertisement, message.data))


async def open_fleet(broker: Broker, clock: Clock) -> FleetEngine:
    """An engine over whatever workers there are, now and later.

    Args:
        broker: reaches them.
        clock: measures.

    Raises:
        BrokerError: JetStream gives us no work queue.
    """
    engine = FleetEngine(broker, Roster(clock), clock)
    await engine.open()
    return engine


async def look_around(broker: Broker, clock: Clock) -> Health:
    """How the workers are now; makes nothing on the server.

    Args:
        broker: reaches them.
        clock: measures.
    """
    engine = FleetEngine(broker, Roster(clock), clock)
    await engine.listen()
    await clock.sleep(GLANCE)
    return replace(engine.health(), ok=engine.workers > 0)
