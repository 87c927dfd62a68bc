"""The audit trail in the database."""

import hmac
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from core.privacy.audit import (
    START,
    Action,
    AuditEntry,
    AuditRecord,
    End,
    Verified,
    digest_of,
    pseudonym,
    shortened,
)
from core.store.connection import Connection
from core.store.sql.cabinet import OWNER
from core.store.sql.rows import Shelf, moment

KEY = "audit.key"
"""In the cabinet: without it nobody can write an entry that holds."""
_COLUMNS = 'number, at, actor, action, subject, whose, detail, "end", digest'
_LAST = "SELECT number, digest FROM audit ORDER BY number DESC LIMIT 1"
_ENTER = f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_RECORDS = f"""
SELECT {_COLUMNS} FROM audit
WHERE (:before = 0 OR number < :before) AND (:action = '' OR action = :action)
    AND (:actor = '' OR actor = :actor) AND (:whose = '' OR whose = :whose)
ORDER BY number DESC LIMIT :limit
"""  # noqa: S608 - constants
_ALL = f"SELECT {_COLUMNS} FROM audit ORDER BY number"  # noqa: S608 - constants
_KNOWN = "SELECT key FROM conversations UNION SELECT DISTINCT sender FROM inbox"


class SqlAudit:
    """Fills `core.privacy.audit.Audit`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def record(self, entry: AuditEntry) -> None:
        await self._shelf.database.write(lambda db: note(db, self._shelf, entry))

    async def records(
        self, limit: int, *, before: int = 0, action: Action | None = None, actor: str = "", whose: str = ""
    ) -> Sequence[AuditRecord]:
        def read(db: Connection) -> list[AuditRecord]:
            key = _key(db, self._shelf)
            values = {"limit": limit, "before": before, "action": action or "", "actor": actor}
            values["whose"] = pseudonym(key, whose) if key else whose
            rows = db.execute(_RECORDS, values).fetchall()
            names = _names(db, key, {row[5] for row in rows} - {""})
            return [replace(found := _record(row), known=names.get(found.entry.whose, "")) for row in rows]

        return await self._shelf.database.read(read)

    async def verify(self, head: str = "") -> Verified:
        def read(db: Connection) -> Verified:
            return _verified(db, _key(db, self._shelf), head)

        return await self._shelf.database.read(read)


def note(db: Connection, shelf: Shelf, entry: AuditEntry) -> None:
    """Write an entry down as part of a transaction."""
    key = _key(db, shelf) or _made(db, shelf)
    last, before = db.execute(_LAST).fetchone() or (0, START)
    number, at = last + 1, shelf.now()
    kept = replace(shortened(entry), whose=pseudonym(key, entry.whose))
    digest = digest_of(key, before, number, at, kept)
    db.execute(
        _ENTER,
        [number, at, kept.actor, kept.action, kept.subject, kept.whose, kept.detail, kept.end, digest],
    )


def _key(db: Connection, shelf: Shelf) -> bytes | None:
    row = db.execute("SELECT body FROM cabinet WHERE name = ?", [KEY]).fetchone()
    return bytes.fromhex(shelf.sealer.open(OWNER, row[0])) if row else None


def _made(db: Connection, shelf: Shelf) -> bytes:
    key = secrets.token_bytes(32)
    db.execute("INSERT INTO cabinet (name, body) VALUES (?, ?)", [KEY, shelf.sealer.seal(OWNER, key.hex())])
    return key


def _verified(db: Connection, key: bytes | None, head: str) -> Verified:
    head = head.replace("-", ":")  # as the log has it
    count, digest, passed = 0, START, not head
    for row in db.execute(_ALL):
        number = count + 1
        if row[0] != number:
            return Verified(count=count, head=f"{count}:{digest}", fault=f"Entry {number} is missing.")
        found = _record(row)
        due = digest_of(key or b"", digest, number, row[1], found.entry)
        if key is None or not hmac.compare_digest(due, found.digest):
            fault = f"Entry {number} is not what was written, or one before it is not."
            return Verified(count=count, head=f"{count}:{digest}", fault=fault)
        count, digest = number, due
        passed = passed or head == f"{number}:{due}"
    fault = "" if passed else "The trail does not go on from the head that was noted: its end was cut off."
    return Verified(count=count, head=f"{count}:{digest}", fault=fault)


def _names(db: Connection, key: bytes | None, wanted: Iterable[str]) -> Mapping[str, str]:
    """Keys of conversations and people that are still kept, by their pseudonym."""
    looked_for = set(wanted)
    if key is None or not looked_for:
        return {}
    every = ((pseudonym(key, name), name) for (name,) in db.execute(_KNOWN) if name)
    return {each: name for each, name in every if each in looked_for}


def _record(row: Sequence[Any]) -> AuditRecord:
    """From columns `_COLUMNS`."""
    return AuditRecord(
        number=row[0],
        at=moment(row[1]),
        entry=AuditEntry(
            actor=row[2],
            action=Action(row[3]),
            subject=row[4],
            whose=row[5],
            detail=row[6],
            end=End(row[7]),
        ),
        digest=row[8],
    )
