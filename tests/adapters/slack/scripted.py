"""A Slack that answers as it is told: for failures that a well-behaved server never shows."""

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from bots.playground.slack.blocks import MAX_HOME_BLOCKS, check_blocks

TEAM, BOT_USER, BOT = "T061EG9R6", "U0LAN0Z89", "B0LAN0Z90"
HANG_UP = "hang up"
"""An answer that never comes: the call was taken, and the connection closed."""


@dataclass(frozen=True, kw_only=True)
class Bare:
    """An answer that is not Slack's usual JSON."""

    status: int = 200
    text: str = ""
    content_type: str = "text/plain"
    headers: dict[str, str] = field(default_factory=dict)


ScriptedAnswer = dict[str, Any] | Bare | str


class ScriptedSlack:
    """Keeps every call; answers `{"ok": true}` unless told otherwise."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.tokens: dict[str, list[str]] = defaultdict(list)
        """The token of every call, by method."""
        self._called = asyncio.Condition()
        self.socket: web.WebSocketResponse | None = None
        """The newest Socket Mode connection."""
        self.connections = 0
        self.acknowledged: list[dict[str, Any]] = []
        """What came back through sockets."""
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

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until the calls made so far fulfil a condition."""
        async with self._called:
            await self._called.wait_for(condition)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        arguments: dict[str, Any] = dict(request.query)
        if request.content_type == "application/json" and request.can_read_body:
            arguments |= await request.json()
        else:
            arguments |= dict(await request.post())
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        async with self._called:
            self.tokens[method].append(token)
            self.calls.append((method, arguments))
            self._called.notify_all()
        check_blocks(_blocks(arguments), limit=MAX_HOME_BLOCKS)
        planned = self._script[method].popleft() if self._script[method] else self._always.get(method, {})
        if planned == HANG_UP:
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if isinstance(planned, Bare):
            return web.Response(
                status=planned.status,
                text=planned.text,
                content_type=planned.content_type,
                headers=planned.headers,
            )
        assert isinstance(planned, dict)
        return web.json_response({"ok": True} | planned)

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Yield the base URL of the Web API."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self.handle)
        app.router.add_get("/link", self._link)
        async with TestServer(app) as server:
            socket = f"ws://{server.host}:{server.port}/link"
            self._always["apps.connections.open"] = {"url": socket}
            yield str(server.make_url("/api/"))

    async def deliver(self, kind: str, payload: dict[str, Any], envelope: str = "e1") -> None:
        """Send an event, a button or a slash command through the connected socket."""
        await self.until(lambda: self.socket is not None)
        assert self.socket is not None
        await self.socket.send_json({"type": kind, "envelope_id": envelope, "payload": payload})

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await self._note(socket)
        await socket.send_json({"type": "hello", "num_connections": 1})
        async for frame in socket:
            async with self._called:
                self.acknowledged.append(frame.json())
                self._called.notify_all()
        return socket

    async def _note(self, socket: web.WebSocketResponse) -> None:
        async with self._called:
            self.socket = socket
            self.connections += 1
            self._called.notify_all()


def _blocks(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """The blocks of a post or of a home tab; slack_sdk's models must accept them."""
    view = arguments.get("view") or {}
    return [*(arguments.get("blocks") or []), *(view.get("blocks") or [])]


def too_many_requests(seconds: int) -> Bare:
    """HTTP 429."""
    body = json.dumps({"ok": False, "error": "ratelimited"})
    return Bare(status=429, text=body, content_type="application/json", headers={"Retry-After": str(seconds)})
