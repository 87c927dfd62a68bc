"""Socket Mode (docs.slack.dev/apis/events-api/using-socket-mode): the app's WebSockets, served in turn."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from bots.playground.changes import Changes
from bots.playground.clock import PlayClock
from bots.playground.slack.delivery import ACK_WITHIN, Answer, Delivery, within
from bots.playground.slack.state import Payload

MAX_SOCKETS = 10
LIFETIME = 3_600.0
"""Seconds after which Slack asks an app to connect anew."""
WARNING = 10.0
"""Seconds between the warning and the end of a connection."""


@dataclass(eq=False)
class Socket:
    """One connection, and the envelopes on it that have not been acknowledged."""

    channel: web.WebSocketResponse
    transport: asyncio.Transport | None
    waiting: dict[str, "asyncio.Future[Payload]"] = field(default_factory=dict)

    async def disconnect(self, reason: str) -> None:
        """Ask the app to connect anew."""
        if not self.channel.closed:
            await self.channel.send_json(
                {"type": "disconnect", "reason": reason, "debug_info": {"host": "playground"}}
            )

    def hear(self, text: str) -> None:
        """Take an acknowledgement; what is none is passed over, as Slack does."""
        try:
            frame = json.loads(text)
        except ValueError:
            return
        if not isinstance(frame, dict):
            return
        waiting = self.waiting.pop(str(frame.get("envelope_id")), None)
        if waiting is not None and not waiting.done():
            body = frame.get("payload")
            waiting.set_result(body if isinstance(body, dict) else {})

    def lost(self) -> None:
        """Nothing on this connection will be acknowledged any more."""
        for waiting in self.waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionResetError())


class Sockets:
    """All connections of the app."""

    def __init__(self, clock: PlayClock, changes: Changes) -> None:
        self._clock = clock
        self._changes = changes
        self._open: list[Socket] = []
        self._turn = 0

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, request: web.Request, app_id: str) -> web.WebSocketResponse:
        """Keep one connection until it ends, the ticket having been checked."""
        channel = web.WebSocketResponse()
        await channel.prepare(request)
        socket = Socket(channel, request.transport)
        if len(self._open) >= MAX_SOCKETS:
            await socket.disconnect("too_many_websockets")
            await channel.close()
            return channel
        async with self._kept(socket):
            await channel.send_json(self._hello(app_id))
            async for frame in channel:
                if frame.type == WSMsgType.TEXT:
                    socket.hear(frame.data)
        return channel

    @asynccontextmanager
    async def _kept(self, socket: Socket) -> AsyncIterator[None]:
        self._open.append(socket)
        self._changes.publish("sockets", {})
        refresh = asyncio.create_task(self._refresh(socket))
        try:
            yield
        finally:
            self._forget(socket)
            refresh.cancel()
            await asyncio.wait({refresh})

    def _forget(self, socket: Socket) -> None:
        if socket in self._open:
            self._open.remove(socket)
            self._changes.publish("sockets", {})
        socket.lost()

    def _hello(self, app_id: str) -> Payload:
        return {
            "type": "hello",
            "num_connections": len(self._open),
            "debug_info": {
                "host": "playground",
                "build_number": 1,
                "approximate_connection_time": int(LIFETIME),
            },
            "connection_info": {"app_id": app_id},
        }

    async def _refresh(self, socket: Socket) -> None:
        await self._clock.sleep(LIFETIME - WARNING)
        await socket.disconnect("warning")
        await self._clock.sleep(WARNING)
        await socket.disconnect("refresh_requested")
        self._forget(socket)
        await socket.channel.close()

    async def send(self, delivery: Delivery) -> Answer:
        """Send an envelope on the next connection and wait for its acknowledgement."""
        if not self._open:
            return Answer(failure="connection_failed")
        self._turn += 1
        socket = self._open[self._turn % len(self._open)]
        envelope = _envelope(delivery)
        waiting: asyncio.Future[Payload] = asyncio.get_running_loop().create_future()
        socket.waiting[str(envelope["envelope_id"])] = waiting
        try:
            await socket.channel.send_json(envelope)
            return Answer(body=await within(self._clock, ACK_WITHIN, waiting))
        except TimeoutError:
            return Answer(failure="timeout")
        except ConnectionError:
            return Answer(failure="connection_failed")
        finally:
            socket.waiting.pop(str(envelope["envelope_id"]), None)

    def cut(self) -> None:
        """Break every connection without a word, as a failing network does."""
        for socket in list(self._open):
            self._forget(socket)
            if socket.transport is not None:
                socket.transport.abort()

    async def close(self, reason: str = "link_disabled") -> None:
        """End every connection in good order."""
        for socket in list(self._open):
            self._forget(socket)
            await socket.disconnect(reason)
            await socket.channel.close()


def _envelope(delivery: Delivery) -> Payload:
    envelope: Payload = {
        "envelope_id": str(uuid.uuid4()),
        "type": delivery.kind,
        "payload": delivery.payload,
        "accepts_response_payload": delivery.kind != "events_api",
    }
    if delivery.kind != "events_api":
        return envelope
    return envelope | {"retry_attempt": delivery.attempt, "retry_reason": delivery.reason}
