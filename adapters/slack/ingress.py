"""From what Slack sends to an `Arrival`: pure functions, typed at this edge.

Events are described at docs.slack.dev/reference/events, interactions at docs.slack.dev/interactivity.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adapters.slack.ids import SHARED, message_key, sent_at
from adapters.slack.payload import Payload
from adapters.slack.wording import COMMANDS, mentions, readable, split_command
from core.errors import UnreadableEvent
from core.message import (
    Addressing,
    Arrival,
    Attachment,
    Conversation,
    Deletion,
    Departure,
    Edit,
    Event,
    Message,
    Person,
    Platform,
    Press,
    Rating,
    Stop,
)

FEEDBACK, REGENERATE, PASSAGE, FURTHER, CHOICE = "feedback", "regenerate", "passage", "further", "choice"
"""Action ids of the buttons under an answer; those for passages and choices have a number behind."""
DESK = "desk"
"""How the action ids of the help desk's buttons begin; they are commands as they stand."""
EDIT = f"{DESK}:edit"
"""The button that opens a suggested answer in a window, which is nothing to be written down."""
DRAFT, DRAFT_TEXT = f"{DESK}:send", "text"
"""What that window is called, which is the command that it gives; and its field."""
_COMMANDS = {REGENERATE: "again", FURTHER: "further"}
_PASSAGE_ID = re.compile(r"-?[0-9]{1,18}", re.ASCII)
SLACKBOT = "USLACKBOT"
_NEW_MESSAGES = ("", "file_share", "thread_broadcast", "me_message")
_SKIN_TONE = re.compile(r"::skin-tone-[2-6]$")
_REACTIONS: dict[str, Literal["good", "bad"]] = {
    "+1": "good",
    "thumbsup": "good",
    "-1": "bad",
    "thumbsdown": "bad",
}
_VERDICTS: dict[str, Literal["good", "bad"]] = {"good": "good", "bad": "bad"}
_KINDS: dict[str, Literal["image", "audio", "video"]] = {"image": "image", "audio": "audio", "video": "video"}


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One delivery, with what surrounds the event."""

    body: Payload
    event: Payload
    us: str
    """Our user id, which mentions carry."""
    tenant: str

    def place(self) -> tuple[str, bool]:
        """The channel, and whether one person is alone with us there."""
        channel = self.event.id_of("channel") or self.event.part("item").text("channel")
        if not channel:
            raise UnreadableEvent("Slack sent an event without channel.")
        return channel, channel.startswith("D")

    def conversation(self, thread: str) -> Conversation:
        channel, direct = self.place()
        return _conversation(self.tenant, channel, thread, direct=direct)

    def message_key(self, ts: str) -> str:
        shared = self.body.flag("is_ext_shared_channel")
        return message_key(SHARED if shared else self.tenant, self.place()[0], ts)

    def arrival(self, event: Event, key: str = "") -> Arrival:
        key = key or f"slack:{self.tenant}:event:{self.body.required('event_id')}"
        return Arrival(key=key, event=event, raw=_raw(self.body))


def tenant(body: Payload) -> str:
    """The workspace whose installation a payload is for, as slack_bolt finds it, too.

    Raises:
        UnreadableEvent: it names none.
    """
    authorizations = body.parts("authorizations")
    found = (
        body.id_of("team")
        or (authorizations[0].text("team_id") if authorizations else "")
        or body.text("team_id")
        or (body.part("user").text("team_id") if isinstance(body.values.get("user"), dict) else "")
    )
    if not found:
        raise UnreadableEvent("Slack sent an event without a workspace.")
    return found


def enterprise(body: Payload) -> str:
    """The organisation a payload is for where the app is installed for all of it, otherwise ""."""
    authorizations = body.parts("authorizations")
    source = authorizations[0] if authorizations else body
    if not (source.flag("is_enterprise_install") or source.values.get("is_enterprise_install") == "true"):
        return ""
    return source.text("enterprise_id") or body.id_of("enterprise")


def read(body: Payload, us: str) -> Arrival | None:
    """Read an event or the press of a button; None when it is not meant for us.

    Args:
        us: our user id in that workspace.

    Raises:
        UnreadableEvent: it is not what Slack documents.
    """
    if body.text("type") == "block_actions":
        return _action(body)
    if body.text("type") != "event_callback":
        return None
    event = body.part("event")
    reader = _EVENTS.get(event.required("type"))
    return reader(Envelope(body=body, event=event, us=us, tenant=tenant(body))) if reader else None


def read_slash(form: Payload, channel: str, now: datetime) -> Arrival:
    """Read `/frontdesk …`, to be answered in `channel`: our direct messages with that person.

    Raises:
        UnreadableEvent: it is not what Slack documents.
    """
    word, _, rest = form.text("text").strip().partition(" ")
    command = word.lower() if word.lower() in COMMANDS else "" if word else "help"
    trigger, team = form.required("trigger_id"), tenant(form)
    message = Message(
        id=trigger,
        conversation=_conversation(team, channel, "", direct=True),
        sender=_person(team, form.required("user_id")),
        text=readable(rest if command else form.text("text")),
        addressed=Addressing.COMMAND,
        sent_at=now,
        command=command,
    )
    return Arrival(key=f"slack:{team}:slash:{trigger}", event=message, raw=_raw(form))


def _message(envelope: Envelope) -> Arrival | None:
    subtype = envelope.event.text("subtype")
    if subtype == "message_changed":
        return _changed(envelope)
    if subtype == "message_deleted":
        return _deleted(envelope, envelope.event.part("previous_message"), envelope.event.text("deleted_ts"))
    if subtype not in _NEW_MESSAGES:
        return None
    return _posted(envelope)


def _posted(envelope: Envelope) -> Arrival | None:
    event = envelope.event
    addressed = _addressing(envelope, event)
    if addressed is None or not _by_person(event, envelope.us):
        return None
    message = _read_message(envelope, event, addressed)
    return envelope.arrival(message, envelope.message_key(message.id))


def _changed(envelope: Envelope) -> Arrival | None:
    """A person's edit; unfolded links and the deletion of a message with replies come the same way."""
    after, before = envelope.event.part("message"), envelope.event.part("previous_message")
    if after.text("subtype") == "tombstone":
        return _deleted(envelope, before, after.text("ts"))
    edited = after.part("edited").text("ts")
    if not edited or after.text("text") == before.text("text") or not _by_person(after, envelope.us):
        return None
    addressed = _addressing(envelope, after) or _addressing(envelope, before)
    if addressed is None:
        return None
    message = _read_message(envelope, after, addressed)
    return envelope.arrival(Edit(message=message), f"{envelope.message_key(message.id)}:edit:{edited}")


