"""What is kept of one person: found, handed out, and erased row by row."""

import asyncio
import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from core.errors import StoreError
from core.store.connection import Connection
from core.store.records import Consent, Erasure, Holdings
from core.store.sealing import personal
from core.store.sql import consents
from core.store.sql.columns import SEALED, Row, row_id, rows
from core.store.sql.personal import EMPTY, PERSONAL, Personal
from core.store.sql.rows import PERSON, Shelf, moment

BATCH = 200
"""Rows changed in one transaction, so that nobody waits for long."""
_SEALED = {(each.table, column) for each in SEALED for column in each.columns}
_OWNERS = {each.table: each.owner for each in SEALED}
_PLACES = """
SELECT DISTINCT conversation FROM inbox WHERE sender = :person AND type IN ('message', 'edit')
UNION SELECT conversation FROM flow_runs WHERE person = :person
UNION SELECT conversation FROM consents WHERE person = :person
UNION SELECT key FROM conversations WHERE direct = 1 AND platform || ':' || tenant || ':' || channel = :person
"""  # a private chat of Telegram and of the widget is called as the person is
_FIELDS = "SELECT name, type FROM pragma_table_info(?)"
_IS_DIRECT = "SELECT direct FROM conversations WHERE key = ?"
_TICKETS = (
    "SELECT number, customer, desk, person FROM tickets WHERE customer IN (SELECT value FROM json_each(?))"
)
_TURNS = """
WITH RECURSIVE theirs (turn) AS (
    SELECT turn FROM inbox WHERE sender = :person AND turn IS NOT NULL
        AND conversation NOT IN (SELECT value FROM json_each(:own))
    UNION SELECT t.id FROM turns t JOIN theirs ON t.superseded_by = theirs.turn
)
SELECT turn FROM theirs
"""  # and earlier answers to the same messages
_SINCE = "SELECT conversation, min(seq) FROM turns WHERE id IN (SELECT value FROM json_each(?)) GROUP BY 1"
_ELSEWHERE = (
    "UPDATE turns SET prompt = NULL WHERE conversation = :place AND seq >= :since AND prompt IS NOT NULL",
    """DELETE FROM drafts WHERE customer = :place
    AND turn IN (SELECT id FROM turns WHERE conversation = :place AND seq >= :since)""",
    "UPDATE tickets SET brief = NULL WHERE customer = :place AND brief IS NOT NULL",
    """UPDATE conversations SET summary = NULL, summary_until = 0
    WHERE key = :place AND summary_until >= :since""",
    # a pseudonym that is given anew must not be read in what was said before
    """UPDATE conversations SET pseudonyms = NULL, summary = NULL, summary_until = 0,
        fresh_from = (SELECT coalesce(max(seq), 0) FROM turns WHERE conversation = :place)
    WHERE key = :place AND pseudonyms IS NOT NULL""",
)
"""Where others go on, what quotes the person goes: later prompts and drafts, summaries and pseudonyms."""
_WORK = """
SELECT 1 FROM inbox WHERE state = 'waiting' AND conversation IN (SELECT value FROM json_each(:own))
UNION ALL SELECT 1 FROM turns WHERE state IN ('running', 'handed_back')
    AND conversation IN (SELECT value FROM json_each(:own))
UNION ALL SELECT 1 FROM outbox WHERE state NOT IN ('sent', 'failed', 'withdrawn')
    AND (body IS NOT NULL OR state = 'withdrawing') AND conversation IN (SELECT value FROM json_each(:own))
LIMIT 1
"""
_ASK = """
INSERT INTO erasures (id, person, asked_by, asked_at)
SELECT :id, :person, :asked_by, :now
WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE person = :person AND erased_at IS NULL)
"""
_OPEN = """
SELECT id, person, asked_by, asked_at FROM erasures WHERE erased_at IS NULL ORDER BY asked_at, id
"""
_CONCLUDE = """
UPDATE erasures SET person = NULL, proof = ?, erased_at = ?, affected = ?
WHERE id = ? AND erased_at IS NULL
"""
_PROVED = "SELECT erased_at, affected FROM erasures WHERE proof = ? ORDER BY erased_at"
_PROOFS = "SELECT DISTINCT proof FROM erasures WHERE proof IS NOT NULL ORDER BY proof"
_PEOPLE = """
SELECT sender FROM inbox WHERE sender != ''
UNION SELECT person FROM flow_runs UNION SELECT person FROM consents UNION SELECT person FROM preferences
UNION SELECT platform || ':' || tenant || ':' || channel FROM conversations WHERE direct = 1
"""
_REMEMBER = """
INSERT INTO preferences (person, remembered, decided_at) VALUES (?, ?, ?)
ON CONFLICT (person) DO UPDATE SET remembered = excluded.remembered, decided_at = excluded.decided_at
"""
_PREFER_VOICE = """
INSERT INTO preferences (person, remembered, voice, decided_at) VALUES (?, 0, ?, ?)
ON CONFLICT (person) DO UPDATE SET voice = excluded.voice, decided_at = excluded.decided_at
"""
_DROP_SUMMARIES = """
UPDATE conversations SET summary = NULL, summary_until = 0
WHERE summary IS NOT NULL AND key IN (
    SELECT conversation FROM inbox WHERE sender = ? AND type IN ('message', 'edit')
)
"""
_REMEMBERS = """
SELECT count(*) > 0 AND sum(coalesce(remembered, 0)) = count(*)
FROM (
    SELECT DISTINCT sender FROM inbox WHERE conversation = ? AND type = 'message' AND turn IS NOT NULL
) AS senders LEFT JOIN preferences ON person = sender
"""


