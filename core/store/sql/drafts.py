"""Answers that the assistant suggested to agents, and what agents made of them."""

from collections.abc import Sequence
from typing import Any

from core.errors import Outdated
from core.message import Arrival
from core.store.connection import Connection
from core.store.records import Draft, DraftState
from core.store.sql.authors import PLACE, authors_of
from core.store.sql.rows import CITATIONS, Shelf

_COLUMNS = "id, ticket, customer, turn, text, citations, model, state, sent, answer"
_OUTDATE = "UPDATE drafts SET state = 'outdated', closed_at = ? WHERE ticket = ? AND state = 'offered'"
_OFFER = f"""
INSERT INTO drafts ({_COLUMNS}, offered_at)
VALUES (:id, :ticket, :customer, :turn, :text, :citations, :model, :state, :sent, :answer, :now)
ON CONFLICT (id) DO NOTHING
"""  # noqa: S608 - constants
_OFFERED = f"SELECT {_COLUMNS} FROM drafts WHERE ticket = ? AND state = 'offered'"  # noqa: S608 - constants
_GET = f"SELECT {_COLUMNS} FROM drafts WHERE id = ?"  # noqa: S608 - constants
_CLOSE = """
UPDATE drafts SET state = :state, sent = :sent, answer = :answer, closed_at = :now
WHERE id = :id AND state = 'offered'
"""


class SqlDrafts:
    """Fills `core.store.ports.Drafts`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def offer(self, draft: Draft, relays: Sequence[Arrival]) -> None:
        def write(db: Connection) -> None:
            db.execute(_OUTDATE, [self._shelf.now(), draft.ticket])
            db.execute(_OFFER, _row(db, draft, self._shelf))
            for arrival in relays:
                self._shelf.enter(db, arrival)

        await self._shelf.database.write(write)

    async def offered(self, ticket: int) -> Draft | None:
        return next(iter(await self._all(_OFFERED, [ticket])), None)

    async def get(self, draft_id: str) -> Draft | None:
        return next(iter(await self._all(_GET, [draft_id])), None)

    async def _all(self, query: str, values: list[Any]) -> list[Draft]:
        def read(db: Connection) -> list[Draft]:
            return [_draft(row, self._shelf) for row in db.execute(query, values).fetchall()]

        return await self._shelf.database.read(read)


def close_draft(db: Connection, draft: Draft, shelf: Shelf) -> None:
    """Write down what became of a draft, as part of a transaction.

    Raises:
        Outdated: it is not offered any more.
    """
    if db.execute(_CLOSE, _row(db, draft, shelf)).rowcount == 0:
        raise Outdated


def _row(db: Connection, draft: Draft, shelf: Shelf) -> dict[str, object]:
    authors = authors_of(db, PLACE, draft.customer)

    def sealed(text: str) -> bytes | None:
        return shelf.sealer.seal(draft.customer, text, authors) if text else None

    return {
        "id": draft.id,
        "ticket": draft.ticket,
        "customer": draft.customer,
        "turn": draft.turn,
        "text": sealed(draft.text),
        "citations": sealed(CITATIONS.dump_json(draft.citations).decode()),
        "model": draft.model,
        "state": draft.state,
        "sent": sealed(draft.sent),
        "answer": draft.answer,
        "now": shelf.now(),
    }


def _draft(row: Sequence[Any], shelf: Shelf) -> Draft:
    text, citations, sent = (shelf.open(row[2], each) or "" for each in (row[4], row[5], row[8]))
    return Draft(
        id=row[0],
        ticket=row[1],
        customer=row[2],
        turn=row[3],
        text=text,
        citations=CITATIONS.validate_json(citations) if citations else (),
        model=row[6],
        state=DraftState(row[7]),
        sent=sent,
        answer=row[9],
    )
