"""Slack, put together: its door, its receiver and its channel."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import aiohttp
from aiohttp import web
from pydantic import SecretStr
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.acknowledgement import acknowledge
from adapters.body import read_body
from adapters.errands import Errands
from adapters.patience import persist
from adapters.slack import gate, oauth
from adapters.slack.api import Api
from adapters.slack.desk import SlackDesk
from adapters.slack.editor import DraftEditor
from adapters.slack.egress import SlackChannel
from adapters.slack.files import SlackFiles
from adapters.slack.home import Home
from adapters.slack.passage import PassageWindow
from adapters.slack.receiver import Receiver
from adapters.slack.socketmode import Socket
from adapters.slack.uploads import Uploads
from adapters.slack.workspaces import Workspaces
from core.delivery.pacing import Pacer
from core.desk.ports import Desk, Suggestions
from core.errors import ConfigurationError, FrontdeskError, PlatformError, StoreError, UnreadableEvent
from core.health import Health
from core.knowledge.access import ReadingRoom
from core.message import Platform
from core.policy import Policies
from core.ports import Cabinet, Channel, Clock, Files, Intake, Leases
from core.settings import Settings

log = logging.getLogger(__name__)


class SlackAdapter:
    """The assistant in one Slack workspace, or in every workspace that installs the app."""

    platform = Platform.SLACK

    def __init__(
        self,
        *,
        settings: Settings,
        policies: Policies,
        intake: Intake,
        cabinet: Cabinet,
        leases: Leases,
        pacer: Pacer,
        clock: Clock,
        reading_room: ReadingRoom,
        files: Files,
        suggestions: Suggestions | None = None,
    ) -> None:
        """Put together.

        Args:
            leases: say which of several processes connect to Slack.
            files: those of every platform, to be shown here.
            suggestions: answers that agents may send, where there is a help desk.
        """
        self._settings = settings
        self._intake = intake
        self._cabinet = cabinet
        self._leases = leases
        self._clock = clock
        self._api = Api(base_url=settings.slack_api_url, pacer=pacer)
        self._workspaces = Workspaces(api=self._api, cabinet=cabinet)
        self._errands = Errands()
        self._home = Home(api=self._api, workspaces=self._workspaces, policies=policies)
        self._window = PassageWindow(api=self._api, workspaces=self._workspaces, reading_room=reading_room)
        self._editor: DraftEditor | None = None
        if suggestions is not None and policies.desk is not None:
            self._editor = DraftEditor(
                api=self._api,
                workspaces=self._workspaces,
                suggestions=suggestions,
                language=policies.desk.language,
            )
        self._receiver: Receiver | None = None
        self._flow: AsyncOAuthFlow | None = None
        self._socket: Socket | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._problem = "Slack is not connected yet."
        self.files: Files = SlackFiles(api=self._api, workspaces=self._workspaces)
        self.channel: Channel = SlackChannel(
            api=self._api,
            workspaces=self._workspaces,
            errands=self._errands,
            clock=clock,
            uploads=Uploads(api=self._api, workspaces=self._workspaces, files=files),
        )
        self.desk: Desk | None = None
        if policies.desk is not None and policies.desk.platform == self.platform:
            self.desk = SlackDesk(
                api=self._api, workspaces=self._workspaces, channel=policies.desk.channel, clock=clock
            )

    def routes(self) -> list[web.RouteDef]:
        """What Slack calls over HTTP, as far as it is configured."""
        routes = []
        if self._settings.slack_signing_secret is not None:
            routes.append(web.post("/slack/events", self._events))
        if self._settings.slack_client_id is not None:
            routes.append(web.get("/slack/install", self._install))
            routes.append(web.get("/slack/oauth_redirect", self._installed))
        return routes

    async def start(self) -> None:
        """Learn who we are, and begin to receive; while Slack cannot be reached, keep trying.

        Raises:
            ConfigurationError: a token is missing, of the wrong kind, or not accepted.
        """
        settings = self._settings
        _check_kind("SLACK_BOT_TOKEN", settings.slack_bot_token, "xoxb-", "OAuth & Permissions")
        _check_kind("SLACK_APP_TOKEN", settings.slack_app_token, "xapp-", "Basic Information")
        if _secret(settings.slack_signing_secret) == "" and settings.slack_signing_secret is not None:
            raise ConfigurationError("SLACK_SIGNING_SECRET is empty: anyone could pretend to be Slack")
        await self._api.open()
        try:
            await self._open()
        except PlatformError as error:
            self._complain(error)
            self._connecting = asyncio.create_task(
                persist(self._open, self._clock, self._complain), name="connect to slack"
            )
        except FrontdeskError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Take nothing in any more, and close the connections; answers under way can still be posted."""
        if self._connecting is not None:
            self._connecting.cancel()
            with suppress(asyncio.CancelledError):
                await self._connecting
        if self._socket is not None:
            await self._socket.close()
            self._socket = None
        self._receiver = None
        self._problem = "Slack is disconnected."
        await self._errands.close()
        await self._api.close()

    def health(self) -> Health:
        """Whether events reach us."""
        if self._receiver is None:
            return Health(part="slack", ok=False, detail=self._problem)
        if self._socket is not None and self._socket.stands_by:
            return Health(part="slack", ok=True, detail="Other processes receive the events; standing by.")
        if self._socket is not None and not self._socket.is_connected:
            return Health(part="slack", ok=False, detail="The connection to Slack is down; trying again.")
        way = "HTTP" if self._socket is None else "Socket Mode"
        return Health(part="slack", ok=True, detail=f"Receiving through {way}.")

    def _complain(self, error: Exception) -> None:
        self._problem = f"{error} Trying again."
        log.warning("Slack is not connected: %s", error)

    async def _open(self) -> None:
        settings = self._settings
        if settings.slack_bot_token is not None:
            await self._workspaces.open(
                _secret(settings.slack_bot_token), alone=settings.slack_client_id is None
            )
        self._flow = self._make_flow()
        receiver = Receiver(
            api=self._api,
            workspaces=self._workspaces,
            intake=self._intake,
            home=self._home,
            window=self._window,
            editor=self._editor,
            errands=self._errands,
            clock=self._clock,
            flow=self._flow,
        )
        if settings.slack_app_token is not None:
            self._socket = Socket(  # known before it is open: who breaks the start off closes it
                api=self._api,
                token=_secret(settings.slack_app_token),
                leases=self._leases,
                clock=self._clock,
            )
            await self._socket.open(receiver.app)
        self._receiver = receiver

    def _make_flow(self) -> AsyncOAuthFlow | None:
        client_id = self._settings.slack_client_id
        if client_id is None:
            return None
        return oauth.flow(
            client_id=client_id,
            client_secret=_secret(self._settings.slack_client_secret),
            api=self._api,
            workspaces=self._workspaces,
            cabinet=self._cabinet,
            clock=self._clock,
        )

    async def _events(self, request: web.Request) -> web.Response:
        """Events, buttons and slash commands."""
        if self._receiver is None:
            raise web.HTTPServiceUnavailable
        if "X-Slack-Signature" not in request.headers:
            raise web.HTTPUnauthorized
        body = await read_body(request)
        secret = _secret(self._settings.slack_signing_secret)
        if not gate.is_signed(request.headers, body, secret=secret, now=self._clock.now()):
            raise web.HTTPUnauthorized
        try:
            payload = gate.parse(body)
        except UnreadableEvent:
            log.warning("Slack signed a body of %d bytes that is no event", len(body))
            raise web.HTTPBadRequest from None
        return await acknowledge(request, await to_aiohttp_response(await self._receiver.dispatch(payload)))

    async def _install(self, request: web.Request) -> web.Response:
        """The page that sends a person to Slack."""
        if self._flow is None:
            raise web.HTTPServiceUnavailable
        return await _answer(self._flow.handle_installation, request)

    async def _installed(self, request: web.Request) -> web.Response:
        """Where Slack sends them back to."""
        if self._flow is None:
            raise web.HTTPServiceUnavailable
        return await _answer(self._flow.handle_callback, request)


async def _answer(
    step: Callable[[AsyncBoltRequest], Awaitable[BoltResponse]], request: web.Request
) -> web.Response:
    try:
        return await to_aiohttp_response(await step(await to_bolt_request(request)))
    except (aiohttp.ClientError, TimeoutError, StoreError) as error:
        log.warning("the app could not be installed: %s", error)
        raise web.HTTPServiceUnavailable(text="That did not work. Please try again in a minute.") from None


def _check_kind(setting: str, token: SecretStr | None, prefix: str, page: str) -> None:
    if token is not None and not _secret(token).startswith(prefix):
        raise ConfigurationError(
            f"{setting} must begin with {prefix}: copy it from your Slack app, {page}. "
            f"This one is of another kind."
        )


def _secret(value: SecretStr | None) -> str:
    return "" if value is None else value.get_secret_value()
