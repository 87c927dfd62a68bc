"""The control API: what people do, what the page sees, what goes wrong.

    GET    /_control/state             everything a person could see, with the number of the newest change
    GET    /_control/stream?after=N    changes above N as server-sent events: seq, kind, body
    GET    /_control/files/ID          a file as people see it
    POST   /_control/act               {"action": "send", ...}: see bots.playground.telegram.actions
    GET, POST, DELETE /_control/faults[/ID]   {"kind": "delay", "method": "send*", "remaining": 1, ...}
    GET, DELETE       /_control/journal       filters: direction, method, place, outcome, after
    POST   /_control/clock             {"advance": seconds}
    POST   /_control/limits            {"scale": factor}; 0 switches them off
    POST   /_control/reset             the world a newcomer finds

Kinds of changes: message, message_removed, chat, draft, draft_removed, typing, callback_answer, bot,
business, pending, polling, delivery, request, faults, clock, and reset, after which the state is read anew.
"""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass

from aiohttp import web

from bots.playground.changes import Change
from bots.playground.faults import Faults
from bots.playground.journal import Journal
from bots.playground.ratelimit import RateLimiter
from bots.playground.telegram import actions
from bots.playground.telegram.media import find
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.snapshot import snapshot
from bots.playground.telegram.state import Payload
from bots.playground.telegram.webhook import Webhook


@dataclass(frozen=True, kw_only=True)
class Control:
    """Serves `/_control/`."""

    platform: Platform
    webhook: Webhook
    faults: Faults
    journal: Journal
    limiter: RateLimiter

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
            web.post("/_control/reset", self._reset),
        ]

    async def _state(self, _: web.Request) -> web.Response:
        state = snapshot(self.platform, self.webhook)
        return web.json_response(state | {"faults": self.faults.listing(), "limits": self.limiter.scale})

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        """Changes as server-sent events; resumed by `after` or `Last-Event-ID`, else from now on."""
        changes = self.platform.changes
        given = request.headers.get("Last-Event-ID") or request.query.get("after", str(changes.seq))
        after = int(given) if given.isdecimal() else changes.seq
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        if not changes.remembers(after):
            after = changes.seq
            await response.write(_event(Change(seq=after, kind="reset", body={})))
        with suppress(ConnectionResetError):
            async for change in changes.follow(after):
                await response.write(_event(change))
        return response

    async def _file(self, request: web.Request) -> web.Response:
        """A file as people see it; theirs needs no token."""
        file = find(self.platform.world, request.match_info["id"])
        if file is None:
            return _refused(f"there is no file {request.match_info['id']}")
        return web.Response(body=file.data, content_type="application/octet-stream")

    async def _act(self, request: web.Request) -> web.Response:
        try:
            result = actions.read(await request.read()).play(self.platform)
        except (LookupError, ValueError) as error:
            return _refused(str(error))
        return _done({"result": result})

    async def _list_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self.faults.listing())

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = self.faults.add(await request.json())
        except ValueError as error:
            return _refused(str(error))
        self.platform.changes.publish("faults", {})
        return _done({"id": fault.id})

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self.faults.clear()
        self.platform.changes.publish("faults", {})
        return _done({})

    async def _remove_fault(self, request: web.Request) -> web.Response:
        given = request.match_info["id"]
        if not given.isdecimal() or not self.faults.remove(int(given)):
            return _refused(f"there is no fault {given}")
        self.platform.changes.publish("faults", {})
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
        self.platform.clock.advance(seconds)
        self.platform.changes.publish("clock", {"now": self.platform.clock.now()})
        return _done({"now": self.platform.clock.now()})

    async def _scale_limits(self, request: web.Request) -> web.Response:
        try:
            scale = float((await request.json())["scale"])
        except (LookupError, TypeError, ValueError):
            return _refused("`scale` is the factor on every limit; 0 switches them off")
        self.limiter.scale = scale
        self.limiter.clear()
        return _done({})

    async def _reset(self, _: web.Request) -> web.Response:
        """The newcomer's world, no faults, no webhook, limits as they are documented."""
        self.faults.clear()
        self.webhook.set("")
        self.limiter.scale = 1.0
        self.limiter.clear()
        self.platform.reset()
        return _done({})


def _event(change: Change) -> bytes:
    return f"id: {change.seq}\ndata: {json.dumps(asdict(change))}\n\n".encode()


def _done(more: Payload) -> web.Response:
    return web.json_response({"ok": True, **more})


def _refused(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=400)