class SqlSubjects:
    """Fills `core.store.ports.Subjects`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def holdings(self, person: str) -> Holdings:
        return await self._shelf.database.read(lambda db: self._holdings(db, person))

    async def records(self, holdings: Holdings) -> Mapping[str, Sequence[Mapping[str, object]]]:
        found: dict[str, Sequence[Mapping[str, object]]] = {}
        for each in PERSONAL:
            found[each.table] = await self._records(each, holdings)
        return found

    async def fields(self) -> Sequence[tuple[str, Sequence[tuple[str, str]]]]:
        def read(db: Connection) -> list[tuple[str, Sequence[tuple[str, str]]]]:
            return [(each.table, tuple(db.execute(_FIELDS, [each.table]).fetchall())) for each in PERSONAL]

        return await self._shelf.database.read(read)

    async def is_busy(self, holdings: Holdings) -> bool:
        def read(db: Connection) -> bool:
            return db.execute(_WORK, {"own": json.dumps(holdings.own)}).fetchone() is not None

        return await self._shelf.database.read(read)

    async def destroy_keys(self, holdings: Holdings) -> int:
        sealed = {
            owner: await self._shelf.database.read(partial(_sealed_for, owner=owner))
            for owner in holdings.own
        }
        sealed[personal(holdings.person)] = []
        return await asyncio.to_thread(self._shelf.sealer.destroy, sealed)

    async def wipe(self, holdings: Holdings) -> int:
        count = 0
        for place, since in await self._shelf.database.read(partial(_since, holdings=holdings)):
            values = {"place": place, "since": since}
            await self._shelf.database.write(partial(_run, statements=_ELSEWHERE, values=values))
        for each in PERSONAL:
            for condition, change in _changes(each):
                while done := await self._change(each, condition, change, holdings):
                    count += done
        return count

    async def leftovers(self, holdings: Holdings) -> int:
        """Delete what came in while the keys were destroyed, and cannot be read by anybody."""
        return await self._shelf.database.write(lambda db: self._unreadable(db, holdings))

    async def clear_log(self) -> None:
        await self._shelf.database.clear_log()

    async def ask(self, person: str, asked_by: str) -> None:
        values = {"id": uuid.uuid4().hex, "person": person, "asked_by": asked_by, "now": self._shelf.now()}
        await self._shelf.database.write(lambda db: db.execute(_ASK, values).close())

    async def asked(self) -> Sequence[Erasure]:
        def read(db: Connection) -> list[Erasure]:
            return [
                Erasure(id=row[0], person=row[1], asked_by=row[2], asked_at=moment(row[3]))
                for row in db.execute(_OPEN).fetchall()
            ]

        return await self._shelf.database.read(read)

    async def conclude(self, erasure: Erasure, proof: str, affected: Mapping[str, object]) -> None:
        values = [proof, self._shelf.now(), json.dumps(affected), erasure.id]
        await self._shelf.database.write(lambda db: db.execute(_CONCLUDE, values).close())

    async def proved(self, proof: str) -> Sequence[Mapping[str, object]]:
        def read(db: Connection) -> list[Mapping[str, object]]:
            rows = db.execute(_PROVED, [proof]).fetchall()
            return [{"erased_at": moment(row[0]).isoformat(), **json.loads(row[1])} for row in rows]

        return await self._shelf.database.read(read)

    async def proofs(self) -> Sequence[str]:
        return await self._shelf.database.read(partial(_column, query=_PROOFS))

    async def people(self) -> Sequence[str]:
        return await self._shelf.database.read(partial(_column, query=_PEOPLE))

    async def remember(self, consent: Consent) -> None:
        values = [consent.person, int(consent.granted), self._shelf.now()]

        def write(db: Connection) -> int:
            consents.keep(db, self._shelf, consent)
            db.execute(_REMEMBER, values)
            return 0 if consent.granted else db.execute(_DROP_SUMMARIES, [consent.person]).rowcount

        if await self._shelf.database.write(write):
            with suppress(StoreError):  # else the next checkpoint does
                await self._shelf.database.clear_log()

    async def is_remembered(self, person: str) -> bool | None:
        def read(db: Connection) -> bool | None:
            row = db.execute("SELECT remembered FROM preferences WHERE person = ?", [person]).fetchone()
            return bool(row[0]) if row else None

        return await self._shelf.database.read(read)

    async def may_remember(self, conversation: str) -> bool:
        def read(db: Connection) -> bool:
            return bool(db.execute(_REMEMBERS, [conversation]).fetchone()[0])

        return await self._shelf.database.read(read)

    async def prefer_voice(self, consent: Consent) -> None:
        values = [consent.person, int(consent.granted), self._shelf.now()]

        def write(db: Connection) -> None:
            consents.keep(db, self._shelf, consent)
            db.execute(_PREFER_VOICE, values)

        await self._shelf.database.write(write)

    async def prefers_voice(self, person: str) -> bool:
        def read(db: Connection) -> bool:
            row = db.execute("SELECT voice FROM preferences WHERE person = ?", [person]).fetchone()
            return bool(row and row[0])

        return await self._shelf.database.read(read)

    def _holdings(self, db: Connection, person: str) -> Holdings:
        places = [place for (place,) in db.execute(_PLACES, {"person": person}).fetchall()]
        direct = [place for place in places if (db.execute(_IS_DIRECT, [place]).fetchone() or [0])[0]]
        tickets = [
            (number, desk)
            for number, customer, desk, sealed in db.execute(_TICKETS, [json.dumps(places)]).fetchall()
            if customer in direct or self._is_of(person, customer, sealed)
        ]
        own = tuple(sorted({*direct, *(desk for _, desk in tickets)}))
        turns = db.execute(_TURNS, {"person": person, "own": json.dumps(own)}).fetchall()
        found = Holdings(
            person=person,
            conversations=tuple(sorted(direct)),
            own=own,
            shared=tuple(sorted(set(places) - set(own))),
            tickets=tuple(number for number, _ in tickets),
            turns=tuple(turn for (turn,) in turns),
        )
        counts = {each.table: _count(db, each, found) for each in PERSONAL}
        return Holdings(**{**vars(found), "rows": {name: count for name, count in counts.items() if count}})

    def _is_of(self, person: str, customer: str, sealed: bytes) -> bool:
        found = PERSON.validate_json(self._shelf.sealer.open(customer, sealed))
        return found is not None and found.key == person

    async def _records(self, each: Personal, holdings: Holdings) -> list[dict[str, object]]:
        """The rows of a table, oldest first, without what other people said."""
        mine = each.own or "0"
        values = _values(holdings, holdings.conversations)

        def names(db: Connection) -> list[str]:
            return [name for name, _ in db.execute(_FIELDS, [each.table]).fetchall()]

        columns = await self._shelf.database.read(names)
        listed = ", ".join(f'"{name}"' for name in columns)

        def read(db: Connection) -> list[tuple[Any, ...]]:
            return db.execute(
                f"SELECT {_owner(each)}, {mine}, {listed} FROM {each.table} WHERE {each.condition} "  # noqa: S608 - constants
                f"ORDER BY {row_id(each.table)}",
                values,
            ).fetchall()

        return [
            {
                name: self._shelf.open(owner, value) if (each.table, name) in _SEALED else value
                for name, value in zip(columns, row, strict=True)
                if is_mine or name not in each.withheld
            }
            for owner, is_mine, *row in await self._shelf.database.read(read)
        ]

    async def _change(self, each: Personal, condition: str, change: str, holdings: Holdings) -> int:
        name, values = row_id(each.table), _values(holdings, holdings.own)

        def write(db: Connection) -> int:
            return db.execute(
                f"{change} WHERE {name} IN (SELECT {name} FROM {each.table} WHERE {condition} LIMIT {BATCH})",  # noqa: S608 - constants
                values,
            ).rowcount

        return await self._shelf.database.write(write)

    def _unreadable(self, db: Connection, holdings: Holdings) -> int:
        places = [each for each in SEALED if each.moves]
        looked_at = [(each, f"{each.owner} = ?", owner) for owner in holdings.own for each in places]
        looked_at += [(each, "sender = ?", holdings.person) for each in places if each.table == "inbox"]
        count = 0
        for each, condition, value in looked_at:
            gone = f"DELETE FROM {each.table} WHERE {row_id(each.table)} = ?"  # noqa: S608 - constants
            for row in rows(db, each, condition, [value]):
                if not self._can_open(row):
                    count += db.execute(gone, [row.number]).rowcount
        return count

    def _can_open(self, row: Row) -> bool:
        try:
            for value in row.values:
                if value is not None:
                    self._shelf.sealer.open(row.owner, value)
        except StoreError:
            return False
        return True


def _column(db: Connection, query: str) -> list[str]:
    return [value for (value,) in db.execute(query).fetchall()]


def _owner(each: Personal) -> str:
    return _OWNERS.get(each.table, "''")


def _values(holdings: Holdings, own: Sequence[str]) -> dict[str, str]:
    return {
        "person": holdings.person,
        "own": json.dumps(own),
        "tickets": json.dumps(holdings.tickets),
        "turns": json.dumps(holdings.turns),
    }


def _count(db: Connection, each: Personal, holdings: Holdings) -> int:
    query = f"SELECT count(*) FROM {each.table} WHERE {each.condition}"  # noqa: S608 - constants
    return int(db.execute(query, _values(holdings, holdings.own)).fetchone()[0])


def _changes(each: Personal) -> list[tuple[str, str]]:
    """Conditions, and what is done with the rows that they find until they find none."""
    gone = f"DELETE FROM {each.table}"  # noqa: S608 - a constant
    if not each.emptied:
        return [(each.condition, gone)]
    columns = ", ".join(f"{column} = {value}" for column, value in each.emptied.items())
    still = " OR ".join(_differs(column, value) for column, value in each.emptied.items())
    emptied = f"UPDATE {each.table} SET {columns}"  # noqa: S608 - constants
    return [(each.own, gone), (f"({each.shared}) AND ({still})", emptied)]


def _differs(column: str, value: str) -> str:
    return f"{column} IS NOT NULL" if value == EMPTY else f"coalesce({column}, '') != {value}"


def _since(db: Connection, holdings: Holdings) -> list[tuple[str, int]]:
    """In which conversations of others the person spoke, and from which turn on."""
    return list(db.execute(_SINCE, [json.dumps(holdings.turns)]).fetchall())


def _run(db: Connection, statements: Iterable[str], values: dict[str, Any]) -> None:
    for statement in statements:
        db.execute(statement, values).close()


def _sealed_for(db: Connection, owner: str) -> list[bytes]:
    """Everything that is sealed for a conversation: it names its keys."""
    return [
        value
        for each in SEALED
        if each.moves
        for row in rows(db, each, f"{each.owner} = ?", [owner])
        for value in row.values
        if value is not None
    ]
