"""Opening conversations, coming and going, and the app's own coming and going."""

from typing import Literal

from pydantic import Field

from bots.playground.slack.actions.base import Action, Stage
from bots.playground.slack.events import Event
from bots.playground.slack.forms import user_form
from bots.playground.slack.ids import new_id
from bots.playground.slack.methods.auth import revoke
from bots.playground.slack.methods.views import form_of
from bots.playground.slack.state import Channel, Payload, User


class OpenDirect(Action):
    """Open the direct conversation with the app."""

    action: Literal["open_dm"]
    user: str

    async def play(self, stage: Stage) -> Payload:
        return {"channel": _direct(stage, self.user).id}


class OpenHome(Action):
    """Open the app's own place, at the messages or at the home tab."""

    action: Literal["open_home"]
    user: str
    tab: Literal["messages", "home"] = "messages"

    async def play(self, stage: Stage) -> Payload:
        channel = _direct(stage, self.user)
        body: Payload = {
            "type": "app_home_opened",
            "user": self.user,
            "channel": channel.id,
            "tab": self.tab,
            "event_ts": stage.platform.next_ts(),
        }
        view = stage.world.homes.get(self.user)
        if self.tab == "home" and view is not None:
            body["view"] = form_of(stage.platform, view)
        stage.platform.emit(Event(body=body, team_id=channel.team_id))
        return {"channel": channel.id}


def _direct(stage: Stage, user: str) -> Channel:
    team = stage.user(user).team_id
    installation = stage.world.installations.get(team)
    if installation is None or installation.is_revoked:
        raise ValueError("the app is not installed in this workspace")
    return stage.platform.direct([user, installation.bot_user])[0]


class CreatePerson(Action):
    """Somebody joins a workspace."""

    action: Literal["create_person"]
    name: str = Field(min_length=1)
    team: str | None = None

    async def play(self, stage: Stage) -> Payload:
        world, team = stage.world, self.team or next(iter(stage.world.teams))
        if team not in world.teams:
            raise ValueError(f"there is no team {team}")
        handle = "".join(each for each in self.name.lower() if each.isalnum())
        user = User(id=new_id("U"), team_id=team, name=handle, real_name=self.name)
        world.users[user.id] = user
        form = user_form(user, viewer_team=team, with_email=False)
        body: Payload = {"type": "team_join", "user": form, "event_ts": stage.platform.next_ts()}
        stage.platform.changes.publish("user", {"user": user.id})
        stage.platform.emit(Event(body=body, team_id=team))
        return {"user": user.id}


class CreateChannel(Action):
    """A person creates a channel and brings others, or the bot, into it."""

    action: Literal["create_channel"]
    user: str
    name: str = Field(pattern=r"^[a-z0-9_-]{1,80}$")
    private: bool = False
    members: list[str] = Field(default_factory=list)

    async def play(self, stage: Stage) -> Payload:
        creator = stage.user(self.user)
        if any(each.name == self.name for each in stage.world.channels.values()):
            raise ValueError(f"the name {self.name} is taken")
        channel = Channel(
            id=new_id("C"),
            team_id=creator.team_id,
            name=self.name,
            kind="group" if self.private else "channel",
            created=int(stage.platform.now()),
            creator=creator.id,
            members=[creator.id],
        )
        others = [stage.user(each).id for each in self.members]
        stage.world.channels[channel.id] = channel
        stage.platform.changes.publish("channel", {"channel": channel.id})
        for each in others:
            stage.platform.join(channel, each)
        return {"channel": channel.id}


class Invite(Action):
    """Bring somebody, or the bot, into a channel."""

    action: Literal["invite"]
    channel: str
    user: str

    async def play(self, stage: Stage) -> Payload:
        if not stage.platform.join(_open_to_many(stage, self.channel), stage.user(self.user).id):
            raise ValueError(f"{self.user} is in {self.channel} already")
        return {}


class Kick(Action):
    """Take somebody, or the bot, out of a channel."""

    action: Literal["kick"]
    channel: str
    user: str

    async def play(self, stage: Stage) -> Payload:
        if not stage.platform.leave(_open_to_many(stage, self.channel), stage.user(self.user).id):
            raise ValueError(f"{self.user} is not in {self.channel}")
        return {}


def _open_to_many(stage: Stage, channel_id: str) -> Channel:
    channel = stage.channel(channel_id)
    if channel.kind in ("im", "mpim"):
        raise ValueError("nobody joins or leaves a direct conversation")
    return channel


class Revoke(Action):
    """Take the bot's token back."""

    action: Literal["revoke"]
    team: str | None = None

    async def play(self, stage: Stage) -> Payload:
        team = self.team or next(iter(stage.world.installations))
        installation = stage.world.installations.get(team)
        if installation is None or installation.is_revoked:
            raise ValueError(f"the app is not installed in {team}")
        revoke(stage.platform, installation)
        return {}


class Deliver(Action):
    """Deliver a payload of the Events API as it is."""

    action: Literal["deliver"]
    payload: Payload

    async def play(self, stage: Stage) -> Payload:
        stage.deliveries.deliver("events_api", self.payload)
        return {}
