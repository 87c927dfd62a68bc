"""The transcript: what was answered, and what of it the context may use."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from core.message import Conversation, Message
from core.store.connection import Connection
from core.store.records import ASKS_BACK, COLLEAGUE, HEARD, Answered, Exchange, Transcript, Turn, TurnRecord
from core.store.sql.authors import PLACE, authors_of
from core.store.sql.rows import IS_ANSWER, TURN_RECORD, Shelf, moment

_EXCHANGES = """
SELECT seq, id, question, reply, coalesce(route, '') FROM turns
WHERE conversation = :conversation AND seq > :after AND state IN ('answered', 'stopped')
    AND question IS NOT NULL
ORDER BY seq DESC LIMIT :limit
"""
_RECENT = """
SELECT inbox.id, event, received_at, recent.seq FROM inbox JOIN (
    SELECT id, seq FROM turns
    WHERE conversation = :conversation AND state IN ('answered', 'stopped') AND question IS NOT NULL
        AND seq > (SELECT coalesce(max(fresh_from), 0) FROM conversations WHERE key = :conversation)
    ORDER BY seq DESC LIMIT :limit
) AS recent ON turn = recent.id
WHERE event IS NOT NULL ORDER BY recent.seq DESC, inbox.id
"""
_ANSWERED = f"""
SELECT id, attempt FROM turns
WHERE conversation = :conversation AND state IN ('answered', 'stopped', 'failed') AND (
    (:message_id = '' AND :post_id = '' AND :turn_id = '' AND question IS NOT NULL
        AND {IS_ANSWER})
    OR id = :turn_id
    OR id IN (SELECT turn FROM inbox WHERE conversation = :conversation AND message_id = :message_id
              AND :message_id != '')
    OR id IN (SELECT turn FROM outbox WHERE conversation = :conversation AND platform_id = :post_id
              AND :post_id != ''))
ORDER BY seq DESC LIMIT 1
"""  # noqa: S608 - constants
_ASKED_BACK = f"""
SELECT id, attempt FROM (
    SELECT id, attempt, route FROM turns WHERE conversation = :conversation ORDER BY seq DESC LIMIT 1
) AS newest WHERE route = '{ASKS_BACK}'
"""  # noqa: S608 - a constant
_ANSWERED_BY = """
SELECT model, ended_at, state = 'answered' AND NOT EXISTS (
    SELECT 1 FROM ratings WHERE turn = turns.id AND verdict = 'bad')
FROM turns WHERE began_at >= ? AND ended_at IS NOT NULL AND state IN ('answered', 'stopped', 'superseded')
    AND model IN (SELECT value FROM json_each(?))
ORDER BY seq
"""
_RECORD = f"""
SELECT prompt, {TURN_RECORD} FROM turns WHERE conversation = :conversation AND id = coalesce(
    (SELECT turn FROM outbox WHERE conversation = :conversation AND platform_id = :post_id
        AND platform_id != '' ORDER BY seq DESC LIMIT 1),
    :turn_id
)
"""  # noqa: S608 - constants
_NAME = "UPDATE conversations SET pseudonyms = ? WHERE key = ?"
AFRESH = """
UPDATE conversations SET summary = NULL, summary_until = 0,
    fresh_from = (SELECT coalesce(max(seq), 0) FROM turns WHERE conversation = :conversation)
