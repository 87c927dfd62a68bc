"""One call of a Web API method, and what every family of methods needs to answer it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bots.playground.slack.errors import SlackError
from bots.playground.slack.platform import Platform
from bots.playground.slack.state import Channel, Installation, Message, Payload, User, World
from bots.playground.slack.wire import Arguments

Token = Literal["bot", "app", "any", "none"]
READ_SCOPES = {"channel": "channels:read", "group": "groups:read", "im": "im:read", "mpim": "mpim:read"}
HISTORY_SCOPES = {
    "channel": "channels:history",
    "group": "groups:history",
    "im": "im:history",
    "mpim": "mpim:history",
}


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call whose token has been checked."""

    platform: Platform
    arguments: Arguments
    caller: Installation | None
    """The installation the bot token belongs to; None for app-level tokens and for none at all."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def world(self) -> World:
        return self.platform.world

    @property
    def installation(self) -> Installation:
        """The caller's installation.

        Raises:
            SlackError: the method needs a bot token.
        """
        if self.caller is None:
            raise SlackError("not_allowed_token_type")
        return self.caller

    @property
    def bot(self) -> User:
        """The caller's bot user."""
        return self.world.users[self.installation.bot_user]

    def need(self, scope: str) -> None:
        """Refuse unless the token carries `scope`.

        Raises:
            SlackError: `missing_scope`, with the scopes needed and provided.
        """
        granted = self.installation.scopes
        if scope not in granted:
            raise SlackError("missing_scope", needed=scope, provided=",".join(granted))

    def channel(self, name: str = "channel") -> Channel:
        """The conversation named by an argument, as far as the bot can see it.

        Raises:
            SlackError: `channel_not_found`, also for a private conversation the bot is not in.
        """
        found = self.world.channels.get(self.arguments.required(name))
        if found is None or not self._can_see(found):
            raise SlackError("channel_not_found")
        return found

    def _can_see(self, channel: Channel) -> bool:
        if self.installation.team_id not in (channel.team_id, *channel.shared_with):
            return False
        return channel.kind == "channel" or self.installation.bot_user in channel.members

    def joined(self, name: str = "channel") -> Channel:
        """The conversation named by an argument, which the bot must be a member of.

        Raises:
            SlackError: `channel_not_found` or `not_in_channel`.
        """
        channel = self.channel(name)
        if self.installation.bot_user not in channel.members:
            raise SlackError("not_in_channel")
        return channel

    def message(self, channel: Channel, name: str = "ts") -> Message:
        """The message named by an argument.

        Raises:
            SlackError: `message_not_found`.
        """
        found = channel.messages.get(self.arguments.required(name))
        if found is None:
            raise SlackError("message_not_found")
        return found

    def user(self, name: str = "user") -> User:
        """The user named by an argument, of the same workspace or met in a shared channel.

        Raises:
            SlackError: `user_not_found`.
        """
        return self.visible_user(self.arguments.required(name, "user_not_found"))

    def visible_user(self, user_id: str) -> User:
        """A user by id.

        Raises:
            SlackError: `user_not_found`.
        """
        found = self.world.users.get(user_id)
        if found is None or not self._can_meet(found):
            raise SlackError("user_not_found")
        return found

    def _can_meet(self, user: User) -> bool:
        team = self.installation.team_id
        if user.team_id == team:
            return True
        return any(
            user.id in channel.members and team in (channel.team_id, *channel.shared_with)
            for channel in self.world.channels.values()
        )

    def page(self, items: list[Payload], *, default: int, most: int, error: str = "invalid_limit") -> "Page":
        """Cut a list by `cursor` and `limit` (docs.slack.dev/apis/web-api/pagination).

        Raises:
            SlackError: `invalid_cursor`, or `error` for a limit out of range.
        """
        limit = self.arguments.number("limit", default, 1, most, error)
        cursor = self.arguments.text("cursor") or "next:0"
        prefix, _, offset = cursor.partition(":")
        if prefix != "next" or not offset.isdecimal() or int(offset) > len(items):
            raise SlackError("invalid_cursor")
        end = int(offset) + limit
        return Page(items=items[int(offset) : end], cursor=f"next:{end}" if end < len(items) else "")


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list."""

    items: list[Payload]
    cursor: str

    @property
    def metadata(self) -> Payload:
        """The `response_metadata` of the answer."""
        return {"next_cursor": self.cursor}


@dataclass(frozen=True, kw_only=True)
class Method:
    """A Web API method: what it needs, how often it may be called, and what it does."""

    name: str
    run: Callable[[Call], Payload]
    scope: str | None = None
    tier: int | None = 3
    """Rate limit tier of docs.slack.dev/apis/web-api/rate-limits; None for no limit here."""
    token: Token = "bot"  # noqa: S105  # a kind of token, not one
