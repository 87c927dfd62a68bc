"""conversations.* (docs.slack.dev/reference/methods/conversations.history)."""

from bots.playground.slack.errors import SlackError
from bots.playground.slack.forms import channel_form, message_form, replies_of
from bots.playground.slack.methods.call import HISTORY_SCOPES, READ_SCOPES, Call, Method
from bots.playground.slack.state import Channel, Message, Payload

KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
MAX_DIRECT = 8


def info(call: Call) -> Payload:
    """conversations.info."""
    channel = call.channel()
    call.need(READ_SCOPES[channel.kind])
    form = channel_form(channel, call.bot.id)
    if call.arguments.flag("include_num_members"):
        form["num_members"] = len(channel.members)
    return {"channel": form}


def list_all(call: Call) -> Payload:
    """conversations.list."""
    wanted = (call.arguments.text("types") or "public_channel").split(",")
    if any(each not in KINDS for each in wanted):
        raise SlackError("invalid_types")
    for each in wanted:
        call.need(READ_SCOPES[KINDS[each]])
    hide_archived = call.arguments.flag("exclude_archived")
    channels = [
        channel_form(channel, call.bot.id)
        for channel in call.world.channels.values()
        if channel.kind in {KINDS[each] for each in wanted}
        and _is_ours(call, channel)
        and not (hide_archived and channel.is_archived)
    ]
    page = call.page(channels, default=100, most=1000)
    return {"channels": page.items, "response_metadata": page.metadata}


def _is_ours(call: Call, channel: Channel) -> bool:
    if call.installation.team_id not in (channel.team_id, *channel.shared_with):
        return False
    return channel.kind == "channel" or call.bot.id in channel.members


def members(call: Call) -> Payload:
    """conversations.members."""
    channel = call.channel()
    call.need(READ_SCOPES[channel.kind])
    page = call.page([{"id": each} for each in channel.members], default=100, most=1000)
    return {"members": [each["id"] for each in page.items], "response_metadata": page.metadata}


def open_direct(call: Call) -> Payload:
    """conversations.open."""
    if "channel" in call.arguments:
        return {"channel": {"id": call.channel().id}}
    users = [each for each in (call.arguments.text("users") or "").split(",") if each]
    if not users:
        raise SlackError("users_list_not_supplied")
    if len(users) > MAX_DIRECT:
        raise SlackError("too_many_users")
    others = [call.visible_user(each) for each in users]
    if any(each.is_deleted for each in others):
        raise SlackError("user_disabled")
    if any(each.bot_id for each in others):
        raise SlackError("cannot_dm_bot")
    channel, existed = call.platform.direct([call.bot.id, *users])
    form = channel_form(channel, call.bot.id) if call.arguments.flag("return_im") else {"id": channel.id}
    return {"channel": form} | ({"no_op": True, "already_open": True} if existed else {})


def history(call: Call) -> Payload:
    """conversations.history: newest first, without replies."""
    channel = call.joined()
    call.need(HISTORY_SCOPES[channel.kind])
    top = [each for each in channel.messages.values() if _stands_in_channel(each)]
    return _listing(call, sorted(_in_range(call, top), key=lambda each: each.ts, reverse=True))


def _stands_in_channel(message: Message) -> bool:
    return message.thread_ts in (None, message.ts) or message.reply_broadcast


def replies(call: Call) -> Payload:
    """conversations.replies: the thread's first message, then its replies, oldest first."""
    channel = call.joined()
    call.need(HISTORY_SCOPES[channel.kind])
    head = channel.messages.get(call.arguments.required("ts"))
    if head is None:
        raise SlackError("thread_not_found")
    return _listing(call, [head, *_in_range(call, replies_of(channel, head.ts))])


def _in_range(call: Call, messages: list[Message]) -> list[Message]:
    oldest = _timestamp(call, "oldest", "0")
    latest = _timestamp(call, "latest", "9999999999")
    inclusive = call.arguments.flag("inclusive")
    return [
        each
        for each in messages
        if oldest < float(each.ts) < latest or (inclusive and float(each.ts) in (oldest, latest))
    ]


def _timestamp(call: Call, name: str, default: str) -> float:
    try:
        return float(call.arguments.text(name) or default)
    except ValueError:
        raise SlackError(f"invalid_ts_{name}") from None


def _listing(call: Call, messages: list[Message]) -> Payload:
    page = call.page([_history_form(call, each) for each in messages], default=100, most=999)
    more = bool(page.cursor)
    return {"messages": page.items, "has_more": more} | ({"response_metadata": page.metadata} if more else {})


def _history_form(call: Call, message: Message) -> Payload:
    """Metadata is shown on request only (docs.slack.dev/messaging/message-metadata)."""
    form = message_form(call.world, message)
    if message.metadata and call.arguments.flag("include_all_metadata"):
        form["metadata"] = message.metadata
    return form


def join(call: Call) -> Payload:
    """conversations.join."""
    channel = call.channel()
    if channel.kind != "channel":
        raise SlackError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise SlackError("is_archived")
    is_new = call.platform.join(channel, call.bot.id)
    warning: Payload = {"warning": "already_in_channel"}
    return {"channel": channel_form(channel, call.bot.id)} | ({} if is_new else warning)


def leave(call: Call) -> Payload:
    """conversations.leave."""
    channel = call.channel()
    if channel.kind in ("im", "mpim"):
        raise SlackError("method_not_supported_for_channel_type")
    if channel.name == "general":
        raise SlackError("cant_leave_general")
    return {} if call.platform.leave(channel, call.bot.id) else {"not_in_channel": True}


METHODS = (
    Method(name="conversations.info", run=info),
    Method(name="conversations.list", run=list_all, tier=2),
    Method(name="conversations.members", run=members, tier=4),
    Method(name="conversations.open", run=open_direct, scope="im:write"),
    Method(name="conversations.history", run=history),
    Method(name="conversations.replies", run=replies),
    Method(name="conversations.join", run=join, scope="channels:join"),
    Method(name="conversations.leave", run=leave, scope="channels:join"),
)