def _deleted(envelope: Envelope, before: Payload, ts: str) -> Arrival | None:
    ts = ts or before.required("ts")
    if before.values and (not _by_person(before, envelope.us) or _addressing(envelope, before) is None):
        return None
    event = Deletion(conversation=envelope.conversation(before.text("thread_ts") or ts), message_id=ts)
    return envelope.arrival(event, f"{envelope.message_key(ts)}:deleted")


def _by_person(message: Payload, us: str) -> bool:
    user = message.text("user")
    return bool(user) and user not in (us, SLACKBOT) and not message.text("bot_id")


def _addressing(envelope: Envelope, message: Payload) -> Addressing | None:
    if envelope.place()[1]:
        return Addressing.DIRECT
    if message.text("type") == "app_mention" or mentions(message.text("text"), envelope.us):
        return Addressing.MENTION
    if message.text("thread_ts") not in ("", message.text("ts")):
        return Addressing.THREAD
    return None


def _read_message(envelope: Envelope, message: Payload, addressed: Addressing) -> Message:
    ts = message.required("ts")
    command, text = split_command(readable(message.text("text"), without=envelope.us))
    return Message(
        id=ts,
        conversation=envelope.conversation(message.text("thread_ts") or ts),
        sender=_person(_home(message, envelope.tenant), message.required("user")),
        text=text,
        addressed=addressed,
        sent_at=sent_at(ts),
        command=command,
        attachments=tuple(_attachment(file) for file in message.parts("files") if _is_there(file)),
    )


def _home(message: Payload, here: str) -> str:
    """The sender's workspace; in a Grid organisation some of these fields hold the organisation instead."""
    teams = (message.text(name) for name in ("user_team", "team", "source_team"))
    return next((team for team in teams if team.startswith("T")), here)


def _attachment(file: Payload) -> Attachment:
    media_type = file.text("mimetype")
    return Attachment(
        id=file.required("id"),
        kind=_KINDS.get(media_type.partition("/")[0], "document"),
        name=file.text("name"),
        media_type=media_type,
        size=file.number("size"),
    )


