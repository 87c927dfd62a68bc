"""chat.*: posting, editing and deleting (docs.slack.dev/reference/methods)."""

from bots.playground.slack.content import MAX_UPDATE_TEXT, Content, cut, read_content
from bots.playground.slack.errors import SlackError
from bots.playground.slack.forms import message_form
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.state import Channel, Message, Payload


def post_message(call: Call) -> Payload:
    """chat.postMessage."""
    channel = destination(call)
    content = read_content(call.arguments)
    repeated = _repeated(call, channel)
    if repeated is not None:
        return _posted(call, repeated, [])
    message, warnings = _compose(call, channel, content)
    channel.posted_ids[message.client_msg_id or message.ts] = message.ts
    call.platform.post(message)
    return _posted(call, message, warnings)


def destination(call: Call) -> Channel:
    """Where a post goes: a conversation by id or #name, or a user's direct messages.

    Raises:
        SlackError: `channel_not_found`, `not_in_channel` or `is_archived`.
    """
    name = call.arguments.required("channel")
    channel = _named(call, name) or call.channel()
    if channel.is_archived:
        raise SlackError("is_archived")
    is_member = call.installation.bot_user in channel.members
    if not is_member and "chat:write.public" not in call.installation.scopes:
        raise SlackError("not_in_channel")
    return channel


def _named(call: Call, name: str) -> Channel | None:
    """What a name that is no channel's id stands for."""
    if name in call.world.channels:
        return None
    if name in call.world.users:
        user = call.visible_user(name)
        return call.platform.direct([call.installation.bot_user, user.id])[0]
    for channel in call.world.channels.values():
        if name.removeprefix("#") == channel.name and channel.team_id == call.installation.team_id:
            return channel if channel.kind == "channel" or call.bot.id in channel.members else None
    return None


def _repeated(call: Call, channel: Channel) -> Message | None:
    """A post with a `client_msg_id` seen before answers with the first one, as observed, not documented."""
    client_id = call.arguments.text("client_msg_id")
    return channel.messages.get(channel.posted_ids.get(client_id, "")) if client_id else None


def _compose(call: Call, channel: Channel, content: Content) -> tuple[Message, list[str]]:
    text, warnings = cut(content.shown)
    message = Message(
        ts=call.platform.next_ts(),
        channel=channel.id,
        user=call.bot.id,
        team_id=call.installation.team_id,
        text=text,
        thread_ts=thread_of(call, channel),
        blocks=with_ids(content.blocks or []),
        attachments=content.attachments,
        markdown=content.markdown,
        metadata=content.metadata,
        client_msg_id=call.arguments.text("client_msg_id"),
        reply_broadcast=call.arguments.flag("reply_broadcast"),
    )
    author(call, message)
    message.unfurl_links = _given_flag(call, "unfurl_links")
    message.unfurl_media = _given_flag(call, "unfurl_media")
    return message, warnings


def _given_flag(call: Call, name: str) -> bool | None:
    return call.arguments.flag(name) if name in call.arguments else None


def author(call: Call, message: Message) -> None:
    """Sign a message as the app, under another name where the scope allows it.

    Raises:
        SlackError: `missing_scope`.
    """
    message.bot_id, message.app_id = call.installation.bot_id, call.world.app.id
    names = {name: call.arguments.text(name) for name in ("username", "icon_emoji", "icon_url")}
    if any(names.values()):
        call.need("chat:write.customize")
    message.username = names["username"]
    message.icons = {
        key.removeprefix("icon_"): value for key, value in names.items() if value and key != "username"
    }


def thread_of(call: Call, channel: Channel) -> str | None:
    """The `ts` of the thread's first message; a reply's `ts` leads to its thread, too.

    Raises:
        SlackError: `thread_not_found`, or `cannot_reply_to_message` for a tombstone.
    """
    ts = call.arguments.text("thread_ts")
    if not ts:
        return None
    head = channel.messages.get(ts)
    if head is None:
        raise SlackError("thread_not_found")
    if head.subtype == "tombstone":
        raise SlackError("cannot_reply_to_message")
    return head.thread_ts or head.ts


