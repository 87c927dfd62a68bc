"""The state of the workspace as the page and the tests see it."""

from bots.playground.slack.forms import file_form
from bots.playground.slack.methods.views import form_of
from bots.playground.slack.platform import Platform
from bots.playground.slack.state import Channel, Message, Payload, Session, Status, World

STATUS_LIFETIME = 120.0
"""Seconds after which Slack clears a status (assistant.threads.setStatus)."""


def snapshot(platform: Platform) -> Payload:
    """Everything there is to see in the workspace in which the app was installed first."""
    world = platform.world
    installation = next(iter(world.installations.values()))
    team, bot = world.teams[installation.team_id], world.users[installation.bot_user]
    return {
        "seq": platform.changes.seq,
        "team": {"id": team.id, "name": team.name},
        "bot": {"user": bot.id, "name": bot.real_name, "app_id": world.app.id},
        "users": [_user(world, each) for each in world.users],
        "channels": [_channel(world, each) for each in world.channels.values()],
        "statuses": _statuses(platform),
        "prompts": _prompts(world),
        "homes": {user: form_of(platform, view) for user, view in world.homes.items()},
        "modals": {
            user: form_of(platform, world.views[stack[-1]]) for user, stack in world.modals.items() if stack
        },
        "request_url": world.app.request_url,
    }


def _user(world: World, user_id: str) -> Payload:
    user = world.users[user_id]
    return {"id": user.id, "name": user.real_name, "is_bot": user.bot_id is not None}


def _channel(world: World, channel: Channel) -> Payload:
    messages = [*channel.messages.values(), *channel.ephemeral.values()]
    return {
        "id": channel.id,
        "name": channel.name,
        "kind": channel.kind,
        "members": channel.members,
        "messages": [_message(world, each) for each in sorted(messages, key=lambda each: each.ts)],
    }


def _message(world: World, message: Message) -> Payload:
    return {
        "ts": message.ts,
        "user": message.user,
        "text": message.text,
        "markdown": _markdown(message),
        "blocks": message.blocks,
        "thread_ts": message.thread_ts,
        "reactions": [{"name": each.name, "users": each.users} for each in message.reactions],
        "streaming": message.stream is not None and message.stream.is_open,
        "edited": message.edited is not None,
        "subtype": message.subtype,
        "ephemeral_to": message.visible_to,
        "files": [file_form(world, world.files[each]) for each in message.files if each in world.files],
    }


def _markdown(message: Message) -> str | None:
    """The Markdown of a post: its own, or that of its `markdown` blocks."""
    if message.markdown is not None:
        return message.markdown
    parts = [str(block.get("text", "")) for block in message.blocks if block.get("type") == "markdown"]
    return "\n\n".join(parts) if parts else None


def _statuses(platform: Platform) -> list[Payload]:
    """The lines under the composers, and the Stop buttons of sessions that are at work."""
    world = platform.world
    lines: dict[tuple[str, str | None], Status | None] = {
        key: each for key, each in world.statuses.items() if platform.now() - each.set_at < STATUS_LIFETIME
    }
    lines |= {key: lines.get(key) for key, each in world.sessions.items() if is_at_work(each)}
    return [
        {
            "channel": channel,
            "thread_ts": thread_ts,
            "status": status.text if status else "",
            "stoppable": is_at_work(world.sessions.get((channel, thread_ts))),
        }
        for (channel, thread_ts), status in lines.items()
    ]


def is_at_work(session: Session | None) -> bool:
    """Whether people see a Stop button (agents.sessions.setStatus)."""
    return session is not None and session.status == "processing"


def _prompts(world: World) -> list[Payload]:
    return [
        {
            "channel": each.channel,
            "user": _person(world, world.channels[each.channel]),
            "title": each.title,
            "prompts": each.prompts,
        }
        for each in world.prompts.values()
    ]


def _person(world: World, channel: Channel) -> str | None:
    """The human side of a direct conversation."""
    return next((each for each in channel.members if world.users[each].bot_id is None), None)
