"""The JSON forms in which Slack shows its objects (docs.slack.dev/reference/objects)."""

from urllib.parse import quote

from bots.playground.slack.state import Channel, File, Message, Payload, Team, User, World


def message_form(world: World, message: Message) -> Payload:
    """A message as it stands in events and histories, without its metadata."""
    form: Payload = {"type": "message", "user": message.user, "ts": message.ts, "text": message.text}
    form |= {"team": message.team_id}
    form |= _present(
        {
            "subtype": message.subtype,
            "client_msg_id": message.client_msg_id,
            "bot_id": message.bot_id,
            "app_id": message.app_id,
            "username": message.username,
            "icons": message.icons,
            "blocks": message.blocks,
            "attachments": message.attachments,
            "thread_ts": message.thread_ts,
            "edited": message.edited,
            "files": [file_form(world, world.files[file]) for file in message.files if file in world.files],
            "reactions": [
                {"name": each.name, "users": list(each.users), "count": len(each.users)}
                for each in message.reactions
            ],
        }
    )
    if message.bot_id:
        form["bot_profile"] = bot_form(world, message.bot_id, message.team_id)
    if message.stream is not None:
        form["streaming_state"] = "in_progress" if message.stream.is_open else "completed"
    return form | _thread_fields(world, message)


def _present(fields: Payload) -> Payload:
    return {name: value for name, value in fields.items() if value}


def _thread_fields(world: World, message: Message) -> Payload:
    replies = replies_of(world.channels[message.channel], message.ts)
    if message.thread_ts not in (None, message.ts):
        parent = world.channels[message.channel].messages.get(str(message.thread_ts))
        return {"parent_user_id": parent.user} if parent else {}
    if not replies:
        return {}
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users": sorted({reply.user for reply in replies}),
        "latest_reply": replies[-1].ts,
    }


def replies_of(channel: Channel, ts: str) -> list[Message]:
    """The replies in the thread that begins at `ts`, oldest first, without the first message."""
    return [each for each in channel.messages.values() if each.thread_ts == ts and each.ts != ts]


def bot_form(world: World, bot_id: str, team_id: str) -> Payload:
    """A bot as `bots.info` and `bot_profile` show it."""
    user = next((each for each in world.users.values() if each.bot_id == bot_id), None)
    return {
        "id": bot_id,
        "deleted": False,
        "name": user.real_name if user else "unknown",
        "updated": 0,
        "app_id": (user.app_id if user else None) or "",
        "user_id": user.id if user else "",
        "team_id": team_id,
        "icons": {"image_72": ""},
    }


def user_form(user: User, *, viewer_team: str, with_email: bool) -> Payload:
    """A user as `users.info` shows it; `is_stranger` marks someone of another company."""
    profile: Payload = {"real_name": user.real_name, "display_name": user.name, "team": user.team_id}
    if with_email and user.bot_id is None and user.team_id == viewer_team:
        profile["email"] = f"{user.name}@example.com"
    if user.bot_id:
        profile |= {"bot_id": user.bot_id, "api_app_id": user.app_id}
    return {
        "id": user.id,
        "team_id": user.team_id,
        "name": user.name,
        "real_name": user.real_name,
        "deleted": user.is_deleted,
        "is_bot": user.bot_id is not None,
        "is_app_user": False,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_restricted": False,
        "is_stranger": user.team_id != viewer_team,
        "tz": user.tz,
        "locale": user.locale,
        "profile": profile,
    }


def channel_form(channel: Channel, viewer: str) -> Payload:
    """A conversation as `conversations.info` shows it to `viewer`, a user id."""
    form: Payload = {
        "id": channel.id,
        "created": channel.created,
        "creator": channel.creator,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "group",
        "is_im": channel.kind == "im",
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.is_archived,
        "is_member": viewer in channel.members,
        "is_shared": bool(channel.shared_with),
        "is_ext_shared": bool(channel.shared_with),
        "is_org_shared": False,
        "context_team_id": channel.team_id,
        "shared_team_ids": [channel.team_id, *channel.shared_with],
    }
    if channel.kind == "im":
        return form | {"user": next((each for each in channel.members if each != viewer), viewer)}
    topic = {"value": channel.topic, "creator": channel.creator, "last_set": channel.created}
    return form | {"name": channel.name, "name_normalized": channel.name, "topic": topic, "purpose": topic}


def team_form(team: Team) -> Payload:
    """A workspace as `team.info` shows it."""
    form: Payload = {"id": team.id, "name": team.name, "domain": team.domain, "email_domain": ""}
    if team.enterprise_id:
        form |= {"enterprise_id": team.enterprise_id, "enterprise_name": "Acme Group"}
    return form


def file_form(world: World, file: File) -> Payload:
    """A file as messages and `files.info` show it; the links need the bot token."""
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2] or "text",
        "user": file.user,
        "size": file.length,
        "mode": "hosted",
        "is_external": file.is_external,
        "channels": file.channels,
        "url_private": f"{world.url}/files-pri/{file.team_id}-{file.id}/{quote(file.name)}",
        "url_private_download": f"{world.url}/files-pri/{file.team_id}-{file.id}/download/{quote(file.name)}",
    }
