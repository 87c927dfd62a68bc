"""What was done, for those who operate the service."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from core.store.connection import Connection
from core.store.records import ArchivedTurn, Day, Judged, Served, Talk
from core.store.sql.rows import TURN_RECORD, Shelf, moment

_DAYS = """
SELECT date(began_at, 'unixepoch'), substr(conversation, 1, instr(conversation, ':') - 1),
    state = 'failed', ended_at - began_at, model_seconds, model_tokens
FROM turns WHERE began_at >= ? AND route IN
    ('', 'chat', 'knowledge', 'clarify', 'unknown', 'flow', 'hand_off')
    AND state IN ('answered', 'stopped', 'failed')
"""
"""A turn that failed has no route."""
_JUDGED = """
SELECT date(rated_at, 'unixepoch'), count(*) FILTER (WHERE verdict = 'good'),
    count(*) FILTER (WHERE verdict = 'bad') FROM ratings
WHERE rated_at >= ? GROUP BY 1 ORDER BY 1
"""
_SERVED = """
SELECT platform, direct, language, count(*), sum(handed_over), count(*) FILTER (WHERE judged > 0),
    count(*) FILTER (WHERE judged > 0 AND liked > 0)
FROM (
    SELECT c.platform AS platform, c.direct AS direct,
        lower(substr(coalesce(json_extract(o.recipient, '$.language'), ''), 1, 2)) AS language,
        max(CASE WHEN EXISTS (SELECT 1 FROM tickets WHERE customer = t.conversation
            AND opened_at BETWEEN t.began_at AND t.ended_at) THEN 1 ELSE 0 END) AS handed_over,
        sum((SELECT count(*) FROM ratings WHERE turn = t.id)) AS judged,
        sum((SELECT coalesce(sum(CASE verdict WHEN 'good' THEN 1 ELSE -1 END), 0)
            FROM ratings WHERE turn = t.id)) AS liked
    FROM turns t JOIN conversations c ON c.key = t.conversation
        JOIN outbox o ON o.seq = (SELECT min(seq) FROM outbox WHERE turn = t.id)
    WHERE t.began_at >= ? AND t.route IN ('chat', 'knowledge', 'clarify', 'unknown', 'flow', 'hand_off')
        AND t.state IN ('answered', 'stopped') AND o.recipient IS NOT NULL
        AND t.conversation NOT IN (SELECT desk FROM tickets)
    GROUP BY 1, 2, 3, json_extract(o.recipient, '$.tenant'), json_extract(o.recipient, '$.id')
) AS people GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_TALKS = """
SELECT newest.conversation, newest.turns, newest.seq, t.ended_at
FROM (
    SELECT conversation, count(*) AS turns, max(seq) AS seq FROM turns
    WHERE conversation >= :from AND conversation < :to GROUP BY conversation
) AS newest JOIN turns t ON t.seq = newest.seq
WHERE newest.seq < :before AND newest.conversation NOT IN (SELECT desk FROM tickets)
ORDER BY newest.seq DESC LIMIT :limit
"""
_TURNS = f"""
SELECT seq, {TURN_RECORD} FROM turns WHERE conversation = ? AND seq < ? ORDER BY seq DESC LIMIT ?
"""  # noqa: S608 - constants
_LAST = 2**62
"""A number that no turn has."""


class SqlArchive:
    """Fills `core.store.ports.Archive`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def days(self, begin: datetime) -> Sequence[Day]:
        def read(db: Connection) -> list[Day]:
            found: defaultdict[tuple[str, str], list[Sequence[Any]]] = defaultdict(list)
            for day, platform, *figures in db.execute(_DAYS, [begin.timestamp()]).fetchall():
                found[day, platform].append(figures)
            return [_day(*key, found[key]) for key in sorted(found)]

        return await self._shelf.database.read(read)

    async def judged(self, begin: datetime) -> Sequence[Judged]:
        def read(db: Connection) -> list[Judged]:
            rows = db.execute(_JUDGED, [begin.timestamp()]).fetchall()
            return [Judged(date=date.fromisoformat(row[0]), good=row[1], bad=row[2]) for row in rows]

        return await self._shelf.database.read(read)

    async def served(self, begin: datetime) -> Sequence[Served]:
        def read(db: Connection) -> list[Served]:
            rows = db.execute(_SERVED, [begin.timestamp()]).fetchall()
            return [
                Served(
                    platform=row[0],
                    direct=bool(row[1]),
                    language=row[2],
                    people=row[3],
                    handed_over=row[4],
                    judging=row[5],
                    satisfied=row[6],
                )
                for row in rows
            ]

        return await self._shelf.database.read(read)

    async def talks(self, limit: int, *, before: int = 0, platform: str = "") -> Sequence[Talk]:
        values = {
            "from": f"{platform}:" if platform else "",
            "to": f"{platform};" if platform else "~",  # what follows a colon, and every platform
            "before": before or _LAST,
            "limit": limit,
        }

        def read(db: Connection) -> list[Talk]:
            rows = db.execute(_TALKS, values).fetchall()
            return [
                Talk(key=row[0], turns=row[1], newest=row[2], ended_at=moment(row[3]) if row[3] else None)
                for row in rows
            ]

        return await self._shelf.database.read(read)

    async def turns(self, conversation: str, limit: int, *, before: int = 0) -> Sequence[ArchivedTurn]:
        def read(db: Connection) -> list[ArchivedTurn]:
            rows = db.execute(_TURNS, [conversation, before or _LAST, limit]).fetchall()
            return [self._turn(db, conversation, row) for row in rows]

        return await self._shelf.database.read(read)

    def _turn(self, db: Connection, conversation: str, row: Sequence[Any]) -> ArchivedTurn:
        judged = db.execute(
            "SELECT verdict, reason FROM ratings WHERE turn = ? ORDER BY rated_at", [row[1]]
        ).fetchall()
        verdicts = tuple(verdict for verdict, _ in judged)
        record = self._shelf.turn_record(row[1:], conversation, verdicts=verdicts)
        reasons = tuple(sorted({reason for _, reason in judged if reason}))
        return ArchivedTurn(number=row[0], record=record, reasons=reasons)


def _day(day: str, platform: str, figures: Sequence[Sequence[Any]]) -> Day:
    return Day(
        date=date.fromisoformat(day),
        platform=platform,
        answers=len(figures),
        failed=sum(each[0] for each in figures),
        seconds=tuple(each[1] for each in figures if each[1] is not None),
        model_seconds=sum(each[2] or 0.0 for each in figures),
        tokens=sum(each[3] or 0 for each in figures),
    )
