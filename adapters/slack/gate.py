"""The door of the HTTP surface: raw bytes are measured and verified before anything parses them.

slack_bolt parses first and verifies afterwards; an unsigned body could make it fail.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl

from adapters.slack.payload import Payload
from core.errors import UnreadableEvent

MAX_DEPTH = 64
MAX_FIELDS = 100
WINDOW = 300.0
"""Seconds that a signature stays valid (docs.slack.dev/authentication/verifying-requests-from-slack)."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_OBJECTS = ("event", "message", "previous_message", "item", "assistant_thread", "view", "container")
_IDS = ("enterprise", "team", "user", "channel")


def is_signed(headers: Mapping[str, str], body: bytes, *, secret: str, now: datetime) -> bool:
    """True where Slack signed exactly these bytes within the last five minutes."""
    timestamp = headers.get("X-Slack-Request-Timestamp", "")
    if not _TIMESTAMP.fullmatch(timestamp) or abs(now.timestamp() - int(timestamp)) > WINDOW:
        return False
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    given = headers.get("X-Slack-Signature", "")
    return hmac.compare_digest(f"v0={digest}".encode(), given.encode("utf-8", "surrogateescape"))


def parse(body: bytes) -> Payload:
    """Read a signed body: JSON, a form with `payload`, or the form of a slash command.

    Raises:
        UnreadableEvent: it is none of these.
    """
    try:
        return _checked(_decode(body.decode()))
    except (ValueError, RecursionError):
        raise UnreadableEvent("Slack sent a body that is no event.") from None


def _decode(text: str) -> object:
    if text.lstrip().startswith("{"):
        return json.loads(text)
    form = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    if "payload" in form:
        return json.loads(form["payload"])
    return form if "command" in form or "ssl_check" in form else None


def _checked(value: object) -> Payload:
    if not isinstance(value, dict) or not value or value.get("event", {}) is None:
        raise UnreadableEvent("Slack sent a body that is no event.")
    if _depth(value) > MAX_DEPTH:
        raise UnreadableEvent("Slack sent a body that is nested too deeply.")
    payload = Payload(value)
    _check_shape(payload)
    return payload


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for item in level for child in _children(item)]
    return depth


def _children(value: object) -> list[object]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in children if isinstance(child, dict | list)]


def _check_shape(payload: Payload) -> None:
    """Everything that slack_bolt looks at without checking is of the type it takes for granted."""
    payload.text("type")
    payload.text("team_id")
    payload.text("thread_ts")
    for name in _IDS:
        payload.id_of(name)
    if "actions" in payload.values and not payload.parts("actions"):
        raise UnreadableEvent("Slack sent the press of no button.")
    for name in ("authorizations", "actions", "response_urls"):
        for part in payload.parts(name):
            _check_shape(part)
    for name in _OBJECTS:
        part = payload.part(name)
        if part.values:
            _check_shape(part)
