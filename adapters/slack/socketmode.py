"""Socket Mode: Slack's events over a connection that we open.

See docs.slack.dev/apis/events-api/using-socket-mode.
"""

import asyncio

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from adapters.slack.api import SDK_LOGGER, Api
from adapters.slack.errors import mapped
from adapters.slack.workspaces import raise_for_token
from core.failpoint import reach

CONNECT_SECONDS = 10.0
"""How long the start waits for the first connection; slack_sdk goes on trying after that."""
PING_SECONDS = 5.0
"""slack_sdk connects anew after four pings without an echo."""


class _Handler(AsyncSocketModeHandler):
    """Answers what comes over the connection."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:  # type: ignore[override]  # slack_bolt narrows it, too
        await super().handle(client, req)
        reach("acked")


class Socket:
    """One connection, renewed by slack_sdk whenever Slack or the network ends it."""

    def __init__(self, *, api: Api, token: str) -> None:
        self._api = api
        self._token = token
        self._handler: AsyncSocketModeHandler | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def open(self, app: AsyncApp) -> None:
        """Connect `app` to Slack.

        Raises:
            ConfigurationError: Slack does not accept the token.
            Unreachable: Slack cannot be reached.
        """
        await self._check_token()
        client = self._api.client()
        self._handler = _Handler(
            app, self._token, logger=SDK_LOGGER, web_client=client, ping_interval=PING_SECONDS
        )
        if self._api.is_local:
            self._handler.client.proxy = None
        self._connecting = asyncio.create_task(self._handler.connect_async())  # type: ignore[no-untyped-call]  # slack_bolt gives it no types
        await asyncio.wait({self._connecting}, timeout=CONNECT_SECONDS)

    async def close(self) -> None:
        """Disconnect; what Slack has sent and we have not acknowledged comes again."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        if self._handler is not None:
            await self._handler.close_async()  # type: ignore[no-untyped-call]  # slack_bolt gives it no types

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
