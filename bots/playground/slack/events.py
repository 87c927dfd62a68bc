"""The Events API payloads (docs.slack.dev/reference/events) and which workspace's bot gets to see them."""

from dataclasses import dataclass

from bots.playground.slack.forms import message_form
from bots.playground.slack.ids import new_id
from bots.playground.slack.state import Channel, Installation, Message, Payload, World

SUBSCRIPTIONS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "file_shared": "files:read",
    "team_join": "users:read",
    "channel_rename": "channels:read",
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
}
"""The scope an event needs; without it the subscription delivers nothing."""
LEAVING = {"member_left_channel", "channel_left", "group_left", "channel_deleted"}
"""Events that reach an app which is no longer in the channel."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened, before it is wrapped for one installation."""

    body: Payload
    channel: Channel | None = None
    team_id: str | None = None
    """The workspace concerned, where there is no channel."""


def receivers(world: World, event: Event) -> list[Installation]:
    """The installation that hears of `event`: one per app, even when both sides of a shared channel have it.

    docs.slack.dev/apis/events-api, "Event type structure", field `authorizations`.
    """
    teams = _teams(event)
    seen = [
        world.installations[team]
        for team in teams
        if team in world.installations and _sees(world, world.installations[team], event)
    ]
    return seen[:1]


def _teams(event: Event) -> list[str]:
    if event.channel is not None:
        return [event.channel.team_id, *event.channel.shared_with]
    return [event.team_id] if event.team_id else []


def _sees(world: World, installation: Installation, event: Event) -> bool:
    name = subscription(event)
    if installation.is_revoked and name not in ("tokens_revoked", "app_uninstalled"):
        return False
    needed = SCOPES.get(name)
    if name not in world.app.events or (needed and needed not in installation.scopes):
        return False
    if event.channel is None or name in LEAVING:
        return True
    return installation.bot_user in event.channel.members


def subscription(event: Event) -> str:
    """The name under which an app subscribes to `event`, such as `message.channels`."""
    kind = str(event.body["type"])
    if kind == "message" and event.channel is not None:
        return SUBSCRIPTIONS[event.channel.kind]
    return kind


def envelope(world: World, installation: Installation, event: Event, now: float) -> Payload:
    """The outer body of one delivery, with an `event_id` of its own."""
    team = world.teams[installation.team_id]
    authorization = {
        "enterprise_id": team.enterprise_id,
        "team_id": None if installation.is_enterprise else team.id,
        "user_id": installation.bot_user,
        "is_bot": True,
        "is_enterprise_install": installation.is_enterprise,
    }
    body: Payload = {
        "token": world.app.verification_token,
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": team.enterprise_id,
        "api_app_id": world.app.id,
        "event": event.body,
        "type": "event_callback",
        "event_id": new_id("Ev"),
        "event_time": int(now),
        "authorizations": [authorization],
        "is_ext_shared_channel": bool(event.channel and event.channel.shared_with),
        "event_context": new_id("4-"),
    }
    return body | ({"enterprise_id": team.enterprise_id} if team.enterprise_id else {})


def posted(world: World, message: Message) -> Event:
    """`message`: a new post."""
    channel = world.channels[message.channel]
    body = message_form(world, message) | _place(channel, message.ts)
    if message.files and message.subtype is None:
        body["subtype"] = "file_share"
    if channel.shared_with:
        body |= {"user_team": message.team_id, "source_team": message.team_id}
    return Event(body=body, channel=channel)


def mentioned(world: World, message: Message) -> Event | None:
    """`app_mention`, the twin of a `message` that names the bot; never in direct messages.

    docs.slack.dev/reference/events/app_mention
    """
    channel = world.channels[message.channel]
    bots = [each.bot_user for each in world.installations.values() if each.bot_user in channel.members]
    if channel.kind == "im" or not any(f"<@{bot}>" in message.text for bot in bots):
        return None
    body = message_form(world, message) | {"channel": channel.id, "event_ts": message.ts}
    return Event(body=body | {"type": "app_mention"}, channel=channel)


def changed(world: World, message: Message, before: Payload, ts: str) -> Event:
    """`message_changed`; `before` is the form the message had, `ts` the time of the change."""
    channel = world.channels[message.channel]
    body: Payload = {"type": "message", "subtype": "message_changed", "hidden": True, "ts": ts}
    body |= {"message": message_form(world, message), "previous_message": before}
    return Event(body=body | _place(channel, ts), channel=channel)


def deleted(channel: Channel, before: Payload, ts: str) -> Event:
    """`message_deleted`."""
    body: Payload = {"type": "message", "subtype": "message_deleted", "hidden": True, "ts": ts}
    body |= {"deleted_ts": before["ts"], "previous_message": before}
    return Event(body=body | _place(channel, ts), channel=channel)


def _place(channel: Channel, ts: str) -> Payload:
    return {"channel": channel.id, "event_ts": ts, "channel_type": channel.kind}


def reaction(message: Message, channel: Channel, user: str, name: str, ts: str, *, added: bool) -> Event:
    """`reaction_added` or `reaction_removed`."""
    body: Payload = {
        "type": "reaction_added" if added else "reaction_removed",
        "user": user,
        "reaction": name,
        "item": {"type": "message", "channel": message.channel, "ts": message.ts},
        "item_user": message.user,
        "event_ts": ts,
    }
    return Event(body=body, channel=channel)


def membership(channel: Channel, user: str, team: str, ts: str, *, joined: bool) -> Event:
    """`member_joined_channel` or `member_left_channel`."""
    body: Payload = {
        "type": "member_joined_channel" if joined else "member_left_channel",
        "user": user,
        "channel": channel.id,
        "channel_type": "C" if channel.kind == "channel" else "G",
        "team": team,
        "event_ts": ts,
    }
    return Event(body=body, channel=channel)


def left(channel: Channel, ts: str) -> Event:
    """`channel_left` or `group_left`: the bot itself is no longer in."""
    kind = "channel_left" if channel.kind == "channel" else "group_left"
    return Event(body={"type": kind, "channel": channel.id, "event_ts": ts}, channel=channel)
