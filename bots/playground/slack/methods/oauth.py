"""oauth.v2.access (docs.slack.dev/reference/methods/oauth.v2.access)."""

import base64
import binascii

from bots.playground.slack.errors import SlackError
from bots.playground.slack.methods.call import Call, Method
from bots.playground.slack.seed import install
from bots.playground.slack.state import Code, Payload


def access(call: Call) -> Payload:
    """Exchange a code for a bot token of the workspace in which the app was allowed."""
    _check_client(call)
    code = _redeem(call)
    team = call.world.teams[code.team_id]
    installation = install(call.world, team.id, code.installer, scopes=code.scopes)
    call.platform.changes.publish("installed", {"team": team.id})
    return {
        "app_id": call.world.app.id,
        "authed_user": {"id": code.installer},
        "scope": ",".join(installation.scopes),
        "token_type": "bot",
        "access_token": installation.token,
        "bot_user_id": installation.bot_user,
        "team": {"id": team.id, "name": team.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }


def _check_client(call: Call) -> None:
    client_id, client_secret = _credentials(call)
    if client_id != call.world.app.client_id:
        raise SlackError("invalid_client_id")
    if client_secret != call.world.app.client_secret:
        raise SlackError("bad_client_secret")


def _credentials(call: Call) -> tuple[str | None, str | None]:
    scheme, _, encoded = call.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return call.arguments.text("client_id"), call.arguments.text("client_secret")
    try:
        client_id, _, client_secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    return client_id, client_secret


def _redeem(call: Call) -> Code:
    code = call.world.codes.get(call.arguments.text("code") or "")
    if code is None:
        raise SlackError("invalid_code")
    if code.is_used:
        raise SlackError("code_already_used")
    if (call.arguments.text("redirect_uri") or code.redirect_uri) != code.redirect_uri:
        raise SlackError("bad_redirect_uri")
    code.is_used = True
    return code


METHODS = (Method(name="oauth.v2.access", run=access, token="none", tier=4),)  # noqa: S106  # a kind of token
