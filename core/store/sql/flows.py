"""Where people stand in flows."""

import json

from core.store.connection import Connection
from core.store.records import FlowRun
from core.store.sql.rows import Shelf

KEPT_SECONDS = 30 * 86_400.0
"""How long a flow waits for somebody who does not come back."""
_RUNNING = """
SELECT state, before, messages, versions FROM flow_runs
WHERE conversation = ? AND person = ? AND touched_at >= ?
"""
_PUT = """
INSERT INTO flow_runs (conversation, person, state, before, messages, versions, touched_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (conversation, person) DO UPDATE SET state = excluded.state, before = excluded.before,
    messages = excluded.messages, versions = excluded.versions, touched_at = excluded.touched_at
"""
_KEEP_VERSION = "INSERT INTO flow_versions (digest, text) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
_TOO_OLD = "DELETE FROM flow_runs WHERE touched_at < ?"
_UNUSED = """
DELETE FROM flow_versions WHERE digest NOT IN (SELECT value FROM flow_runs, json_each(flow_runs.versions))
"""


class SqlFlows:
    """Fills `core.store.ports.Flows`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def running(self, conversation: str, person: str) -> FlowRun | None:
        oldest = self._shelf.now() - KEPT_SECONDS

        def read(db: Connection) -> FlowRun | None:
            row = db.execute(_RUNNING, [conversation, person, oldest]).fetchone()
            if row is None:
                return None
            state, before = (self._shelf.open(conversation, each) for each in row[:2])
            return FlowRun(
                conversation=conversation,
                person=person,
                texts=dict(_text(db, digest) for digest in json.loads(row[3])),
                state=state or "",
                before=before or "",
                messages=tuple(json.loads(row[2])),
            )

        return await self._shelf.database.read(read)


def put(shelf: Shelf, db: Connection, run: FlowRun, *, alone: bool) -> None:
    """Write a run down, within the transaction of the turn that moved it.

    Args:
        alone: nobody else is in the conversation.
    """
    authors = () if alone else (run.person,)
    state, before = (
        shelf.sealer.seal(run.conversation, each, authors) if each else None
        for each in (run.state, run.before)
    )
    for digest, text in run.texts.items():
        db.execute(_KEEP_VERSION, [digest, text])
    messages, versions = json.dumps(run.messages), json.dumps(sorted(run.texts))
    db.execute(_TOO_OLD, [shelf.now() - KEPT_SECONDS])
    db.execute(_PUT, [run.conversation, run.person, state, before, messages, versions, shelf.now()])
    db.execute(_UNUSED)


def _text(db: Connection, digest: str) -> tuple[str, str]:
    row = db.execute("SELECT text FROM flow_versions WHERE digest = ?", [digest]).fetchone()
    return digest, row[0]
