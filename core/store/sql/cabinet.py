"""Small secrets."""

from core.store.connection import Connection
from core.store.sql.rows import Shelf

OWNER = "cabinet"
"""For whom it is sealed."""
_PUT = """
INSERT INTO cabinet (name, body) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET body = excluded.body
"""


class SqlCabinet:
    """Fills `core.ports.Cabinet`."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def put(self, name: str, text: str) -> None:
        def write(db: Connection) -> None:
            db.execute(_PUT, [name, self._shelf.sealer.seal(OWNER, text)])

        await self._shelf.database.write(write)

    async def get(self, name: str) -> str | None:
        def read(db: Connection) -> str | None:
            row = db.execute("SELECT body FROM cabinet WHERE name = ?", [name]).fetchone()
            return None if row is None else self._shelf.sealer.open(OWNER, row[0])

        return await self._shelf.database.read(read)

    async def remove(self, name: str) -> bool:
        def write(db: Connection) -> bool:
            return db.execute("DELETE FROM cabinet WHERE name = ?", [name]).rowcount == 1

        return await self._shelf.database.write(write)