def with_ids(blocks: list[Payload]) -> list[Payload]:
    """Blocks with the `block_id`s that Slack adds where there is none."""
    return [{"block_id": f"b{index}", **block} for index, block in enumerate(blocks)]


def _posted(call: Call, message: Message, warnings: list[str]) -> Payload:
    answer: Payload = {"channel": message.channel, "ts": message.ts, "message": full_form(call, message)}
    return answer | (
        {"warning": ",".join(warnings), "response_metadata": {"warnings": warnings}} if warnings else {}
    )


def full_form(call: Call, message: Message) -> Payload:
    """A message with its metadata, as the app that wrote it gets it back."""
    form = message_form(call.world, message)
    return form | ({"metadata": message.metadata} if message.metadata else {})


def post_ephemeral(call: Call) -> Payload:
    """chat.postEphemeral."""
    channel = destination(call)
    reader = call.arguments.required("user", "user_not_found")
    if reader not in channel.members:
        raise SlackError("user_not_in_channel")
    message, _ = _compose(call, channel, read_content(call.arguments))
    message.visible_to = reader
    channel.ephemeral[message.ts] = message
    form = full_form(call, message) | {"channel": channel.id, "visible_to": reader}
    call.platform.changes.publish("ephemeral", form)
    return {"message_ts": message.ts}


def update(call: Call) -> Payload:
    """chat.update."""
    channel = call.channel()
    message = call.message(channel)
    if message.bot_id != call.installation.bot_id:
        raise SlackError("cant_update_message")
    if channel.is_archived:
        raise SlackError("is_inactive")
    if message.stream is not None and message.stream.is_open:
        raise SlackError("streaming_state_conflict")
    before = message_form(call.world, message)
    if not _only_metadata(call):
        _rewrite(call, message, read_content(call.arguments))
    message.metadata = call.arguments.mapping("metadata", "invalid_metadata_format") or message.metadata
    _attach(call, channel, message)
    call.platform.change(message, before)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": full_form(call, message),
    }


def _attach(call: Call, channel: Channel, message: Message) -> None:
    """Uploaded files that are sent with the message from now on (`file_ids`).

    That those before stay is not documented; whoever names a file twice sees it twice here.
    """
    for name in (call.arguments.text("file_ids") or "").split(","):
        if not name:
            continue
        file = call.world.files.get(name)
        if file is None or file.user != call.bot.id or file.content is None:
            raise SlackError("file_not_found")
        message.files.append(file.id)
        file.channels.append(channel.id)


def _only_metadata(call: Call) -> bool:
    content = ("text", "blocks", "markdown_text", "attachments")
    return "metadata" in call.arguments and not any(name in call.arguments for name in content)


def _rewrite(call: Call, message: Message, content: Content) -> None:
    if content.text is not None and len(content.text) > MAX_UPDATE_TEXT:
        raise SlackError("msg_too_long")
    keeps_blocks = content.blocks is None and content.text is None and content.markdown is None
    message.blocks = message.blocks if keeps_blocks else with_ids(content.blocks or [])
    message.markdown = content.markdown
    message.text = content.shown or message.text
    message.attachments = content.attachments
    if content.blocks is None:
        message.edited = {"user": call.bot.id, "ts": call.platform.next_ts()}


def delete(call: Call) -> Payload:
    """chat.delete."""
    channel = call.channel()
    message = call.message(channel)
    if message.bot_id != call.installation.bot_id:
        raise SlackError("cant_delete_message")
    call.platform.remove(message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Payload:
    """chat.getPermalink."""
    channel = call.channel()
    message = call.message(channel, "message_ts")
    domain = call.world.teams[channel.team_id].domain
    link = f"https://{domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    return {"channel": channel.id, "permalink": link}


METHODS = (
    Method(name="chat.postMessage", run=post_message, scope="chat:write", tier=None),
    Method(name="chat.postEphemeral", run=post_ephemeral, scope="chat:write", tier=4),
    Method(name="chat.update", run=update, scope="chat:write"),
    Method(name="chat.delete", run=delete, scope="chat:write"),
    Method(name="chat.getPermalink", run=get_permalink, tier=None),
)
