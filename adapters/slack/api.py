"""Slack's Web API, called with pacing, without blind repeats, and with the core's errors."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.loopback import is_loopback
from adapters.slack import limits
from adapters.slack.errors import mapped
from adapters.slack.payload import Payload
from core.delivery.pacing import Pacer, Rate
from core.errors import RateLimited, Unreachable

TIMEOUT = aiohttp.ClientTimeout(total=30, sock_connect=5, sock_read=20)
"""Seconds. slack_sdk does not apply a timeout of its own to a session it is given."""

SDK_LOGGER = logging.getLogger("adapters.slack.sdk")
"""For slack_sdk and slack_bolt, which write whole bodies, OAuth codes and needless advice below ERROR."""
SDK_LOGGER.setLevel(logging.ERROR)


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The app as it is installed in one workspace."""

    team: str
    user: str
    """Our user id there."""
    bot: str
    """Our bot id there."""
    token: str = field(repr=False)


class Api:
    """One connection pool to Slack for all workspaces."""

    def __init__(self, *, base_url: str, pacer: Pacer) -> None:
        self.base_url = base_url
        self._pacer = pacer
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make ready for calls."""
        self._session = aiohttp.ClientSession(timeout=TIMEOUT)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The connections, once opened.

        Raises:
            Unreachable: they are closed.
        """
        if self._session is None:
            raise Unreachable("Slack is not connected.")
        return self._session

    @property
    def is_local(self) -> bool:
        """True where Slack is a server on this machine."""
        return is_loopback(self.base_url)

    def client(self, token: str = "") -> AsyncWebClient:
        """A client of slack_sdk that repeats nothing: its default would post twice after a lost answer."""
        client = AsyncWebClient(
            token or None, base_url=self.base_url, session=self._session, logger=SDK_LOGGER, retry_handlers=[]
        )
        if self.is_local:
            client.proxy = None  # slack_sdk takes HTTPS_PROXY and ignores NO_PROXY
        return client

    @asynccontextmanager
    async def calling(
        self,
        method: str,
        workspace: Workspace,
        *,
        channel: str = "",
        repeatable: bool = True,
        also: Mapping[str, Rate] | None = None,
    ) -> AsyncIterator[AsyncWebClient]:
        """Wait until `method` may be called, and give the client to call it with.

        Args:
            repeatable: see `errors.mapped`.
            also: further rates that the call counts under.

        Raises:
            PlatformError: what `errors.mapped` makes of a failure.
        """
        rates = {**(also or {}), **limits.rates(method, workspace.team, channel)}
        await self._pacer.wait(rates)
        try:
            with mapped(repeatable=repeatable):
                yield self.client(workspace.token)
        except RateLimited as error:
            for key in limits.rates(method, workspace.team, channel):
                self._pacer.hold(key, error.retry_after)
            raise


def answer(response: AsyncSlackResponse) -> Payload:
    """The body of an answer, to be read with types."""
    data: Any = response.data
    return Payload(data if isinstance(data, dict) else {})
