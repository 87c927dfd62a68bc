"""Delivery to a webhook: lanes side by side, each in order, repeated until it is taken."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bots.playground.faults import FaultKind
from bots.playground.telegram.errors import TelegramError
from bots.playground.telegram.state import Payload
from bots.playground.telegram.updates import KEPT_SECONDS, Pending, Updates

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
LONGEST_PAUSE = 60.0
"""Seconds between tries at most; the first repetition comes at once, then the pause doubles from 2."""
LONGEST_RETRY_AFTER = 3600.0
ANSWER_SECONDS = 60.0
_NOT_BY_ANSWER = ("deletewebhook", "setwebhook", "close", "logout")

Call = Callable[[str, Mapping[str, Any]], Awaitable[Any]]
"""Calls a method of the Bot API."""


@dataclass
class Webhook:
    """Where updates are pushed to (core.telegram.org/bots/api#setwebhook)."""

    updates: Updates
    url: str = ""
    secret: str = ""
    connections: int = 40
    last_error: str = ""
    last_error_date: int = 0
    _busy: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    def set(self, url: str, secret: str = "", connections: int = 40) -> None:
        """Push to `url` from now on; an empty one ends it."""
        self.url, self.secret, self.connections = url, secret, connections
        self.last_error, self.last_error_date = "", 0
        self.updates.has_webhook = bool(url)
        self.updates.wake()

    async def run(self, call: Call) -> None:
        """Push while a webhook is set, until cancelled; `call` is for methods that come as an answer."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ANSWER_SECONDS)) as session:
            try:
                while True:
                    await self.updates.arrival()
                    if self.url:
                        self._start(session, call)
            finally:
                await self._stop()

    def _start(self, session: aiohttp.ClientSession, call: Call) -> None:
        for pending in list(self.updates.queue):
            lane = pending.lane or f"update {pending.id}"
            if len(self._busy) >= self.connections:
                return
            if lane not in self._busy:
                self._busy[lane] = asyncio.create_task(self._serve(lane, session, call, pending))

    async def _stop(self) -> None:
        for task in list(self._busy.values()):
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _serve(self, lane: str, session: aiohttp.ClientSession, call: Call, pending: Pending) -> None:
        try:
            await self._deliver(session, call, pending)
        finally:
            self._busy.pop(lane, None)
            self.updates.wake()

    async def _deliver(self, session: aiohttp.ClientSession, call: Call, pending: Pending) -> None:
        """Post one update until it is taken, too old, or the webhook is gone."""
        clock, pause = self.updates.clock, 0.0
        while self.url and pending in self.updates.queue:
            status, wait = await self._post(session, call, pending)
            self.updates.note(pending, status)
            if status.startswith("2"):
                self.updates.forget(pending)
                return
            self.last_error = f"Wrong response from the webhook: {status}"
            self.last_error_date = int(clock.now())
            if clock.now() + (wait or pause) > pending.since + KEPT_SECONDS:
                self.updates.forget(pending)
                return
            await clock.sleep(wait or pause)
            pause = min(LONGEST_PAUSE, max(2.0, pause * 2))

    async def _post(self, session: aiohttp.ClientSession, call: Call, pending: Pending) -> tuple[str, float]:
        """The status, or the name of the failure, and how long the other side asks us to wait."""
        faults = self.updates.faults
        if faults.take(FaultKind.SOCKET_LOSS, pending.kind):
            return "connection lost", 0.0
        forged = faults.take(FaultKind.WRONG_SIGNATURE, pending.kind) is not None
        secret = f"not-{self.secret}" if forged else self.secret
        headers = {SECRET_HEADER: secret} if secret else {}
        try:
            async with session.post(
                self.url, json=pending.update, headers=headers, allow_redirects=False
            ) as answer:
                if answer.status < 300:
                    await _obey(call, await _json(answer))
                asked = answer.headers.get("Retry-After", "")
                wait = float(asked) if asked.isdecimal() else 0.0
                return f"{answer.status} {answer.reason}", min(wait, LONGEST_RETRY_AFTER)
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__, 0.0


async def _obey(call: Call, answer: Payload) -> None:
    """Carry out a method given as the answer; its result is not told.

    core.telegram.org/bots/api#making-requests-when-getting-updates
    """
    method = str(answer.pop("method", ""))
    if not method or method.lower().startswith("get") or method.lower() in _NOT_BY_ANSWER:
        return
    with suppress(TelegramError):
        await call(method, answer)


async def _json(answer: aiohttp.ClientResponse) -> Payload:
    if answer.content_type != "application/json":
        return {}
    try:
        body = await answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
