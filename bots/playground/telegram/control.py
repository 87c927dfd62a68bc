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
business, pending, polling, delivery, request, faults, clock, limits, and reset, after which the state is read
anew.
"""

import json
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web

from bots.playground.backstage import Backstage, done, refused
from bots.playground.changes import Change
from bots.playground.telegram import actions
from bots.playground.telegram.media import find
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.snapshot import snapshot
from bots.playground.telegram.webhook import Webhook


@dataclass(frozen=True, kw_only=True)
class Control:
    """Serves `/_control/`."""

    platform: Platform
    webhook: Webhook
    backstage: Backstage

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [
            web.get("/_control/state", self._state),
            web.get("/_control/stream", self._stream),
            web.get("/_control/files/{id}", self._file),
            web.post("/_control/act", self._act),
            web.post("/_control/reset", self._reset),
            *self.backstage.routes(),
        ]

    async def _state(self, _: web.Request) -> web.Response:
        state = snapshot(self.platform, self.webhook)
        backstage = {"faults": self.backstage.faults.listing(), "limits": self.backstage.limiter.scale}
        return web.json_response(state | backstage)

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
            return refused(f"there is no file {request.match_info['id']}")
        return web.Response(body=file.data, content_type="application/octet-stream")

    async def _act(self, request: web.Request) -> web.Response:
        try:
            result = actions.read(await request.read()).play(self.platform)
        except (LookupError, ValueError) as error:
            return refused(str(error))
        return done({"result": result})

    async def _reset(self, _: web.Request) -> web.Response:
        """The newcomer's world, no faults, no webhook, limits as they are documented."""
        self.backstage.reset()
        self.webhook.set("")
        self.platform.reset()
        return done({})


def _event(change: Change) -> bytes:
    return f"id: {change.seq}\ndata: {json.dumps(vars(change))}\n\n".encode()
