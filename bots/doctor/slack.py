"""Slack: tokens of the right kind, taken by Slack, with the scopes of the manifest; and what reaches us."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.slack.api import Api, answer
from adapters.slack.errors import mapped
from adapters.slack.manifest import SCOPES
from bots.doctor.finding import Finding, broken, doubtful, fine
from bots.doctor.tokens import kind_of, reveal
from bots.store import examined
from core.clock import SystemClock
from core.delivery.pacing import Pacer
from core.errors import PlatformError
from core.message import Platform
from core.settings import SLACK_API, Settings

SCOPES_HEADER = "x-oauth-scopes"
"""docs.slack.dev/authentication/installing-with-oauth: what the token of a call may do."""
_SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")
_OAUTH_PAGE = "your Slack app, OAuth & Permissions"
_APP_PAGE = "your Slack app, Basic Information, App-Level Tokens"


async def bot_token(settings: Settings) -> Sequence[Finding]:
    """Whether Slack takes SLACK_BOT_TOKEN, and what it may do."""
    token = reveal(settings.slack_bot_token)
    if not token:
        return []
    if not token.startswith("xoxb-"):
        return [_wrong_kind("SLACK_BOT_TOKEN", token, "xoxb-", _OAUTH_PAGE)]
    async with asking(settings, token) as (client, found):
        try:
            response = await client.auth_test()
        except SlackApiError as error:
            found.append(_refusal("SLACK_BOT_TOKEN", error, f"Copy it anew from {_OAUTH_PAGE}."))
        else:
            found += [_introduction(response), *_scopes(response)]
    return found


async def app_token(settings: Settings) -> Sequence[Finding]:
    """Whether SLACK_APP_TOKEN opens Socket Mode. The connection it is offered is never made."""
    token = reveal(settings.slack_app_token)
    if not token:
        return []
    if not token.startswith("xapp-"):
        return [_wrong_kind("SLACK_APP_TOKEN", token, "xapp-", _APP_PAGE)]
    async with asking(settings, "") as (client, found):
        try:
            await client.apps_connections_open(app_token=token)
        except SlackApiError as error:
            found.append(_socket_refusal(error))
        else:
            found.append(fine("SLACK_APP_TOKEN opens Socket Mode."))
    return found


async def signing_secret(settings: Settings) -> Sequence[Finding]:
    """Whether SLACK_SIGNING_SECRET can be one, and where Slack has to post."""
    secret = reveal(settings.slack_signing_secret)
    if not secret:
        return []
    page = "Copy it from your Slack app, Basic Information, Signing Secret."
    if secret.startswith(("xox", "xapp-")):
        return [broken(f"SLACK_SIGNING_SECRET holds {kind_of(secret)}.", page)]
    if settings.slack_api_url == SLACK_API and not _SIGNING_SECRET.fullmatch(secret):
        return [doubtful("SLACK_SIGNING_SECRET is not of 32 digits from 0 to f, as Slack's are.", page)]
    if settings.slack_app_token is not None:
        return [
            doubtful(
                "Slack has two ways in, Socket Mode and HTTP, and uses the one the app is set to.",
                "Leave SLACK_SIGNING_SECRET empty for Socket Mode, or SLACK_APP_TOKEN for HTTP.",
            )
        ]
    here = f"http://{settings.host}:{settings.port}/slack/events"
    return [fine(f"Slack posts events over HTTP: your proxy has to bring them to {here}.")]


def events(settings: Settings) -> Sequence[Finding]:
    """Whether anything has ever come from Slack: tokens cannot ask which events the app is subscribed to."""
    examination = examined(settings) if settings.slack_configured else None
    if examination is None or examination.damage:
        return []
    if Platform.SLACK in examination.heard:
        return [fine("Events of Slack have arrived here.")]
    return [
        doubtful(
            "No event of Slack has arrived here yet.",
            "If people wrote already, compare your Slack app, App Manifest, with `frontdesk slack manifest`: "
            "its event subscriptions may be missing.",
        )
    ]


@asynccontextmanager
async def asking(settings: Settings, token: str) -> AsyncIterator[tuple[AsyncWebClient, list[Finding]]]:
    """A client to ask with, and the list to write into; where Slack is out of reach it says so."""
    found: list[Finding] = []
    api = Api(base_url=settings.slack_api_url, pacer=Pacer(SystemClock()))
    await api.open()
    try:
        with mapped(repeatable=True):
            yield api.client(token), found
    except PlatformError as error:
        found.append(broken(str(error), "Check the network, and SLACK_API_URL if you set it."))
    finally:
        await api.close()


def _wrong_kind(setting: str, token: str, beginning: str, page: str) -> Finding:
    return broken(
        f"{setting} holds {kind_of(token)}; it must begin with {beginning}.", f"Copy it from {page}."
    )


def code_of(error: SlackApiError) -> str:
    """Slack's own word for what is wrong.

    Raises:
        SlackApiError: the answer was a failure, and no refusal.
    """
    response = error.response
    data = response.data if isinstance(response, AsyncSlackResponse) else None
    if not isinstance(data, dict) or response.status_code != 200:
        raise error
    return str(data.get("error", ""))


def _refusal(setting: str, error: SlackApiError, mend: str) -> Finding:
    return broken(f"Slack refuses {setting}: {code_of(error)}.", mend)


def _socket_refusal(error: SlackApiError) -> Finding:
    code = code_of(error)
    if code == "missing_scope":
        return broken(
            "SLACK_APP_TOKEN lacks the scope connections:write.", f"Make a token that has it: {_APP_PAGE}."
        )
    if code.startswith("socket_mode"):
        return broken(
            "Socket Mode is switched off in the Slack app.",
            "Switch it on: your Slack app, Socket Mode; or use SLACK_SIGNING_SECRET and HTTP.",
        )
    return _refusal("SLACK_APP_TOKEN", error, f"Copy it anew from {_APP_PAGE}.")


def _introduction(response: AsyncSlackResponse) -> Finding:
    who = answer(response)
    return fine(f"Slack knows the bot as {who.text('user')} in {who.text('team')} ({who.text('team_id')}).")


def _scopes(response: AsyncSlackResponse) -> Iterator[Finding]:
    headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
    if SCOPES_HEADER not in headers:
        yield doubtful(
            "Slack did not say which scopes the bot has.", f"Compare them yourself: {_OAUTH_PAGE}."
        )
        return
    granted = {scope.strip() for scope in headers[SCOPES_HEADER].split(",")}
    missing = [scope for scope in SCOPES if scope not in granted]
    if missing:
        yield broken(
            f"The bot lacks the scopes {', '.join(missing)}.",
            "Add them, or paste `frontdesk slack manifest` into your Slack app, App Manifest; "
            "then install the app again.",
        )
    else:
        yield fine("The bot has every scope of the manifest.")
