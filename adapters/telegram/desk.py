"""A group with topics in which agents work: fills `core.desk.ports.Desk`."""

from telegram import ChatMemberRestricted
from telegram.constants import ChatMemberStatus

from adapters.telegram import ids
from adapters.telegram.api import Api
from core.errors import RateLimited, Refused, Unreachable
from core.message import Conversation, Person
from core.ports import Clock

_FRESH_SECONDS = 60.0
"""How long it is good for that somebody is a member."""
_MEMBERS = (ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER)


class TelegramDesk:
    """The group of the desk; each ticket has a topic."""

    has_titles = True

    def __init__(self, *, api: Api, group: str, clock: Clock) -> None:
        self._api = api
        self._group = group
        self._clock = clock
        self._seen: dict[str, float] = {}
        """When somebody was found to be a member, by the id of the person."""

    async def lobby(self) -> Conversation:
        return ids.conversation(int(self._api.bot_id), int(self._group), direct=False)

    async def admits(self, person: Person) -> bool:
        if person.id == self._group:
            return True  # its anonymous administrators
        now = self._clock.monotonic()
        if now - self._seen.get(person.id, float("-inf")) > _FRESH_SECONDS:
            if not await self._asked(person.id):
                self._seen.pop(person.id, None)
                return False
            self._seen[person.id] = now
        return True

    async def name(self, person: Person) -> str:
        return person.name

    async def _asked(self, user: str) -> bool:
        try:
            async with self._api.calling() as bot:
                found = await bot.get_chat_member(int(self._group), int(user))
        except (RateLimited, Unreachable):
            raise
        except Refused:
            return False
        is_restricted_member = isinstance(found, ChatMemberRestricted) and found.is_member
        return found.status in _MEMBERS or is_restricted_member