WHERE key = :conversation
"""


class SqlHistory:
    """Fills `core.store.ports.History`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def transcript(self, conversation: str, limit: int) -> Transcript:
        def read(db: Connection) -> Transcript:
            fresh_from, summary, until = db.execute(
                "SELECT fresh_from, summary, summary_until FROM conversations WHERE key = ?", [conversation]
            ).fetchone() or (0, None, 0)
            rows = db.execute(
                _EXCHANGES, {"conversation": conversation, "after": max(fresh_from, until), "limit": limit}
            ).fetchall()
            parts = [each for row in reversed(rows) if (each := self._exchange(conversation, row))]
            text = self._shelf.open(conversation, summary) or ""
            return Transcript(exchanges=_exchanges(parts), summary=text, summary_until=until)

        return await self._shelf.database.read(read)

    def _exchange(self, conversation: str, row: Sequence[Any]) -> Exchange | None:
        """From columns seq, id, question, reply, route; None where it was erased."""
        question, reply = (self._shelf.open(conversation, each) for each in row[2:4])
        if question is None:
            return None
        return Exchange(
            seq=row[0], turn_id=row[1], question=question, reply=_by(row[4], reply or ""), route=row[4]
        )

    async def summarise(self, conversation: str, summary: str, until: int) -> None:
        def write(db: Connection) -> None:
            authors = authors_of(db, PLACE, conversation)
            sealed = self._shelf.sealer.seal(conversation, summary, authors)
            # `new` may have come in between: then the summary is of what no longer counts
            db.execute(
                "UPDATE conversations SET summary = ?, summary_until = ? WHERE key = ? AND fresh_from < ?",
                [sealed, until, conversation, until],
            )

        await self._shelf.within(conversation, write)

    async def pseudonyms(
        self, conversation: Conversation, named: Sequence[tuple[str, str]]
    ) -> Mapping[str, str]:
        def write(db: Connection) -> Mapping[str, str]:
            self._shelf.meet(db, conversation)
            names = self._names(db, conversation.key)
            if names is None:
                db.execute(AFRESH, {"conversation": conversation.key}).close()
                names = {}
            labels = {value: label for label, value in names.items()}
            known = len(labels)
            for kind, value in named:
                if value not in labels:
                    number = 1 + sum(each.startswith(f"<{kind}_") for each in names)
                    labels[value] = f"<{kind}_{number}>"
                    names[labels[value]] = value
            if len(labels) > known:
                authors = authors_of(db, PLACE, conversation.key)
                sealed = self._shelf.sealer.seal(conversation.key, json.dumps(names), authors)
                db.execute(_NAME, [sealed, conversation.key]).close()
            return labels

        return await self._shelf.within(conversation.key, write)

    async def names(self, conversation: str) -> Mapping[str, str]:
        def read(db: Connection) -> Mapping[str, str]:
            return self._names(db, conversation) or {}

        return await self._shelf.database.read(read)

    def _names(self, db: Connection, conversation: str) -> dict[str, str] | None:
        """None where they were erased: nobody else must be called so in what was said before."""
        row = db.execute("SELECT pseudonyms FROM conversations WHERE key = ?", [conversation]).fetchone()
        sealed = row[0] if row else None
        if sealed is None:
            return {}
        text = self._shelf.open(conversation, sealed)
        return None if text is None else dict(json.loads(text))

    async def begin_afresh(self, conversation: str) -> None:
        def write(db: Connection) -> None:
            db.execute(AFRESH, {"conversation": conversation})

        await self._shelf.within(conversation, write)

    async def answered(
        self, conversation: str, message_id: str = "", post_id: str = "", turn_id: str = ""
    ) -> Turn | None:
        names = {"message_id": message_id, "post_id": post_id, "turn_id": turn_id}
        return await self._turn(_ANSWERED, conversation, names)

    async def recent(self, conversation: str, limit: int) -> Sequence[Sequence[Message]]:
        def read(db: Connection) -> list[list[Message]]:
            rows = db.execute(_RECENT, {"conversation": conversation, "limit": limit}).fetchall()
            entries = ((row[3], self._shelf.entry(row, conversation)) for row in rows)
            events = ((turn, entry.event) for turn, entry in entries if entry)
            said = [(turn, event) for turn, event in events if isinstance(event, Message)]
            return [[each for _, each in some] for _, some in groupby(said, itemgetter(0))]

        return await self._shelf.database.read(read)

    async def asked_back(self, conversation: str) -> Turn | None:
        return await self._turn(_ASKED_BACK, conversation, {})

    async def _turn(self, query: str, conversation: str, names: Mapping[str, str]) -> Turn | None:
        """The turn whose id and attempt the query finds."""

        def read(db: Connection) -> Turn | None:
            row = db.execute(query, {"conversation": conversation, **names}).fetchone()
            if row is None:
                return None
            return self._shelf.turn(db, row[0], conversation, attempt=row[1])

        return await self._shelf.database.read(read)

    async def model_of(self, turn_id: str) -> str:
        def read(db: Connection) -> str:
            row = db.execute("SELECT coalesce(model, '') FROM turns WHERE id = ?", [turn_id]).fetchone()
            return str(row[0]) if row else ""

        return await self._shelf.database.read(read)

    async def answered_by(self, models: Sequence[str], since: datetime) -> Sequence[Answered]:
        values = [since.timestamp(), json.dumps(list(models))]

        def read(db: Connection) -> list[Answered]:
            rows = db.execute(_ANSWERED_BY, values).fetchall()
            return [Answered(model=row[0], at=moment(row[1]), good=bool(row[2])) for row in rows]

        return await self._shelf.database.read(read)

    async def record(self, conversation: str, post_id: str = "", turn_id: str = "") -> TurnRecord | None:
        values = {"conversation": conversation, "post_id": post_id, "turn_id": turn_id}

        def read(db: Connection) -> TurnRecord | None:
            row = db.execute(_RECORD, values).fetchone()
            if row is None:
                return None
            return self._shelf.turn_record(
                row[1:],
                conversation,
                prompt=row[0],
                raw=self._raw(db, row[1], conversation),
                verdicts=_verdicts(db, row[1]),
            )

        return await self._shelf.database.read(read)

    def _raw(self, db: Connection, turn_id: str, conversation: str) -> tuple[str, ...]:
        rows = db.execute(
            "SELECT raw FROM inbox WHERE turn = ? AND type = 'message' AND raw IS NOT NULL ORDER BY id",
            [turn_id],
        ).fetchall()
        return tuple(self._shelf.open(conversation, row[0]) or "" for row in rows)


def _by(route: str, reply: str) -> str:
    """What a person said in its place, so that the model does not take it for its own."""
    return f"A colleague wrote: {reply}" if route in (COLLEAGUE, HEARD) else reply


def _exchanges(parts: Sequence[Exchange]) -> tuple[Exchange, ...]:
    """While agents have the conversation, each message is a turn of its own: what belongs together is joined.

    Only the first may lack its question, and only the last its answer.
    """
    joined: list[Exchange] = []
    for part in parts:
        before = joined[-1] if joined else None
        if before is None or (before.reply and part.question):
            joined.append(part)
        elif not part.question:
            joined[-1] = replace(before, seq=part.seq, reply=_lines(before.reply, part.reply))
            if not before.reply:
                joined[-1] = replace(joined[-1], route=part.route)
        else:
            joined[-1] = replace(part, question=_lines(before.question, part.question))
    return tuple(joined)


def _lines(*texts: str) -> str:
    return "\n".join(text for text in texts if text)


def _verdicts(db: Connection, turn_id: str) -> tuple[str, ...]:
    rows = db.execute("SELECT verdict FROM ratings WHERE turn = ? ORDER BY rated_at", [turn_id]).fetchall()
    return tuple(row[0] for row in rows)
