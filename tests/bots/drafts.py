"""What became of the answers that were suggested to agents, read as another process would."""

from datetime import UTC, datetime
from pathlib import Path

from bots.store import DATABASE
from core.clock import SystemClock
from core.store.records import Draft
from core.store.sqlite.store import open_store

_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


async def said_otherwise(home: Path) -> list[Draft]:
    """Those in whose place agents sent other words, in the order of the questions."""
    found = []
    async with open_store(home / DATABASE, SystemClock()) as store:
        for ticket in await store.tickets.since(_LONG_AGO):
            transcript = await store.history.transcript(ticket.customer.key, 100)
            turns = [each.turn_id for each in transcript.exchanges]
            found += [await store.drafts.get(f"draft:{ticket.number}:{turn}") for turn in turns]
    return [each for each in found if each and each.sent not in ("", each.text)]
