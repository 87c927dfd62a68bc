"""assistant.threads.* and agents.sessions.*: the agent pane (docs.slack.dev/ai)."""

from bots.playground.slack.errors import SlackError
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.state import Channel, Payload, Prompts, Session, Status

MAX_LOADING_MESSAGES = 10
MAX_PROMPTS = 4
STATUSES = {"processing", "active", "suspended", "closed"}


def set_status(call: Call) -> Payload:
    """assistant.threads.setStatus; an empty status clears the line, as any reply does."""
    channel = call.joined("channel_id")
    thread_ts = _thread(call, channel)
    text = call.arguments.text("status") or ""
    loading = call.arguments.items("loading_messages") or []
    if len(loading) > MAX_LOADING_MESSAGES:
        raise SlackError("invalid_arguments")
    key = (channel.id, thread_ts)
    call.world.statuses.pop(key, None)
    if text:
        call.world.statuses[key] = Status(
            channel=channel.id,
            thread_ts=thread_ts,
            text=text,
            set_at=call.platform.now(),
            loading_messages=[str(each) for each in loading],
        )
    body: Payload = {
        "channel": channel.id,
        "thread_ts": thread_ts,
        "status": text,
        "loading_messages": loading,
    }
    call.platform.changes.publish("status", body)
    return {}


def _thread(call: Call, channel: Channel) -> str:
    ts = call.arguments.required("thread_ts")
    if ts not in channel.messages:
        raise SlackError("invalid_thread_ts")
    return ts


def set_suggested_prompts(call: Call) -> Payload:
    """assistant.threads.setSuggestedPrompts; without `thread_ts` they stand on the agent's first screen."""
    channel = call.joined("channel_id")
    prompts = call.arguments.objects("prompts")
    if not prompts or len(prompts) > MAX_PROMPTS:
        raise SlackError("invalid_arguments")
    if not all(prompt.get("title") and prompt.get("message") for prompt in prompts):
        raise SlackError("invalid_arguments")
    thread_ts = call.arguments.text("thread_ts")
    shown = Prompts(
        channel=channel.id, thread_ts=thread_ts, title=call.arguments.text("title"), prompts=prompts
    )
    call.world.prompts[channel.id, thread_ts] = shown
    call.platform.changes.publish(
        "prompts",
        {"channel": channel.id, "thread_ts": thread_ts, "title": shown.title, "prompts": prompts},
    )
    return {}


def set_title(call: Call) -> Payload:
    """assistant.threads.setTitle."""
    channel = call.joined("channel_id")
    session = _session(call, channel.id, _thread(call, channel))
    session.title = call.arguments.required("title")
    _show(call, session)
    return {}


def set_session_status(call: Call) -> Payload:
    """agents.sessions.setStatus; while `processing`, people see a Stop button."""
    channel = call.joined("channel_id")
    session = move_session(
        call, channel.id, call.arguments.text("thread_ts"), call.arguments.required("status")
    )
    session.title = call.arguments.text("title") or session.title
    session.initiator = call.arguments.text("initiator_user_id") or session.initiator
    _show(call, session)
    if "agent_session_stopped" in call.world.app.events:
        return {}
    warning = "missing_agent_session_stopped_event_subscription"
    return {"warning": warning, "response_metadata": {"warnings": [warning]}}


def check_session_status(status: str) -> None:
    """Refuse a status there is not.

    Raises:
        SlackError: `invalid_status`.
    """
    if status not in STATUSES:
        raise SlackError("invalid_status")


def move_session(call: Call, channel: str, thread_ts: str | None, status: str) -> Session:
    """Give a session a new status.

    Raises:
        SlackError: `invalid_status`.
    """
    check_session_status(status)
    session = _session(call, channel, thread_ts)
    session.status = status
    _show(call, session)
    return session


def _session(call: Call, channel: str, thread_ts: str | None) -> Session:
    fresh = Session(channel=channel, thread_ts=thread_ts)
    return call.world.sessions.setdefault((channel, thread_ts), fresh)


def _show(call: Call, session: Session) -> None:
    call.platform.changes.publish(
        "session",
        {
            "channel": session.channel,
            "thread_ts": session.thread_ts,
            "status": session.status,
            "title": session.title,
        },
    )


def rename(call: Call) -> Payload:
    """agents.sessions.rename."""
    channel = call.joined("channel_id")
    session = call.world.sessions.get((channel.id, call.arguments.text("thread_ts")))
    if session is None:
        raise SlackError("session_not_found")
    session.title = call.arguments.required("title")
    _show(call, session)
    return {}


METHODS = (
    Method(name="assistant.threads.setStatus", run=set_status, scope="chat:write"),
    Method(name="assistant.threads.setSuggestedPrompts", run=set_suggested_prompts, scope="assistant:write"),
    Method(name="assistant.threads.setTitle", run=set_title, scope="assistant:write"),
    Method(name="agents.sessions.setStatus", run=set_session_status, scope="chat:write"),
    Method(name="agents.sessions.rename", run=rename, scope="chat:write"),
)