def _is_there(file: Payload) -> bool:
    return file.text("mode") not in ("tombstone", "hidden_by_limit")


def _stopped(envelope: Envelope) -> Arrival | None:
    event = envelope.event
    person = _person(envelope.tenant, event.required("user"))
    return envelope.arrival(Stop(conversation=envelope.conversation(event.text("thread_ts")), person=person))


def _reaction(envelope: Envelope) -> Arrival | None:
    event, item = envelope.event, envelope.event.part("item")
    verdict = _REACTIONS.get(_SKIN_TONE.sub("", event.text("reaction")))
    on_our_post = item.text("type") == "message" and event.text("item_user") == envelope.us
    if verdict is None or not on_our_post or event.text("user") == envelope.us:
        return None
    rating = Rating(
        conversation=envelope.conversation(""),
        person=_person(envelope.tenant, event.required("user")),
        post_id=item.required("ts"),
        verdict="none" if event.text("type") == "reaction_removed" else verdict,
    )
    return envelope.arrival(rating)


def _member_left(envelope: Envelope) -> Arrival:
    user = envelope.event.required("user")
    if user == envelope.us:
        return _left(envelope)
    person = _person(envelope.event.text("team") or envelope.tenant, user)
    place = envelope.conversation("")
    return envelope.arrival(
        Departure(conversation=place, person=person, reason="the person left the channel")
    )


def _left(envelope: Envelope) -> Arrival:
    channel = envelope.conversation("")
    return envelope.arrival(Departure(conversation=channel, reason="removed from the channel"))


def _tokens_revoked(envelope: Envelope) -> Arrival | None:
    return _uninstalled(envelope) if envelope.event.part("tokens").values.get("bot") else None


def _uninstalled(envelope: Envelope) -> Arrival:
    workspace = _conversation(envelope.tenant, "", "", direct=False)
    return envelope.arrival(Departure(conversation=workspace, reason="removed from the workspace"))


