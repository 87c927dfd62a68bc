"""The desk before its platform is connected: fills `core.desk.ports.Desk` with the one behind it."""

from core.desk.ports import Desk
from core.errors import Unreachable
from core.message import Conversation, Person
from core.translation import SOURCE


class Door:
    """Leads to the desk, once there is one."""

    def __init__(self, language: str = SOURCE) -> None:
        """`language`: what agents are spoken to in."""
        self._desk: Desk | None = None
        self.language = language

    def connect(self, desk: Desk) -> None:
        """From now on this is the desk."""
        self._desk = desk

    @property
    def has_titles(self) -> bool:
        return self._desk is not None and self._desk.has_titles

    async def lobby(self) -> Conversation:
        return await self._behind().lobby()

    async def admits(self, person: Person) -> bool:
        return await self._behind().admits(person)

    async def name(self, person: Person) -> str:
        return "" if self._desk is None else await self._desk.name(person)

    def _behind(self) -> Desk:
        if self._desk is None:
            raise Unreachable("The help desk's platform is not connected.")
        return self._desk
