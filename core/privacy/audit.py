"""The audit trail: who read, changed or erased what, and when, in a chain that shows what was tampered with.

Nothing in it is text of people. Whose data it was stands there as a keyed hash alone: it can be found by who
knows the person or the conversation, and tells nobody else.
"""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.errors import FrontdeskError

SELF = "self"
"""The actor where people use a right of their own: who it was is `whose`."""
ASSISTANT = "assistant"
"""The actor where nobody asked: retention, or a canary that is taken back."""
START = "0" * 64
"""The digest before the first entry."""
LINE = 200
"""Characters of an actor, a subject or a detail at most: names that people choose are no place for texts."""


class Action(StrEnum):
    """What can be done that must be accounted for."""

    SIGN_IN = "sign in"
    READ = "read"
    EXPORT = "export"
    CORRECT = "correct"
    ERASE = "erase"
    RETAIN = "retain"
    """Erase what is older than its retention."""
    CONSENT = "consent"
    """Agree to something, or withdraw it."""
    CHANGE = "change"
    """Settings, flows, documents, datasets, tickets, models by hand."""
    PROMOTE = "promote"
    ROLL_BACK = "roll back"
    TAKE_OVER = "take over"
    RELEASE = "release"
    REVIEW = "review"


class End(StrEnum):
    """How it ended."""

    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """Something that somebody did, or was refused."""

    actor: str
    """Who: a login, the name of a console session, the key of an agent, `SELF` or `ASSISTANT`."""
    action: Action
    subject: str = ""
    """To what, by our own name for it: "ticket:12", "answer:ID", "model:NAME@VERSION", "source:NAME"."""
    whose: str = ""
    """Key of the person or conversation whose data it concerned; kept as a keyed hash."""
    detail: str = ""
    """What else is to be known, in words of ours or figures; never text of people."""
    end: End = End.DONE


@dataclass(frozen=True, kw_only=True)
class AuditRecord:
    """An entry as it is kept; `whose` is the hash."""

    number: int
    """From 1, without a gap."""
    at: datetime
    entry: AuditEntry
    digest: str
    known: str = ""
    """The key behind the hash, where it is of a conversation or a person of whom something is kept."""


@dataclass(frozen=True, kw_only=True)
class Verified:
    """What came of going through the chain."""

    count: int
    """Entries that hold."""
    head: str
    """`NUMBER:DIGEST` of the last that holds. Noted elsewhere, it shows later whether the end was cut off."""
    fault: str = ""
    """What does not hold, as a sentence; empty where all does."""


class Audit(Protocol):
    """The trail. Nothing is ever changed in it or taken out."""

    async def record(self, entry: AuditEntry) -> None:
        """Write down what somebody did; returns after the commit."""

    async def records(
        self, limit: int, *, before: int = 0, action: Action | None = None, actor: str = "", whose: str = ""
    ) -> Sequence[AuditRecord]:
        """The last `limit` entries, newest first.

        Args:
            limit: how many at most.
            before: only those with a lower number; 0: all.
            action: only of this kind.
            actor: only of this actor.
            whose: only those that concerned this person or conversation, by its key.
        """

    async def verify(self, head: str = "") -> Verified:
        """Go through the whole chain.

        Args:
            head: what an earlier call gave, which must still be in it.
        """


def digest_of(key: bytes, before: str, number: int, at: float, entry: AuditEntry) -> str:
    """HMAC-SHA256 over the digest before and the entry, whose `whose` is hashed already."""
    deed = [entry.actor, entry.action, entry.subject, entry.whose, entry.detail, entry.end]
    return hmac.new(key, json.dumps([before, number, at, *deed]).encode(), hashlib.sha256).hexdigest()


def pseudonym(key: bytes, whose: str) -> str:
    """The keyed hash of a person's or a conversation's key; empty for nobody."""
    named = f"whose:{whose}".encode("utf-8", "replace")
    return hmac.new(key, named, hashlib.sha256).hexdigest()[:32] if whose else ""


def shortened(entry: AuditEntry) -> AuditEntry:
    """On one line each, and no longer than `LINE`."""
    actor, subject, detail = (
        " ".join(text.encode("utf-8", "replace").decode().split())[:LINE]
        for text in (entry.actor, entry.subject, entry.detail)
    )
    return replace(entry, actor=actor, subject=subject, detail=detail)


@asynccontextmanager
async def accounted(audit: Audit, entry: AuditEntry) -> AsyncIterator[None]:
    """Write down first what the block does, and afterwards if it was refused.

    For what is done outside of the database: a crash in between leaves an entry too many, never one too few.
    """
    await audit.record(entry)
    try:
        yield
    except FrontdeskError as error:
        await audit.record(replace(entry, end=End.REFUSED, detail=type(error).__name__))
        raise


@asynccontextmanager
async def accounted_once(audit: Audit, entry: AuditEntry) -> AsyncIterator[None]:
    """The same for what is tried again and again until it is done, as the trail keeps everything for good.

    A try after one that failed is written down when it is done, or fails in another way.
    """
    last = next(iter(await audit.records(1, action=entry.action, whose=entry.whose)), None)
    failed = last.entry if last and last.entry.subject == entry.subject else None
    if failed is None or failed.end is not End.REFUSED:
        failed = None
        await audit.record(entry)
    try:
        yield
    except Exception as error:
        detail = type(error).__name__
        if failed is None or failed.detail != detail:
            await audit.record(replace(entry, end=End.REFUSED, detail=detail))
        raise
    if failed:
        await audit.record(entry)