_EVENTS: dict[str, Callable[[Envelope], Arrival | None]] = {
    "message": _message,
    "app_mention": _posted,
    "agent_session_stopped": _stopped,
    "reaction_added": _reaction,
    "reaction_removed": _reaction,
    "member_left_channel": _member_left,
    "channel_left": _left,
    "group_left": _left,
    "app_uninstalled": _uninstalled,
    "tokens_revoked": _tokens_revoked,
}


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A person wants to read a passage in full: nothing that would be written down."""

    passage: int
    conversation: Conversation
    trigger: str


def read_opening(body: Payload) -> Opening | None:
    """The press of a button for a passage; None for anything else.

    Raises:
        UnreadableEvent: it is not what Slack documents.
    """
    action = next(iter(body.parts("actions")), None) if body.text("type") == "block_actions" else None
    if action is None or action.text("action_id").partition(":")[0] != PASSAGE:
        return None
    number = action.required("value")
    if not _PASSAGE_ID.fullmatch(number):
        raise UnreadableEvent("Slack sent a passage that is no number.")
    channel = body.id_of("channel") or body.part("container").required("channel_id")
    return Opening(
        passage=int(number),
        conversation=_conversation(tenant(body), channel, "", direct=channel.startswith("D")),
        trigger=body.required("trigger_id"),
    )


@dataclass(frozen=True, kw_only=True)
class Editing:
    """An agent wants to change a suggested answer before it is sent."""

    conversation: Conversation
    post: str
    """`ts` of the post that shows it."""
    trigger: str


def read_editing(body: Payload) -> Editing | None:
    """The press of a suggestion's Edit button; None for anything else.

    Raises:
        UnreadableEvent: it is not what Slack documents.
    """
    action = next(iter(body.parts("actions")), None) if body.text("type") == "block_actions" else None
    if action is None or action.text("action_id") != EDIT:
        return None
    container, message = body.part("container"), body.part("message")
    channel = body.id_of("channel") or container.required("channel_id")
    post = message.text("ts") or container.required("message_ts")
    thread = message.text("thread_ts") or container.text("thread_ts")
    return Editing(
        conversation=_conversation(tenant(body), channel, thread, direct=channel.startswith("D")),
        post=post,
        trigger=body.required("trigger_id"),
    )


def read_draft(body: Payload, now: datetime) -> Arrival | None:
    """A suggested answer as an agent has changed it; None for anything else.

    Raises:
        UnreadableEvent: it is not what Slack documents, or not from a window of ours.
    """
    view = body.part("view")
    if body.text("type") != "view_submission" or view.text("callback_id") != DRAFT:
        return None
    where = _private(view)
    field = view.part("state").part("values").part(DRAFT_TEXT).part(DRAFT_TEXT)
    team, user, text = tenant(body), body.part("user"), field.text("value").strip()
    if not text:
        return None
    channel = where.required("channel")
    message = Message(
        id=view.required("id"),
        conversation=_conversation(team, channel, where.required("thread"), direct=channel.startswith("D")),
        sender=_person(user.text("team_id") or team, user.required("id")),
        text=text,
        addressed=Addressing.COMMAND,
        sent_at=now,
        command=DRAFT,
        reply_to=where.required("post"),
    )
    return Arrival(key=f"slack:{team}:view:{message.id}", event=message, raw=_raw(body))


def _private(view: Payload) -> Payload:
    """What we wrote into a window of ours."""
    try:
        found = json.loads(view.text("private_metadata"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UnreadableEvent("Slack sent a window that is none of ours.")
    return Payload(found)


def _action(body: Payload) -> Arrival | None:
    """A button under an answer. Two people may both judge it, so the person stands in the key."""
    action = next(iter(body.parts("actions")), None)
    kind = action.text("action_id").partition(":")[0] if action is not None else ""
    if action is None or kind not in (FEEDBACK, CHOICE, DESK, *_COMMANDS):
        return None
    container, message, team = body.part("container"), body.part("message"), tenant(body)
    channel = body.id_of("channel") or container.required("channel_id")
    ts = message.text("ts") or container.required("message_ts")
    thread = message.text("thread_ts") or container.text("thread_ts")
    if kind == DESK:
        thread = thread or ts  # the card begins its thread, and may have no reply yet
    user = body.part("user")
    person = _person(user.text("team_id") or team, user.required("id"))
    conversation = _conversation(team, channel, thread, direct=channel.startswith("D"))
    if kind == CHOICE:
        return _chosen(body, action, conversation, person, ts)
    key = f"{message_key(team, channel, ts)}:action:{person.id}:{action.required('action_ts')}"
    read_action = _rating if kind == FEEDBACK else _command
    return Arrival(key=key, event=read_action(action, conversation, person, ts), raw=_raw(body))


def _chosen(body: Payload, action: Payload, conversation: Conversation, person: Person, ts: str) -> Arrival:
    """One press per person and answer: a second one, of whichever button, has the same key."""
    turn, _, choice = action.required("value").partition(":")
    message = Message(
        id=action.required("action_ts"),
        conversation=conversation,
        sender=person,
        text="",
        addressed=Addressing.DIRECT if conversation.direct else Addressing.REPLY,
        sent_at=sent_at(action.required("action_ts")),
        reply_to=ts,
        press=Press(turn_id=turn, choice=choice),
    )
    key = f"slack:{conversation.tenant}:press:{turn}:{person.id}"
    return Arrival(key=key, event=message, raw=_raw(body))


def _rating(action: Payload, conversation: Conversation, person: Person, ts: str) -> Rating:
    word, _, turn = action.text("value").partition(":")
    verdict = _VERDICTS.get(word)
    if verdict is None:
        raise UnreadableEvent("Slack sent a judgement that is neither good nor bad.")
    return Rating(conversation=conversation, person=person, turn_id=turn, post_id=ts, verdict=verdict)


def _command(action: Payload, conversation: Conversation, person: Person, ts: str) -> Message:
    return Message(
        id=action.required("action_ts"),
        conversation=conversation,
        sender=person,
        text="",
        addressed=Addressing.COMMAND,
        sent_at=sent_at(action.required("action_ts")),
        command=_COMMANDS.get(name := action.required("action_id"), name),
        reply_to=ts,
    )


def _conversation(team: str, channel: str, thread: str, *, direct: bool) -> Conversation:
    return Conversation(platform=Platform.SLACK, tenant=team, channel=channel, thread=thread, direct=direct)


def _person(team: str, user: str) -> Person:
    return Person(platform=Platform.SLACK, tenant=team, id=user)


def _raw(body: Payload) -> str:
    """The JSON as Slack sent it, less the verification token; ASCII, so that any database takes it."""
    return json.dumps({name: value for name, value in body.values.items() if name != "token"})
