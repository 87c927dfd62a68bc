"""What all actions of people share."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from bots.playground.slack.deliveries import Deliveries
from bots.playground.slack.platform import Platform
from bots.playground.slack.state import Channel, Installation, Message, Payload, User, World


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Where people act: the workspace, and the way to the app."""

    platform: Platform
    deliveries: Deliveries

    @property
    def world(self) -> World:
        return self.platform.world

    def user(self, user_id: str) -> User:
        """A user.

        Raises:
            ValueError: there is none of this id.
        """
        if user_id not in self.world.users:
            raise ValueError(f"there is no user {user_id}")
        return self.world.users[user_id]

    def channel(self, channel_id: str) -> Channel:
        """A conversation.

        Raises:
            ValueError: there is none of this id.
        """
        if channel_id not in self.world.channels:
            raise ValueError(f"there is no channel {channel_id}")
        return self.world.channels[channel_id]

    def visited(self, channel_id: str, user_id: str) -> Channel:
        """A conversation that the user is in.

        Raises:
            ValueError: there is none, or the user is not in it.
        """
        channel = self.channel(channel_id)
        if self.user(user_id).id not in channel.members:
            raise ValueError(f"{user_id} is not in {channel_id}")
        return channel

    def message(self, channel: Channel, ts: str, reader: str) -> Message:
        """A message that the reader can see.

        Raises:
            ValueError: there is none.
        """
        found = channel.messages.get(ts) or channel.ephemeral.get(ts)
        if found is None or found.visible_to not in (None, reader):
            raise ValueError(f"there is no message {ts} in {channel.id}")
        return found

    def installation(self, channel: Channel) -> Installation:
        """The app where it is addressed in `channel`.

        Raises:
            ValueError: it is not installed.
        """
        for team in (channel.team_id, *channel.shared_with):
            found = self.world.installations.get(team)
            if found is not None and not found.is_revoked:
                return found
        raise ValueError("the app is not installed in this workspace")


class Action(BaseModel, ABC):
    """Something a person does."""

    model_config = ConfigDict(extra="forbid")

    @abstractmethod
    async def play(self, stage: Stage) -> Payload:
        """Do it; returns what the answer says beside `ok`.

        Raises:
            ValueError: it cannot be done, and why.
        """
