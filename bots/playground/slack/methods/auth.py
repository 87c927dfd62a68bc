"""api.test, auth.*, apps.connections.open and apps.uninstall."""

from bots.playground.slack.errors import SlackError
from bots.playground.slack.events import Event
from bots.playground.slack.ids import secret
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.platform import Platform
from bots.playground.slack.state import SOCKET_SCOPE, Installation, Payload


def api_test(call: Call) -> Payload:
    """api.test."""
    error = call.arguments.text("error")
    if error:
        raise SlackError(error)
    return {"args": {name: value for name, value in call.arguments.values.items() if name != "token"}}


def auth_test(call: Call) -> Payload:
    """auth.test; an app-level token gets the app's name only."""
    if call.caller is None:
        return {"app_name": call.world.app.name, "app_id": call.world.app.id}
    team = call.world.teams[call.caller.team_id]
    answer: Payload = {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": call.bot.name,
        "team_id": team.id,
        "user_id": call.bot.id,
        "bot_id": call.caller.bot_id,
        "is_enterprise_install": call.caller.is_enterprise,
    }
    return answer | ({"enterprise_id": team.enterprise_id} if team.enterprise_id else {})


def auth_revoke(call: Call) -> Payload:
    """auth.revoke."""
    if call.arguments.flag("test"):
        return {"revoked": False}
    revoke(call.platform, call.installation)
    return {"revoked": True}


def revoke(platform: Platform, installation: Installation) -> None:
    """Take a bot token back and tell the app (docs.slack.dev/reference/events/tokens_revoked)."""
    installation.is_revoked = True
    tokens = {"oauth": [], "bot": [installation.bot_user]}
    body: Payload = {"type": "tokens_revoked", "tokens": tokens, "event_ts": platform.next_ts()}
    platform.emit(Event(body=body, team_id=installation.team_id))


def uninstall(call: Call) -> Payload:
    """apps.uninstall."""
    app = call.world.app
    if call.arguments.text("client_id") != app.client_id:
        raise SlackError("invalid_client_id")
    if call.arguments.text("client_secret") != app.client_secret:
        raise SlackError("bad_client_secret")
    remove_app(call.platform, call.installation)
    return {}


def remove_app(platform: Platform, installation: Installation) -> None:
    """Remove the app from a workspace: its token dies and `app_uninstalled` follows `tokens_revoked`."""
    revoke(platform, installation)
    body: Payload = {"type": "app_uninstalled", "event_ts": platform.next_ts()}
    platform.emit(Event(body=body, team_id=installation.team_id))


def open_connection(call: Call) -> Payload:
    """apps.connections.open."""
    granted = call.world.app.app_scopes
    if SOCKET_SCOPE not in granted:
        raise SlackError("missing_scope", needed=SOCKET_SCOPE, provided=",".join(granted))
    if call.world.app.request_url is not None:
        raise SlackError("socket_mode_not_enabled")
    ticket = secret("")
    call.world.tickets.add(ticket)
    origin = call.world.url.replace("http", "ws", 1)
    return {"url": f"{origin}/link/?ticket={ticket}&app_id={call.world.app.id}"}


METHODS = (
    Method(name="api.test", run=api_test, token="none", tier=4),  # noqa: S106  # a kind of token, not one
    Method(name="auth.test", run=auth_test, token="any", tier=None),  # noqa: S106  # the same
    Method(name="auth.revoke", run=auth_revoke),
    Method(name="apps.uninstall", run=uninstall, tier=1),
    Method(name="apps.connections.open", run=open_connection, token="app", tier=None),  # noqa: S106  # the same
)
