"""The emulator as an aiohttp application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

from bots.playground.clock import PlayClock
from bots.playground.faults import FaultKind, Faults
from bots.playground.journal import Journal
from bots.playground.ratelimit import RateLimiter
from bots.playground.telegram.control import Control, Watchers
from bots.playground.telegram.errors import TelegramError, too_many_requests
from bots.playground.telegram.methods import Methods
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import seed
from bots.playground.telegram.updates import Updates
from bots.playground.telegram.wire import Arguments, read_arguments

TOKEN = "424242:AAFrontdeskPlaygroundTokenForTests01"  # noqa: S105 - of an emulated bot
UPLOAD_LIMIT = 50 * 1024 * 1024


class Api:
    """Serves `/bot<token>/<method>` and the files."""

    def __init__(self, methods: Methods, journal: Journal) -> None:
        self._methods = methods
        self._journal = journal

    def routes(self) -> list[web.RouteDef]:
        return [
            web.route("*", "/bot{token}/{method}", self._call),
            web.get("/file/bot{token}/{path:.+}", self._file),
        ]

    async def _call(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["method"]
        arguments = Arguments({})
        try:
            self._check_token(request)
            arguments = await read_arguments(request)
            await self._misfortune(name)
            result = await self._methods.call(name, arguments)
        except TelegramError as error:
            self._note(name, arguments, str(error))
            return web.json_response(error.body(), status=error.status)
        if self._methods.faults.take(FaultKind.DROP_AFTER_COMMIT, name):
            self._note(name, arguments, "dropped after commit")
            return _hang_up(request)
        self._note(name, arguments, "ok")
        return web.json_response({"ok": True, "result": result})

    async def _misfortune(self, name: str) -> None:
        faults = self._methods.faults
        if delay := faults.take(FaultKind.DELAY, name):
            await self._methods.platform.clock.sleep(delay.seconds)
        if fault := faults.take(FaultKind.SERVER_ERROR, name):
            raise TelegramError(fault.status, "Internal Server Error")
        if fault := faults.take(FaultKind.TOO_MANY_REQUESTS, name):
            raise too_many_requests(fault.retry_after)

    async def _file(self, request: web.Request) -> web.Response:
        try:
            self._check_token(request)
        except TelegramError as error:
            return web.json_response(error.body(), status=error.status)
        path = request.match_info["path"]
        for file in self._methods.world.files.values():
            if file.path == path:
                return web.Response(body=file.data, content_type="application/octet-stream")
        return web.json_response(TelegramError(404, "Not Found").body(), status=404)

    def _check_token(self, request: web.Request) -> None:
        if request.match_info["token"] != self._methods.world.token:
            raise TelegramError(401, "Unauthorized")

    def _note(self, name: str, arguments: Arguments, outcome: str) -> None:
        place = str(arguments.values.get("chat_id", ""))
        if name.lower() != "getupdates" or outcome != "ok":
            self._journal.note("request", name, place=place, body=dict(arguments.values), outcome=outcome)


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection without an answer, as a broken network would."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


def build_app(token: str = TOKEN) -> web.Application:
    """The emulator with a bot of this token and the people of the seed."""
    clock, faults, watchers = PlayClock(), Faults(), Watchers()
    journal = Journal(now=clock.now)
    updates = Updates(clock, faults, journal)
    platform = Platform(world=seed(token), clock=clock, updates=updates, changed=watchers.notify)
    methods = Methods(platform, faults, RateLimiter(now=clock.now))

    async def deliveries(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(updates.deliver_forever(watchers.notify), name="webhook")
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = web.Application(client_max_size=UPLOAD_LIMIT)
    app.add_routes([*Control(methods, watchers).routes(), *Api(methods, journal).routes()])
    app.cleanup_ctx.append(deliveries)
    return app
