"""A channel in which agents work: fills `core.desk.ports.Desk`."""

from adapters.slack.api import Api, answer
from adapters.slack.payload import Payload
from adapters.slack.workspaces import Workspaces
from core.errors import PlatformError, RateLimited, Refused, Unreachable
from core.message import Conversation, Person, Platform
from core.ports import Clock

_FRESH_SECONDS = 60.0
"""How long a list of members is good for."""
_PAGE = 1000


class SlackDesk:
    """The channel of the desk, in the workspace of SLACK_BOT_TOKEN."""

    has_titles = False

    def __init__(self, *, api: Api, workspaces: Workspaces, channel: str, clock: Clock) -> None:
        self._api = api
        self._workspaces = workspaces
        self._channel = channel
        self._clock = clock
        self._members: frozenset[str] = frozenset()
        self._read_at = float("-inf")
        self._names: dict[str, str] = {}

    async def lobby(self) -> Conversation:
        workspace = self._workspaces.own
        if workspace is None:
            raise Unreachable("Slack is not connected yet.")
        return Conversation(platform=Platform.SLACK, tenant=workspace.team, channel=self._channel)

    async def admits(self, person: Person) -> bool:
        if self._clock.monotonic() - self._read_at > _FRESH_SECONDS or person.id not in self._members:
            await self._read()
        return person.id in self._members

    async def name(self, person: Person) -> str:
        if person.id not in self._names:
            try:
                self._names[person.id] = await self._asked(person.id)
            except PlatformError:
                return ""
        return self._names[person.id]

    async def _read(self) -> None:
        try:
            self._members = frozenset(await self._listed())
        except (RateLimited, Unreachable):
            raise
        except Refused:
            self._members = frozenset()
        self._read_at = self._clock.monotonic()

    async def _listed(self) -> list[str]:
        workspace = await self._workspaces.get((await self.lobby()).tenant)
        found, cursor = list[str](), ""
        while True:
            async with self._api.calling("conversations.members", workspace) as client:
                page = answer(
                    await client.conversations_members(
                        channel=self._channel, limit=_PAGE, cursor=cursor or None
                    )
                )
            found += page.texts("members")
            cursor = page.part("response_metadata").text("next_cursor")
            if not cursor:
                return found

    async def _asked(self, user: str) -> str:
        workspace = await self._workspaces.get((await self.lobby()).tenant)
        async with self._api.calling("users.info", workspace) as client:
            found = answer(await client.users_info(user=user)).part("user")
        return _called(found)


def _called(user: Payload) -> str:
    profile = user.part("profile")
    return profile.text("display_name") or profile.text("real_name") or user.text("name")
