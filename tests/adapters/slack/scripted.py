"""A Slack that answers as it is told: for failures that a well-behaved server never shows."""

import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

TEAM, BOT_USER, BOT = "T061EG9R6", "U0LAN0Z89", "B0LAN0Z90"
HANG_UP = "hang up"
"""An answer that never comes: the call was taken, and the connection closed."""

ScriptedAnswer = dict[str, Any] | web.Response | str


class ScriptedSlack:
    """Keeps every call; answers `{"ok": true}` unless told otherwise."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._script: dict[str, deque[ScriptedAnswer]] = defaultdict(deque)
        self._always: dict[str, dict[str, Any]] = {
            "auth.test": {"team_id": TEAM, "user_id": BOT_USER, "bot_id": BOT},
            "chat.postMessage": {"ts": "1767225600.000100"},
            "chat.startStream": {"ts": "1767225600.000200"},
            "conversations.open": {"channel": {"id": "D024BE91L"}},
            "conversations.replies": {"messages": []},
            "conversations.history": {"messages": []},
        }

    def script(self, method: str, *answers: ScriptedAnswer) -> None:
        """Give these answers to the next calls of a method."""
        self._script[method].extend(answers)

    def refuse(self, method: str, *errors: str) -> None:
        """Refuse the next calls of a method."""
        self.script(method, *({"ok": False, "error": error} for error in errors))

    def made(self, method: str) -> list[dict[str, Any]]:
        """The arguments of every call of a method."""
        return [arguments for name, arguments in self.calls if name == method]

    @property
    def methods(self) -> list[str]:
        """The methods called, in order."""
        return [name for name, _ in self.calls]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json" and request.can_read_body:
            arguments |= await request.json()
        else:
            arguments |= dict(await request.post())
        self.calls.append((method, arguments))
        planned = self._script[method].popleft() if self._script[method] else self._always.get(method, {})
        if planned == HANG_UP:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if isinstance(planned, web.Response):
            return planned
        assert isinstance(planned, dict)
        return web.json_response({"ok": True} | planned)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Yield the base URL of the Web API."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self.handle)
        async with TestServer(app) as server:
            yield str(server.make_url("/api/"))


def too_many_requests(seconds: int) -> web.Response:
    """HTTP 429."""
    body = json.dumps({"ok": False, "error": "ratelimited"})
    return web.Response(
        status=429, text=body, content_type="application/json", headers={"Retry-After": str(seconds)}
    )
