"""Servers that are not what one hopes: of an old Bot API, and something else altogether."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web
from aiohttp.test_utils import TestServer

_ME = {"id": 424242, "is_bot": True, "first_name": "Frontdesk", "username": "frontdesk_bot"}
_POST = {"message_id": 7, "date": 1795500000, "chat": {"id": 1001, "type": "private"}, "text": "…"}
_RESULTS: dict[str, object] = {
    "getme": _ME,
    "setmycommands": True,
    "deletewebhook": True,
    "sendmessage": _POST,
    "editmessagetext": _POST,
}


async def _call(request: web.Request) -> web.Response:
    method = request.match_info["method"].lower()
    if method == "getupdates":
        await asyncio.Event().wait()
    if method not in _RESULTS:
        body = {"ok": False, "error_code": 404, "description": "Not Found"}
        return web.json_response(body, status=404)
    return web.json_response({"ok": True, "result": _RESULTS[method]})


@asynccontextmanager
async def old_server() -> AsyncIterator[str]:
    """The address of a server that answers 404 to methods it does not know, as Telegram does."""
    async with _serving(_call) as url:
        yield url


@asynccontextmanager
async def portal(answer: str) -> AsyncIterator[str]:
    """The address of a server that gives this answer to everything, with status 200."""

    async def same(request: web.Request) -> web.Response:
        return web.Response(text=answer)

    async with _serving(same) as url:
        yield url


@asynccontextmanager
async def _serving(call: Callable[[web.Request], Awaitable[web.Response]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/bot{token}/{method}", call)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")
