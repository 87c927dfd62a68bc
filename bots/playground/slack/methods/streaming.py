"""chat.startStream, appendStream, stopStream (docs.slack.dev/reference/methods/chat.startStream).

Two rules stand in no documentation and were measured by others on the live API: a stream lives about 306 s
however busy it is (github.com/slackapi/python-slack-sdk/issues/1859), and it keeps the shape of its first
call, `chunks` or `markdown_text`.
"""

from bots.playground.slack.blocks import MAX_BLOCKS, MAX_MARKDOWN, check_blocks, check_chunks, check_metadata
from bots.playground.slack.errors import SlackError
from bots.playground.slack.forms import message_form
from bots.playground.slack.methods.agents import check_session_status, move_session
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.methods.chat import author, destination, full_form, thread_of, with_ids
from bots.playground.slack.state import Channel, Message, Payload, Stream
from bots.playground.slack.wire import as_object

LIFETIME = 306.0
"""Seconds a stream stays open."""
DISPLAY_MODES = {"timeline", "plan", "dense"}


def start_stream(call: Call) -> Payload:
    """chat.startStream."""
    channel = destination(call)
    call.arguments.required("thread_ts")
    _check_display(call)
    chunks = _read_chunks(call)
    message = Message(
        ts=call.platform.next_ts(),
        channel=channel.id,
        user=call.bot.id,
        team_id=call.installation.team_id,
        text="",
        markdown="",
        thread_ts=thread_of(call, channel),
        stream=Stream(
            owner=call.installation.bot_id,
            opened_at=call.platform.now(),
            recipient=_recipient(call, channel),
            takes_chunks="chunks" in call.arguments or "markdown_text" not in call.arguments,
        ),
    )
    author(call, message)
    _apply(message, chunks)
    call.platform.post(message)
    return {"channel": channel.id, "ts": message.ts}


def _check_display(call: Call) -> None:
    if (call.arguments.text("task_display_mode") or "timeline") not in DISPLAY_MODES:
        raise SlackError("invalid_arguments")


def _recipient(call: Call, channel: Channel) -> str | None:
    user = call.arguments.text("recipient_user_id")
    team = call.arguments.text("recipient_team_id")
    if channel.kind != "im" and not team:
        raise SlackError("missing_recipient_team_id")
    if channel.kind != "im" and not user:
        raise SlackError("missing_recipient_user_id")
    if user is not None and call.visible_user(user).team_id != (team or call.visible_user(user).team_id):
        raise SlackError("user_not_found")
    return user


def append_stream(call: Call) -> Payload:
    """chat.appendStream."""
    message, stream = _open_stream(call)
    chunks = _read_chunks(call)
    if not chunks:
        raise SlackError("no_text")
    _check_shape(call, stream)
    _apply(message, chunks)
    call.platform.show(message)
    return {"channel": message.channel, "ts": message.ts}


def stop_stream(call: Call) -> Payload:
    """chat.stopStream."""
    message, stream = _open_stream(call)
    chunks = _read_chunks(call)
    _check_shape(call, stream)
    blocks = call.arguments.objects("blocks", "invalid_blocks_format") or []
    metadata = call.arguments.mapping("metadata", "invalid_metadata_format") or {}
    check_blocks(blocks)
    check_metadata(metadata)
    status = call.arguments.text("session_status")
    if status is not None:
        check_session_status(status)
    before = message_form(call.world, message)
    _apply(message, chunks)
    message.blocks = [*message.blocks, *with_ids(blocks)]
    message.metadata = metadata or message.metadata
    stream.is_open = False
    if status is not None:
        move_session(call, message.channel, message.thread_ts, status)
    call.platform.change(message, before)
    return {"channel": message.channel, "ts": message.ts, "message": full_form(call, message)}


def _open_stream(call: Call) -> tuple[Message, Stream]:
    message = call.message(call.channel())
    stream = message.stream
    if message.bot_id != call.installation.bot_id:
        raise SlackError("message_not_owned_by_app")
    if stream is not None and stream.is_stopped_by_user:
        raise SlackError("stopped_by_user")
    if stream is None or not stream.is_open:
        raise SlackError("message_not_in_streaming_state")
    if call.platform.now() - stream.opened_at > LIFETIME:
        expire(call, message, stream)
        raise SlackError("message_not_in_streaming_state")
    return message, stream


def expire(call: Call, message: Message, stream: Stream) -> None:
    """End a stream on the platform's side; what it showed so far stays."""
    before = message_form(call.world, message)
    stream.is_open = False
    call.platform.change(message, before)


def _check_shape(call: Call, stream: Stream) -> None:
    given = "chunks" if "chunks" in call.arguments else "markdown_text"
    if given in call.arguments and stream.takes_chunks != (given == "chunks"):
        raise SlackError("streaming_mode_mismatch")


def _read_chunks(call: Call) -> list[Payload]:
    markdown = call.arguments.text("markdown_text")
    chunks = call.arguments.objects("chunks", "invalid_chunks")
    if markdown is not None and chunks is not None:
        raise SlackError("invalid_arguments")
    if markdown is not None and len(markdown) > MAX_MARKDOWN:
        raise SlackError("msg_too_long")
    if markdown is not None:
        return [{"type": "markdown_text", "text": markdown}]
    check_chunks(chunks or [])
    return chunks or []


def _apply(message: Message, chunks: list[Payload]) -> None:
    added = [chunk["blocks"] for chunk in chunks if chunk["type"] == "blocks"]
    if len(message.blocks) + sum(len(each) for each in added if isinstance(each, list)) > MAX_BLOCKS:
        raise SlackError("msg_blocks_too_many")
    for chunk in chunks:
        _apply_one(message, chunk)


def _apply_one(message: Message, chunk: Payload) -> None:
    stream = message.stream
    if stream is None:
        return
    if chunk["type"] == "markdown_text":
        message.text += str(chunk["text"])
        message.markdown = message.text
    elif chunk["type"] == "plan_update":
        stream.plan = str(chunk["title"])
    elif chunk["type"] == "task_update":
        _apply_task(stream, chunk)
    elif isinstance(chunk["blocks"], list):
        more = with_ids([as_object(each) for each in chunk["blocks"]])
        message.blocks = [*message.blocks, *more]


def _apply_task(stream: Stream, chunk: Payload) -> None:
    """Title and status replace what was there, details are added to it."""
    before = stream.tasks.get(str(chunk["id"]), {})
    details = f"{before.get('details', '')}{chunk.get('details') or ''}"
    task = before | {name: value for name, value in chunk.items() if value is not None and name != "type"}
    stream.tasks[str(chunk["id"])] = task | ({"details": details} if details else {})


METHODS = (
    Method(name="chat.startStream", run=start_stream, scope="chat:write", tier=2),
    Method(name="chat.appendStream", run=append_stream, scope="chat:write", tier=4),
    Method(name="chat.stopStream", run=stop_stream, scope="chat:write", tier=2),
)
