"""The control API: what people do, what the page sees, what goes wrong."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from pydantic import ValidationError

from bots.playground.clock import PlayClock
from bots.playground.faults import Faults
from bots.playground.journal import Journal
from bots.playground.ratelimit import RateLimiter
from bots.playground.slack import actions
from bots.playground.slack.actions.base import Stage
from bots.playground.slack.snapshot import snapshot
from bots.playground.slack.state import Payload


@dataclass(frozen=True, kw_only=True)
class Control:
    """Serves `/_control/`."""

    stage: Stage
    clock: PlayClock
    faults: Faults
    journal: Journal
    limiter: RateLimiter
    reset: Callable[[], Awaitable[None]]
    """Back to the world a newcomer finds."""

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [
            web.get("/_control/state", self._state),
            web.get("/_control/stream", self._stream),
            web.get("/_control/files/{id}", self._file),
            web.post("/_control/act", self._act),
            web.get("/_control/faults", self._list_faults),
            web.post("/_control/faults", self._add_fault),
            web.delete("/_control/faults", self._clear_faults),
            web.delete("/_control/faults/{id}", self._remove_fault),
            web.get("/_control/journal", self._read_journal),
            web.delete("/_control/journal", self._clear_journal),
            web.post("/_control/clock", self._advance),
            web.post("/_control/limits", self._scale_limits),
            web.post("/_control/request_url", self._set_request_url),
            web.post("/_control/reset", self._reset),
        ]

    async def _state(self, _: web.Request) -> web.Response:
        backstage: Payload = {
            "faults": self.faults.listing(),
            "limits": self.limiter.scale,
            "sockets": len(self.stage.deliveries.sockets),
        }
        return web.json_response(snapshot(self.stage.platform) | backstage)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """A number as server-sent event whenever something changed; several changes may share one."""
        changes = self.stage.platform.changes
        given = request.headers.get("Last-Event-ID") or request.query.get("after", str(changes.seq))
        after = int(given) if given.isdecimal() else changes.seq
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        with suppress(ConnectionResetError):
            async for change in changes.follow(after if after <= changes.seq else 0):
                if change.seq == changes.seq:
                    await response.write(_event(change.seq))
        return response

    async def _file(self, request: web.Request) -> web.Response:
        """A file as people see it; theirs needs no token."""
        file = self.stage.world.files.get(request.match_info["id"])
        if file is None or file.content is None:
            return _refused("there is no such file")
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def _act(self, request: web.Request) -> web.Response:
        try:
            result = await actions.read(await request.read()).play(self.stage)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            return _refused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        except ValueError as error:
            return _refused(str(error))
        return _done(result)

    async def _list_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self.faults.listing())

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = self.faults.add(await request.json())
        except (AttributeError, TypeError, ValueError) as error:
            return _refused(str(error))
        self._changed("faults")
        return _done({"id": fault.id})

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self.faults.clear()
        self._changed("faults")
        return _done({})

    async def _remove_fault(self, request: web.Request) -> web.Response:
        given = request.match_info["id"]
        if not given.isdecimal() or not self.faults.remove(int(given)):
            return _refused(f"there is no fault {given}")
        self._changed("faults")
        return _done({})

    async def _read_journal(self, request: web.Request) -> web.Response:
        query = request.query
        after = query.get("after", "0")
        found = self.journal.find(
            direction=query.get("direction", ""),
            method=query.get("method", ""),
            place=query.get("place", ""),
            outcome=query.get("outcome", ""),
            after=int(after) if after.isdecimal() else 0,
        )
        return web.json_response(found)

    async def _clear_journal(self, _: web.Request) -> web.Response:
        self.journal.clear()
        return _done({})

    async def _advance(self, request: web.Request) -> web.Response:
        try:
            seconds = float((await request.json())["advance"])
        except (LookupError, TypeError, ValueError):
            return _refused("`advance` is the seconds to move the clock by")
        self.clock.advance(seconds)
        self._changed("clock")
        return _done({"now": self.clock.now()})

    async def _scale_limits(self, request: web.Request) -> web.Response:
        try:
            scale = float((await request.json())["scale"])
        except (LookupError, TypeError, ValueError):
            return _refused("`scale` is the factor on every limit; 0 switches them off")
        self.limiter.scale = scale
        self.limiter.clear()
        self._changed("limits")
        return _done({})

    async def _set_request_url(self, request: web.Request) -> web.Response:
        """Deliver over HTTP from now on, to a URL that answers the challenge; none means Socket Mode."""
        try:
            url = (await request.json())["url"]
        except (LookupError, TypeError, ValueError):
            return _refused("`url` is where the app takes events, or null for Socket Mode")
        deliveries = self.stage.deliveries
        if url and not await deliveries.poster.verify(deliveries.app, str(url)):
            return _refused("your URL did not respond with the value of the challenge parameter")
        deliveries.app.request_url = str(url) if url else None
        if url:
            await deliveries.sockets.close()
        self._changed("request_url")
        return _done({})

    async def _reset(self, _: web.Request) -> web.Response:
        await self.reset()
        self._changed("reset")
        return _done({})

    def _changed(self, kind: str) -> None:
        self.stage.platform.changes.publish(kind, {})


def _event(seq: int) -> bytes:
    return f"id: {seq}\ndata: {json.dumps({'seq': seq})}\n\n".encode()


def _done(more: Payload) -> web.Response:
    return web.json_response({"ok": True, **more})


def _refused(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=400)
