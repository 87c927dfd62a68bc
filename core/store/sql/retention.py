"""What is older than it is to be kept: found beside the writer, deleted a few rows at a time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.message import Conversation
from core.store.connection import Connection
from core.store.ports import Kind
from core.store.sql.columns import row_id
from core.store.sql.personal import PERSONAL
from core.store.sql.rows import Shelf, conversation_from, moment

BATCH = 200
"""Rows changed in one transaction, so that nobody waits for long."""
_HERE = "IN (SELECT value FROM json_each(:places))"
_ROWS = "(SELECT CAST(value AS INTEGER) FROM json_each(:rows))"
_AT_REST = "state NOT IN ('waiting', 'adopted', 'running', 'handed_back')"
_OLD_TURN = f"conversation {_HERE} AND began_at < :before AND {_AT_REST}"
_OF_TURN = f"turn IN (SELECT id FROM turns WHERE {_OLD_TURN})"  # noqa: S608 - constants
_HAS_OLD_TURN = f"EXISTS (SELECT 1 FROM turns WHERE conversation = key AND {_OLD_TURN})"  # noqa: S608 - constants
_OLD_TICKET = f"customer {_HERE} AND state IN ('resolved', 'returned') AND resolved_at < :before"
_OF_TICKET = f"ticket IN (SELECT number FROM tickets WHERE {_OLD_TICKET})"  # noqa: S608 - constants
_EMPTY = " AND ".join(
    f"NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.{column} = conversations.key)"  # noqa: S608 - constants
    for table, column in (
        ("inbox", "conversation"),
        ("turns", "conversation"),
        ("outbox", "conversation"),
        ("feed", "conversation"),
        ("flow_runs", "conversation"),
        ("tickets", "customer"),
        ("tickets", "desk"),
    )
)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What happens with which rows of a table: `:places` is a JSON list of conversations."""

    table: str
    condition: str
    emptied: str = ""
    """The column that becomes empty; without one, the row goes."""


RULES: Mapping[Kind, Sequence[Rule]] = {
    "originals": (
        Rule(
            table="inbox",
            condition=f"conversation {_HERE} AND raw IS NOT NULL AND received_at < :before AND {_AT_REST}",
            emptied="raw",
        ),
    ),
    "prompts": (Rule(table="turns", condition=f"{_OLD_TURN} AND prompt IS NOT NULL", emptied="prompt"),),
    "messages": (
        Rule(table="ratings", condition=_OF_TURN),
        Rule(table="reviews", condition=_OF_TURN),
        Rule(table="signals", condition=_OF_TURN),
        Rule(table="gaps", condition=_OF_TURN),
        Rule(table="drafts", condition=f"{_OF_TURN} OR {_OF_TICKET}"),
        Rule(table="joins", condition=_OF_TICKET),
        Rule(table="tickets", condition=_OLD_TICKET),
        Rule(table="flow_runs", condition=f"conversation {_HERE} AND touched_at < :before"),
        Rule(table="feed", condition=f"conversation {_HERE} AND put_at < :before"),
        Rule(table="spending", condition="day < :before"),
        Rule(
            table="outbox",
            condition=f"conversation {_HERE} AND created_at < :before "
            "AND state IN ('sent', 'failed', 'withdrawn')",
        ),
        Rule(  # it is of turns that go now, and made anew of those that stay
            table="conversations",
            condition=f"key {_HERE} AND summary IS NOT NULL AND {_HAS_OLD_TURN}",
            emptied="summary",
        ),
        Rule(table="turns", condition=_OLD_TURN),
        Rule(table="inbox", condition=f"conversation {_HERE} AND received_at < :before AND {_AT_REST}"),
        Rule(table="conversations", condition=f"key {_HERE} AND began_at < :before AND {_EMPTY}"),
    ),
}
"""In order: what a condition looks at goes after what it finds."""
_UNTIL_AFRESH = "UPDATE conversations SET summary_until = 0 WHERE summary IS NULL AND summary_until > 0"


class SqlRetention:
    """Fills `core.store.ports.Retention`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def places(self) -> Sequence[Conversation]:
        def read(db: Connection) -> list[Conversation]:
            query = "SELECT platform, tenant, channel, thread, direct FROM conversations ORDER BY key"
            return [conversation_from(row) for row in db.execute(query).fetchall()]

        return await self._shelf.database.read(read)

    async def count(self, kind: Kind, places: Sequence[str], before: datetime) -> Mapping[str, int]:
        values = _values(places, before)

        def read(db: Connection) -> dict[str, int]:
            return {
                rule.table: db.execute(
                    f"SELECT count(*) FROM {rule.table} WHERE {rule.condition}",  # noqa: S608 - constants
                    values,
                ).fetchone()[0]
                for rule in RULES[kind]
            }

        return await self._shelf.database.read(read)

    async def expire(self, kind: Kind, places: Sequence[str], before: datetime) -> Mapping[str, int]:
        counts = {}
        for rule in RULES[kind]:
            counts[rule.table] = await self._apply(rule, _values(places, before))
        if kind == "messages":
            await self._shelf.database.write(lambda db: db.execute(_UNTIL_AFRESH).close())
        return counts

    async def newest(self) -> datetime | None:
        def read(db: Connection) -> float | None:
            times = [
                db.execute(f"SELECT max({each.at}) FROM {each.table}").fetchone()[0]  # noqa: S608 - constants
                for each in PERSONAL
                if each.at
            ]
            return max((each for each in times if each is not None), default=None)

        found = await self._shelf.database.read(read)
        return None if found is None else moment(found)

    async def settle_clock(self, latest: datetime) -> int:
        now, values = self._shelf.now(), {"latest": latest.timestamp()}

        def write(db: Connection) -> int:
            return sum(
                db.execute(
                    f"UPDATE {each.table} SET {each.at} = :now WHERE {each.at} > :latest",  # noqa: S608 - constants
                    {**values, "now": now},
                ).rowcount
                for each in PERSONAL
                if each.at
            )

        return await self._shelf.database.write(write)

    async def _apply(self, rule: Rule, values: dict[str, object]) -> int:
        """What a rule finds is looked for where nobody waits; it is looked at again when it is written."""
        emptied = f"UPDATE {rule.table} SET {rule.emptied} = NULL"  # noqa: S608 - constants
        name = row_id(rule.table)
        change = emptied if rule.emptied else f"DELETE FROM {rule.table}"  # noqa: S608 - constants

        def find(db: Connection) -> list[int]:
            query = f"SELECT {name} FROM {rule.table} WHERE {rule.condition}"  # noqa: S608 - constants
            return [row for (row,) in db.execute(query, values).fetchall()]

        found, count = await self._shelf.database.read(find), 0
        for start in range(0, len(found), BATCH):
            rows = json.dumps(found[start : start + BATCH])

            def write(db: Connection, rows: str = rows) -> int:
                return db.execute(
                    f"{change} WHERE {name} IN {_ROWS} AND ({rule.condition})",
                    {**values, "rows": rows},
                ).rowcount

            count += await self._shelf.database.write(write)
        return count


def _values(places: Sequence[str], before: datetime) -> dict[str, object]:
    return {"places": json.dumps(places), "before": before.timestamp()}
