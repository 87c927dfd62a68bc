"""views.*: home tabs and modals (docs.slack.dev/reference/methods/views.open)."""

from bots.playground.slack.blocks import MAX_HOME_BLOCKS, check_blocks
from bots.playground.slack.errors import SlackError
from bots.playground.slack.ids import new_id, secret
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.methods.chat import with_ids
from bots.playground.slack.platform import Platform
from bots.playground.slack.state import Payload, View
from bots.playground.slack.wire import as_object

TRIGGER_LIFETIME = 3.0
"""Seconds a trigger id may be used (docs.slack.dev/interactivity/handling-user-interaction)."""
MAX_DEPTH = 3
MAX_TITLE = 24
MAX_PRIVATE_METADATA = 3_000


def publish(call: Call) -> Payload:
    """views.publish."""
    user = call.user("user_id")
    body = _read_view(call, {"home"})
    before = call.world.homes.get(user.id)
    expected = call.arguments.text("hash")
    if expected and before and expected != before.hash:
        raise SlackError("hash_conflict")
    view = _view(call.platform, body, user.id, call.installation.team_id)
    call.world.homes[user.id] = view
    call.platform.changes.publish("home", {"user": user.id, "view": form_of(call.platform, view)})
    return {"view": form_of(call.platform, view)}


def open_modal(call: Call) -> Payload:
    """views.open."""
    user = _redeem(call)
    body = _read_view(call, {"modal"})
    if call.world.modals.get(user):
        raise SlackError("view_not_found")
    return _stack(call, user, _view(call.platform, body, user, call.installation.team_id))


def push(call: Call) -> Payload:
    """views.push."""
    user = _redeem(call)
    body = _read_view(call, {"modal"})
    stack = call.world.modals.get(user, [])
    if len(stack) >= MAX_DEPTH:
        raise SlackError("push_limit_reached")
    view = _view(call.platform, body, user, call.installation.team_id)
    if stack:
        view.previous_id, view.root_id = stack[-1], call.world.views[stack[0]].id
    return _stack(call, user, view)


def update(call: Call) -> Payload:
    """views.update."""
    view = call.world.views.get(call.arguments.required("view_id", "not_found"))
    if view is None:
        raise SlackError("not_found")
    body = _read_view(call, {"modal", "home"})
    expected = call.arguments.text("hash")
    if expected and expected != view.hash:
        raise SlackError("hash_conflict")
    view.body, view.hash = body, secret("")
    call.platform.changes.publish("modal", {"user": view.user, "view": form_of(call.platform, view)})
    return {"view": form_of(call.platform, view)}


def _redeem(call: Call) -> str:
    trigger = call.world.triggers.pop(call.arguments.required("trigger_id"), None)
    if trigger is None:
        raise SlackError("invalid_trigger_id")
    user, handed_out = trigger
    if call.platform.now() - handed_out > TRIGGER_LIFETIME:
        raise SlackError("expired_trigger_id")
    return user


def _read_view(call: Call, kinds: set[str]) -> Payload:
    body = call.arguments.mapping("view")
    if body is None or body.get("type") not in kinds:
        raise SlackError("invalid_arguments")
    check_view(body)
    return body


def check_view(body: Payload) -> None:
    """Refuse a malformed view (docs.slack.dev/reference/views).

    Raises:
        SlackError: `invalid_arguments`, `invalid_blocks` or `view_too_large`.
    """
    blocks = body.get("blocks")
    if not isinstance(blocks, list):
        raise SlackError("invalid_arguments")
    check_blocks([as_object(each) for each in blocks], limit=MAX_HOME_BLOCKS)
    title = body.get("title")
    if body["type"] == "modal" and (not isinstance(title, dict) or len(str(title.get("text"))) > MAX_TITLE):
        raise SlackError("invalid_arguments")
    if len(str(body.get("private_metadata", ""))) > MAX_PRIVATE_METADATA:
        raise SlackError("view_too_large")


def _view(platform: Platform, body: Payload, user: str, team: str) -> View:
    view_id = new_id("V")
    blocks = body["blocks"]
    if isinstance(blocks, list):
        body = body | {"blocks": with_ids([as_object(each) for each in blocks])}
    view = View(id=view_id, user=user, team_id=team, body=body, hash=secret(""), root_id=view_id)
    platform.world.views[view_id] = view
    return view


def _stack(call: Call, user: str, view: View) -> Payload:
    call.world.modals.setdefault(user, []).append(view.id)
    call.platform.changes.publish("modal", {"user": user, "view": form_of(call.platform, view)})
    return {"view": form_of(call.platform, view)}


def form_of(platform: Platform, view: View) -> Payload:
    """A view as it stands in interaction payloads."""
    bot = platform.world.installations[view.team_id]
    defaults: Payload = {
        "callback_id": "",
        "private_metadata": "",
        "external_id": "",
        "state": {"values": {}},
    }
    return (
        defaults
        | view.body
        | {
            "id": view.id,
            "team_id": view.team_id,
            "hash": view.hash,
            "root_view_id": view.root_id,
            "previous_view_id": view.previous_id,
            "app_id": platform.world.app.id,
            "app_installed_team_id": view.team_id,
            "bot_id": bot.bot_id,
        }
    )


METHODS = (
    Method(name="views.publish", run=publish, tier=4),
    Method(name="views.open", run=open_modal, tier=4),
    Method(name="views.push", run=push, tier=4),
    Method(name="views.update", run=update, tier=4),
)
