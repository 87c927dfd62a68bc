"""Every part of the store, on one database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from core.errors import StoreError
from core.store.moving import check_whole
from core.store.ports import Store
from core.store.sql.archive import SqlArchive
from core.store.sql.audit import SqlAudit
from core.store.sql.cabinet import SqlCabinet
from core.store.sql.drafts import SqlDrafts
from core.store.sql.feed import SqlFeed
from core.store.sql.flows import SqlFlows
from core.store.sql.gaps import SqlGaps
from core.store.sql.history import SqlHistory
from core.store.sql.inbox import SqlInbox
from core.store.sql.leases import Living, SqlLeases
from core.store.sql.lessons import SqlLessons
from core.store.sql.outbox import SqlOutbox
from core.store.sql.people import SqlPeople
from core.store.sql.retention import SqlRetention
from core.store.sql.rows import Shelf
from core.store.sql.spending import SqlSpending
from core.store.sql.subjects import SqlSubjects
from core.store.sql.tickets import SqlTickets
from core.store.sql.turns import SqlTurns


@asynccontextmanager
async def living_store(shelf: Shelf, living: Living) -> AsyncIterator[Store]:
    """The store, from this process's first heartbeat until it gives every lease back.

    Args:
        living: how the processes at this database know of each other.

    Raises:
        StoreError: a move into it was begun and is not done.
    """
    leases = SqlLeases(shelf, living)
    await leases.beat()  # first: whoever begins a move sees us from now on, or we see that it has begun
    try:
        await check_whole(shelf.database)
    except StoreError:
        await leases.retire()
        raise
    yield Store(
        inbox=SqlInbox(shelf),
        turns=SqlTurns(shelf),
        history=SqlHistory(shelf),
        archive=SqlArchive(shelf),
        people=SqlPeople(shelf),
        subjects=SqlSubjects(shelf),
        retention=SqlRetention(shelf),
        lessons=SqlLessons(shelf),
        gaps=SqlGaps(shelf),
        flows=SqlFlows(shelf),
        spending=SqlSpending(shelf),
        outbox=SqlOutbox(shelf),
        tickets=SqlTickets(shelf),
        drafts=SqlDrafts(shelf),
        feed=SqlFeed(shelf),
        work=leases,
        leases=leases,
        cabinet=SqlCabinet(shelf),
        audit=SqlAudit(shelf),
        sealer=shelf.sealer,
    )
    await leases.retire()
