"""A thread that writes into Postgres and commits in groups, alone or beside others."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import blake2b
from itertools import groupby
from typing import Any

import psycopg
from psycopg.errors import DeadlockDetected

from core.errors import StoreError
from core.store.groups import Function, Groups, Outcome
from core.store.postgres.connecting import Session, said

GROUP = 32
"""Writes in a group at most: for each, the server keeps a lock, and has room for 64 of each connection
(`max_locks_per_transaction`)."""
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('{schema}', 0))"
"""After it, nobody else writes until the transaction ends."""
_BESIDE = "SELECT pg_advisory_xact_lock_shared(hashtextextended('{schema}', 0))"
_DURABLE = b"""
SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""
_NEXT = b"RELEASE SAVEPOINT job; SAVEPOINT job"


@dataclass(frozen=True, kw_only=True)
class Write:
    """One function that writes."""

    run: Function
    lease: int = 0
    """The number of the lease that it is within; 0: of none."""
    is_alone: bool
    """Whether no other write may be under way meanwhile."""


class Writer:
    """Makes writes in their order, as many together as have come in meanwhile, by a connection of its own.

    All writers of all cores share one lock, a readers-writer lock: whoever is alone has it exclusively, so
    that whatever it reads stays so until it is committed, as in SQLite. Writes within leases share it, and
    each has the lock of its lease besides: what belongs to a conversation stays so for it, too, and numbers
    become visible in order there. Every transaction takes its locks before anything else, the one that all
    share first and the others by number: so none waits for another in a circle. The server hands locks out
    in order of asking, so nobody waits for ever.
    """

    def __init__(self, schema: str, connect: Callable[[], Session], look: Callable[[], None]) -> None:
        """Start the thread.

        Args:
            schema: in which it writes.
            connect: makes a connection; called when there is something to write and none stands.
            look: called before each group; where it raises StoreError, the group is refused before it takes
                a lock.
        """
        self._schema = schema
        self._connect = connect
        self._look = look
        self._session: Session | None = None
        self._groups = Groups(self._commit, "store-write", GROUP)

    @property
    def process(self) -> int:
        """The number of the server's process that writes for us; 0 while there is none."""
        session = self._session
        return 0 if session is None or session.raw.closed else session.raw.info.backend_pid

    async def write(self, write: Write) -> Any:
        """What the function returned, or raised, after the commit.

        Raises:
            StoreError: nothing of it was written.
        """
        return await self._groups.submit(write)

    async def close(self) -> None:
        """Finish what is queued; what comes later is refused."""
        await self._groups.close()
        self._leave()

    def _commit(self, group: Sequence[Write]) -> Sequence[Outcome]:
        """What is made alone, and what is not, each in transactions of their own."""
        parts = [list(part) for _, part in groupby(group, lambda write: write.is_alone)]
        return [outcome for part in parts for outcome in self._commit_together(part)]

    def _commit_together(self, group: Sequence[Write]) -> Sequence[Outcome]:
        try:
            self._look()
            try:
                return self._made(group)
            except DeadlockDetected:  # over rows; it was undone so that others could go on
                self._leave()
                return self._made(group)
        except psycopg.Error as error:
            self._leave()
            failure = StoreError(f"The database refused: {said(error)}")
            return [Outcome(problem=failure) for _ in group]
        except StoreError as error:
            return [Outcome(problem=error) for _ in group]

    def _made(self, group: Sequence[Write]) -> Sequence[Outcome]:
        session = self._begun(self._beginning(group))
        outcomes: list[Outcome] = []
        for write in group:
            if outcomes:
                session.raw.execute(_NEXT)
            outcomes.append(_run(write.run, session))
        session.raw.execute(b"COMMIT")
        return outcomes

    def _beginning(self, group: Sequence[Write]) -> bytes:
        """In one message to the server. Statements that follow see what their locks waited for."""
        if group[0].is_alone:
            locks = [ALONE.format(schema=self._schema)]
        else:
            leases = sorted({write.lease for write in group})
            locks = [_BESIDE.format(schema=self._schema)]
            locks += [f"SELECT pg_advisory_xact_lock({lease})" for lease in leases]
        return "; ".join(["BEGIN", *locks, "SAVEPOINT job"]).encode()

    def _begun(self, beginning: bytes) -> Session:
        if self._session is not None:
            try:
                self._session.raw.execute(beginning)
            except psycopg.OperationalError:
                if not self._session.raw.closed:
                    raise
            else:
                return self._session
        self._session = self._connect()
        self._session.raw.execute(_DURABLE)
        self._session.raw.execute(beginning)
        return self._session

    def _leave(self) -> None:
        """Whatever it was in the midst of is undone; the next write connects anew."""
        if self._session is not None:
            with suppress(psycopg.Error):
                self._session.raw.close()
            self._session = None


def number_of(name: str) -> int:
    """The number of a lease, 64 bits with a sign, the same for all cores."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


def _run(function: Function, session: Session) -> Outcome:
    try:
        return Outcome(result=function(session))
    except Exception as error:
        if session.raw.closed or isinstance(error, DeadlockDetected):
            raise  # of the group as a whole, not of this function alone
        session.raw.execute(b"ROLLBACK TO SAVEPOINT job")
        if isinstance(error, psycopg.Error):
            return Outcome(problem=StoreError(f"The database refused: {said(error)}"))
        return Outcome(problem=error)
