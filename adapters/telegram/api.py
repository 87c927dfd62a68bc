"""The Bot API, called with pacing, without blind repeats, and with the core's errors."""

import logging
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from telegram import Bot
from telegram.request import HTTPXRequest

from adapters.loopback import is_loopback
from adapters.telegram import limits
from adapters.telegram.errors import mapped
from core.delivery.pacing import Pacer, Rate
from core.errors import RateLimited

CONNECT_SECONDS, READ_SECONDS, POOL_SECONDS = 5.0, 20.0, 5.0
CONNECTIONS = 64

os.environ.setdefault("PTB_TIMEDELTA", "true")  # otherwise every 429 comes with a deprecation warning
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # they write addresses, which hold the token
logging.getLogger("telegram").setLevel(logging.CRITICAL)  # it writes whole bodies; we log what it raises


class Api:
    """The connections of one bot."""

    def __init__(self, *, token: str, root: str, pacer: Pacer) -> None:
        """`root`: the server's address, https://api.telegram.org or one's own."""
        self.root = root = root.rstrip("/")
        self.bot_id = token.partition(":")[0]
        self._pacer = pacer
        self._request = _request(root)
        self._bot = Bot(
            token or "missing",  # the library's constructor takes no empty one; `start` says what is wrong
            base_url=f"{root}/bot",
            base_file_url=f"{root}/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._under_way = 0
        self._is_closed = False

    async def close(self) -> None:
        """Close the connections once the calls under way are done; later calls close behind themselves."""
        self._is_closed = True
        await self._close_idle()

    @asynccontextmanager
    async def calling(
        self,
        *,
        rates: Mapping[str, Rate] | None = None,
        repeatable: bool = True,
    ) -> AsyncIterator[Bot]:
        """Wait until the rates allow a call, and give the bot to make it with.

        Args:
            rates: what the call counts under; a demand to slow down holds those of its chat.
            repeatable: see `errors.mapped`.

        Raises:
            PlatformError: what `errors.mapped` makes of a failure.
        """
        await self._pacer.wait(rates or {})
        try:
            with mapped(repeatable=repeatable):
                async with self._connected():
                    yield self._bot
        except RateLimited as error:
            for key in rates or {}:
                if key != limits.overall_key(self.bot_id):
                    self._pacer.hold(key, error.retry_after)
            raise

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[None]:
        await self._request.initialize()
        self._under_way += 1
        try:
            yield
        finally:
            self._under_way -= 1
            await self._close_idle()

    async def _close_idle(self) -> None:
        if self._is_closed and not self._under_way:
            await self._request.shutdown()


def _request(root: str) -> HTTPXRequest:
    return HTTPXRequest(
        connection_pool_size=CONNECTIONS,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        write_timeout=READ_SECONDS,
        pool_timeout=POOL_SECONDS,
        httpx_kwargs={"trust_env": not is_loopback(root)},
    )
