"""The Bot API over HTTP: `/bot<token>/<method>`, and the files."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bots.playground.faults import FaultKind, Faults
from bots.playground.journal import Journal
from bots.playground.ratelimit import RateLimiter
from bots.playground.telegram.errors import TelegramError, too_many_requests
from bots.playground.telegram.methods import METHODS
from bots.playground.telegram.methods.call import Call
from bots.playground.telegram.not_emulated import NAMES as NOT_EMULATED
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import World
from bots.playground.telegram.webhook import Webhook
from bots.playground.telegram.wire import Arguments, read_arguments

FILE = "file"
"""The name under which downloads stand in the journal."""
_TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")


@dataclass(kw_only=True)
class Api:
    """Serves what bots call."""

    platform: Platform
    webhook: Webhook
    faults: Faults
    journal: Journal
    limiter: RateLimiter

    @property
    def world(self) -> World:
        return self.platform.world

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [
            web.route("*", "/bot{token}/{method}", self._serve),
            web.get("/file/bot{token}/{path:.+}", self._file),
        ]

    async def call(self, name: str, values: Mapping[str, Any]) -> Any:
        """A call that came as the answer to a webhook's update."""
        return await self._run(name, Arguments(values))

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name, arguments = request.match_info["method"], Arguments({})
        try:
            self._check_token(request)
            arguments = await read_arguments(request)
            if self.faults.take(FaultKind.SOCKET_LOSS, name):
                self._note(name, arguments, "connection lost")
                return _hang_up(request)
            await self._misfortune(name)
            result = await self._run(name, arguments)
        except TelegramError as error:
            self._note(name, arguments, str(error))
            return _failed(error)
        if self.faults.take(FaultKind.DROP_AFTER_COMMIT, name):
            self._note(name, arguments, "dropped after commit")
            return _hang_up(request)
        self._note(name, arguments, "ok")
        return web.json_response({"ok": True, "result": result})

    async def _run(self, name: str, arguments: Arguments) -> Any:
        method = METHODS.get(name.lower())
        if method is None and name.lower() in NOT_EMULATED:
            raise TelegramError(501, f"Not Implemented: the emulator does not know {name}")
        if method is None:
            raise TelegramError(404, "Not Found: method not found")
        call = Call(platform=self.platform, webhook=self.webhook, limiter=self.limiter, arguments=arguments)
        result = await method(call)
        if self.faults.take(FaultKind.STREAM_EXPIRY, name):
            self.platform.end_draft((arguments.number("chat_id"), arguments.optional("message_thread_id")))
        return result

    async def _misfortune(self, name: str) -> None:
        """What the faults in force do before anything is done."""
        if delay := self.faults.take(FaultKind.DELAY, name):
            await self.platform.clock.sleep(delay.seconds)
        if fault := self.faults.take(FaultKind.SERVER_ERROR, name):
            raise TelegramError(fault.status, _SERVER_ERRORS.get(fault.status, "Internal Server Error"))
        if fault := self.faults.take(FaultKind.TOO_MANY_REQUESTS, name):
            raise too_many_requests(fault.retry_after)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """core.telegram.org/bots/api#getfile"""
        path, now = Arguments({"path": request.match_info["path"]}), self.platform.clock.now()
        try:
            self._check_token(request)
            for file in self.world.files.values():
                if file.path == path.text("path") and file.link_until > now:
                    self._note(FILE, path, "ok")
                    return web.Response(body=file.data, content_type="application/octet-stream")
            raise TelegramError(404, "Not Found")
        except TelegramError as error:
            self._note(FILE, path, str(error))
            return _failed(error)

    def _check_token(self, request: web.Request) -> None:
        token = request.match_info["token"]
        if not _TOKEN.fullmatch(token):
            raise TelegramError(404, "Not Found")
        if token != self.world.token:
            raise TelegramError(401, "Unauthorized")

    def _note(self, name: str, arguments: Arguments, outcome: str) -> None:
        place = str(arguments.values.get("chat_id", ""))
        self.journal.note("request", name, place=place, body=arguments.summary(), outcome=outcome)
        self.platform.changes.publish("request", {"method": name, "chat": place, "outcome": outcome})


_SERVER_ERRORS = {
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}


def _failed(error: TelegramError) -> web.Response:
    headers = {"Retry-After": str(error.parameters["retry_after"])} if error.status == 429 else {}
    return web.json_response(error.body(), status=error.status, headers=headers)


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer, as a broken network would."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
