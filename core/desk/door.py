"""The desk before its platform is connected: fills `core.desk.ports.Desk` with the one behind it."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from core.desk.ports import Desk
from core.errors import Unreachable
from core.message import Conversation, Person
from core.translation import SOURCE


class Door:
    """Leads to the desk, once there is one."""

    def __init__(self, language: str = SOURCE, agents: Sequence[str] = ()) -> None:
        """Put together.

        Args:
            language: what agents are spoken to in.
            agents: patterns of keys of those who may be agents; empty: every member of the desk's channel.
        """
        self._desk: Desk | None = None
        self._agents = tuple(agents)
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
        is_named = not self._agents or any(fnmatchcase(person.key, each) for each in self._agents)
        return is_named and await self._behind().admits(person)

    async def name(self, person: Person) -> str:
        return "" if self._desk is None else await self._desk.name(person)

    def _behind(self) -> Desk:
        if self._desk is None:
            raise Unreachable("The help desk's platform is not connected.")
        return self._desk
