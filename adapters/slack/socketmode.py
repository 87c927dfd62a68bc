"""Socket Mode: Slack's events over a connection that we open.

See docs.slack.dev/apis/events-api/using-socket-mode.
"""

import asyncio
import logging

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.api import SDK_LOGGER, Api
from adapters.slack.errors import mapped
from adapters.slack.workspaces import raise_for_token
from core.errors import StoreError
from core.failpoint import reach
from core.ports import Clock, Leases

CONNECT_SECONDS = 10.0
"""How long the start waits for the first connection; slack_sdk goes on trying after that."""
PING_SECONDS = 5.0
"""slack_sdk connects anew after four pings without an echo."""
PLACES = ("socket:slack:1", "socket:slack:2")
"""Names of the leases of which a process needs one to connect. Slack sends each event to one of an app's
connections, of which it allows ten: when a process dies, the other receives till a third takes the place."""
STANDBY_SECONDS = 1.0
"""Between two looks for a free place."""

log = logging.getLogger(__name__)


class _Handler(AsyncSocketModeHandler):
    """Answers what comes over the connection."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # slack_bolt narrows it, too
        await super().handle(client, req)
        reach("acked")


class Socket:
    """One connection, renewed by slack_sdk whenever Slack or the network ends it.

    Of several processes that share a store, as many connect as there are places; the others stand by.
    """

    def __init__(self, *, api: Api, token: str, leases: Leases, clock: Clock) -> None:
        self._api = api
        self._token = token
        self._leases = leases
        self._clock = clock
        self._place = ""
        self._handler: AsyncSocketModeHandler | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def open(self, app: AsyncApp) -> None:
        """Connect `app` to Slack, now or once there is a place.

        Raises:
            ConfigurationError: Slack does not accept the token.
            Unreachable: Slack cannot be reached.
        """
        await self._check_token()
        await self._look_for_place()
        self._connecting = asyncio.create_task(self._connect(app), name="connect slack's socket")
        if self._place:
            await asyncio.wait({self._connecting}, timeout=CONNECT_SECONDS)

    async def _connect(self, app: AsyncApp) -> None:
        while not self._place:
            await self._clock.sleep(STANDBY_SECONDS)
            await self._look_for_place()
        client = self._api.client()
        self._handler = _Handler(
            app, self._token, logger=SDK_LOGGER, web_client=client, ping_interval=PING_SECONDS
        )
        if self._api.is_local:
            self._handler.client.proxy = None
        await self._handler.connect_async()  # type: ignore[no-untyped-call]  # slack_bolt gives it no types

    async def _look_for_place(self) -> None:
        """Take one that is free; it is kept, since a connection too many does no harm."""
        try:
            for place in PLACES:
                if await self._leases.take(place):
                    self._place = place
                    return
        except StoreError as error:
            log.warning("no place at Slack was looked for: %s", error)

    async def close(self) -> None:
        """Disconnect; what Slack has sent and we have not acknowledged comes again."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]  # slack_bolt gives it no types
        if self._place:
            await self._give_place_back()

    async def _give_place_back(self) -> None:
        try:
            await self._leases.drop(self._place)
        except StoreError as error:
            log.warning("the place at Slack was not given back: %s", error)

    @property
    def stands_by(self) -> bool:
        """True while other processes receive."""
        return not self._place

    @property
    def is_connected(self) -> bool:
        """True while the connection stands."""
        if self._handler is None:
            return False
        client = self._handler.client
        return client.current_session is not None and not client.current_session.closed and not client.stale

    async def _check_token(self) -> None:
        """slack_sdk would try a wrong token for ever."""
        with mapped(repeatable=True):
            try:
                await self._api.client().apps_connections_open(app_token=self._token)
            except SlackApiError as error:
                raise_for_token("SLACK_APP_TOKEN", "Basic Information, App-Level Tokens", error)
                raise
