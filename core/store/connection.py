"""What the statements of `core.store.sql` ask of a database, the same on SQLite and on Postgres."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Rows(Protocol):
    """What a statement found or changed."""

    @property
    def rowcount(self) -> int:
        """Rows that were changed."""

    def fetchone(self) -> Any:
        """The next row, a tuple; None after the last."""

    def fetchall(self) -> list[Any]:
        """All rows, as tuples."""

    def __iter__(self) -> Iterator[Any]:
        """One row after another."""

    def close(self) -> object:
        """Nothing of it is read any more."""


class Connection(Protocol):
    """One connection to a database, for one thread."""

    def execute(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ..., /) -> Rows:
        """Run a statement of SQL that SQLite and Postgres understand alike.

        Args:
            parameters: for `?` in order, or for `:name` by name; bytes come back as bytes.
        """


class Transactions(Protocol):
    """A database that runs functions, off the event loop."""

    async def write(self, run: Callable[[Connection], T], /, *, within: str = "", beyond: bool = False) -> T:
        """Run `run` in a transaction; return its result after the commit.

        Args:
            within: the name of a lease. Of one process, writes within the same lease are made in order. Those
                within others may be made meanwhile, also by other processes: so it neither changes what they
                read nor reads what they change. Without a name, it is made alone.
            beyond: it is part of that order, and yet touches more, so it is made alone, too.

        Raises:
            StoreError: nothing of it was written.
        """

    async def read(self, run: Callable[[Connection], T], /) -> T:
        """Run `run`, which must not write, on what is committed.

        Raises:
            StoreError: it cannot be read.
        """

    def fenced(self) -> AbstractAsyncContextManager[None]:
        """Nobody writes, in this process or another, while the block runs: who tries gets StoreError.

        Raises:
            StoreError: somebody writes all the time, or the fence did not stand until the end.
        """

    async def clear_log(self) -> None:
        """Leave nothing of what was deleted where the database itself could still read it.

        Raises:
            StoreError: others are in the way.
        """

    async def close(self) -> None:
        """Finish what was begun; what comes later is refused."""
