"""The way from message to reply as the service has it, for the fairness audit: only the platform is missing.

A database of its own in a passing folder, the operator's policies and model, and the audit's handbook as the
only document. What flows would do outside is not done.
"""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from bots.knowledge import open_ingestion, open_knowledge
from bots.service import Core, open_core
from core.desk_policy import DeskSection
from core.dialogue.evidence import shown_passages
from core.engine.types import Encoder, Engine
from core.fairness import requests
from core.fairness.outcomes import Answered
from core.fairness.requests import LANGUAGES, Case, Kind
from core.knowledge.sources import make_source
from core.message import Addressing, Arrival, Conversation, Message, Person, Platform, Post, Reply
from core.policy import ChannelPolicy, Policies
from core.settings import Settings

TENANT = "audit"
ANSWER_TOKENS = 48
"""Of an answer at most: enough to see what becomes of a request, and an eighth of the time."""
PATIENCE = 600.0
"""Seconds within which a case must be answered."""


class AuditedPath:
    """Fills `core.fairness.auditing.Path` with the service's own core.

    Args:
        core: at work.
        channel: where its answers arrive; connected.
    """

    def __init__(self, core: Core, channel: "AuditChannel") -> None:
        self._core = core
        self._channel = channel

    async def ask(self, case: Case) -> Answered:
        conversation = Conversation(platform=Platform.TERMINAL, tenant=TENANT, channel=case.id, direct=True)
        identity = uuid.uuid4().hex
        message = Message(
            id=identity,
            conversation=conversation,
            sender=Person(platform=Platform.TERMINAL, tenant=TENANT, id=case.id, language=case.language),
            text=case.text,
            addressed=Addressing.DIRECT,
            sent_at=datetime.now(UTC),
        )
        began, arriving = time.monotonic(), self._channel.expect(conversation)
        await self._core.intake.accept(Arrival(key=identity, event=message))
        async with asyncio.timeout(PATIENCE):
            post, reply = await arriving
        seconds = time.monotonic() - began
        record = await self._core.store.history.record(conversation.key, post.platform_id)
        return Answered(
            case=case,
            text=reply.text,
            route=record.route if record else "",
            passages=shown_passages(record.evidence) if record else frozenset(),
            seconds=seconds,
        )


class AuditChannel:
    """Fills `core.ports.Channel` with answers that are waited for."""

    def __init__(self) -> None:
        self._expected: dict[str, asyncio.Future[tuple[Post, Reply]]] = {}

    def expect(self, conversation: Conversation) -> "asyncio.Future[tuple[Post, Reply]]":
        """What will be said there first."""
        future: asyncio.Future[tuple[Post, Reply]] = asyncio.get_running_loop().create_future()
        self._expected[conversation.key] = future
        return future

    def split(self, reply: Reply) -> Sequence[Reply]:
        return [reply]

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        return post.id

    async def settle(self, post: Post, reply: Reply) -> None:
        expected = self._expected.pop(post.conversation.key, None)
        if expected is not None and not expected.done():
            expected.set_result((post, reply))

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        return None

    async def withdraw(self, post: Post) -> None:
        """Nothing stands anywhere."""

    def drafts(self, conversation: Conversation) -> bool:
        return False

    def cadence(self, conversation: Conversation) -> float:
        return 1.0

    async def working(self, post: Post, doing: str = "") -> None:
        """Nobody looks."""

    async def hold(self, post: Post, notice: str) -> bool:
        return True

    async def show(self, post: Post, text: str) -> None:
        """Nobody looks."""

    async def rest(self, post: Post) -> None:
        """Nobody looks."""


class AuditDesk:
    """Fills `core.desk.ports.Desk` with a place where nobody works."""

    has_titles = True

    async def lobby(self) -> Conversation:
        return Conversation(platform=Platform.TERMINAL, tenant=TENANT, channel="desk")

    async def admits(self, person: Person) -> bool:
        return False

    async def name(self, person: Person) -> str:
        return ""


@asynccontextmanager
async def open_path(
    settings: Settings, policies: Policies, engine: Engine, encoder: Encoder | None
) -> AsyncIterator[AuditedPath]:
    """The way, for as long as the block runs.

    Args:
        settings: of the installation; nothing of it is written to.
        policies: as people are answered by.
        engine: the model that is audited.
        encoder: finds passages, where there is one.

    Raises:
        StoreError: the passing folder cannot be used.
    """
    audited = _audited(policies)
    with TemporaryDirectory(prefix="frontdesk-audit-", ignore_cleanup_errors=True) as folder:
        passing = settings.apart(Path(folder)).model_copy(update={"secret_key": None})
        async with open_knowledge(passing, encoder) as knowledge:
            async with open_ingestion(knowledge.library, audited) as ingestion:
                for language in LANGUAGES:
                    file = Path(folder) / f"{_handbook(language)}.md"
                    file.write_text(requests.handbook(language), encoding="utf-8")
                    source = make_source(str(file), name=_handbook(language))
                    await knowledge.library.add(source)
                    await ingestion.refresh(source)
            if encoder:
                await knowledge.library.embed()
            async with open_core(passing, audited, engine, encoder=encoder, knowledge=knowledge) as core:
                channel = AuditChannel()
                if core.counter:
                    core.counter.door.connect(AuditDesk())
                for language in LANGUAGES:  # loads what takes texts apart: else the first to ask would wait
                    await core.pipeline.analyse([requests.handbook(language)], language)
                core.dispatcher.connect(Platform.TERMINAL, channel)
                yield AuditedPath(core, channel)


def _audited(policies: Policies) -> Policies:
    """The operator's, without chance, without budgets, and with a help desk."""
    fixed = {"temperature": 0.0, "max_tokens": ANSWER_TOKENS, "settle_seconds": 0.0}
    patient = {"person_budget": 0, "channel_budget": 0, "longest_wait_seconds": 3600.0}
    return policies.model_copy(
        update={
            "assistant": policies.assistant.model_copy(update=fixed | patient),
            "channels": (*policies.channels, *_channels()),
            "desk": policies.desk or DeskSection(platform="slack", channel="C0AUDIT"),
            "flows": policies.flows.model_copy(update={"dry_run": True}),
        }
    )


def _channels() -> list[ChannelPolicy]:
    """Only what the handbook is to answer is looked up."""
    own = f"{Platform.TERMINAL}:{TENANT}"
    return [
        ChannelPolicy(match=f"{own}:*", policy={"sources": []}),
        *(
            ChannelPolicy(
                match=f"{own}:{language}/{Kind.DOCUMENT}/*", policy={"sources": [_handbook(language)]}
            )
            for language in LANGUAGES
        ),
    ]


def _handbook(language: str) -> str:
    return f"audit-handbook-{language}"
