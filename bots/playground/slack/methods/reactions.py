"""reactions.* (docs.slack.dev/reference/methods/reactions.add)."""

import re

from bots.playground.slack.errors import SlackError
from bots.playground.slack.forms import message_form
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.state import Message, Payload

NAME = re.compile(r"[a-z0-9_+'\-]{1,100}(::skin-tone-[2-6])?")
MAX_KINDS = 23
"""Different emoji under one message (docs.slack.dev/reference/methods/reactions.add)."""


def add(call: Call) -> Payload:
    """reactions.add."""
    message, name = _target(call)
    kinds = {each.name for each in message.reactions}
    if name not in kinds and len(kinds) >= MAX_KINDS:
        raise SlackError("too_many_emoji")
    if not call.platform.react(message, call.bot.id, name):
        raise SlackError("already_reacted")
    return {}


def remove(call: Call) -> Payload:
    """reactions.remove."""
    message, name = _target(call)
    if not call.platform.unreact(message, call.bot.id, name):
        raise SlackError("no_reaction")
    return {}


def get(call: Call) -> Payload:
    """reactions.get."""
    channel = call.channel()
    message = call.message(channel, "timestamp")
    return {"type": "message", "channel": channel.id, "message": message_form(call.world, message)}


def _target(call: Call) -> tuple[Message, str]:
    name = call.arguments.required("name", "invalid_name").strip(":")
    if not NAME.fullmatch(name):
        raise SlackError("invalid_name")
    if "channel" not in call.arguments or "timestamp" not in call.arguments:
        raise SlackError("no_item_specified")
    channel = call.joined()
    if channel.is_archived:
        raise SlackError("is_archived")
    return call.message(channel, "timestamp"), name


METHODS = (
    Method(name="reactions.add", run=add, scope="reactions:write"),
    Method(name="reactions.remove", run=remove, scope="reactions:write", tier=2),
    Method(name="reactions.get", run=get, scope="reactions:read"),
)
