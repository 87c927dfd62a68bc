"""The control API: what people do, what the page sees, what goes wrong."""

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from pydantic import ValidationError

from bots.playground.backstage import Backstage, done, refused
from bots.playground.slack import actions
from bots.playground.slack.actions.base import Stage
from bots.playground.slack.snapshot import snapshot
from bots.playground.slack.state import Payload


@dataclass(frozen=True, kw_only=True)
class Control:
    """Serves `/_control/`."""

    stage: Stage
    backstage: Backstage
    reset: Callable[[], Awaitable[None]]
    """Back to the world a newcomer finds."""

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [
            web.get("/_control/state", self._state),
            web.get("/_control/stream", self._stream),
            web.get("/_control/files/{id}", self._file),
            web.post("/_control/act", self._act),
            web.post("/_control/request_url", self._set_request_url),
            web.post("/_control/reset", self._reset),
            *self.backstage.routes(),
        ]

    async def _state(self, _: web.Request) -> web.Response:
        backstage: Payload = {
            "faults": self.backstage.faults.listing(),
            "limits": self.backstage.limiter.scale,
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
            return refused("there is no such file")
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def _act(self, request: web.Request) -> web.Response:
        try:
            result = await actions.read(await request.read()).play(self.stage)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            return refused(f"{'.'.join(map(str, first['loc']))}: {first['msg']}")
        except ValueError as error:
            return refused(str(error))
        return done(result)

    async def _set_request_url(self, request: web.Request) -> web.Response:
        """Deliver over HTTP from now on, to a URL that answers the challenge; none means Socket Mode."""
        try:
            url = (await request.json())["url"]
        except (LookupError, TypeError, ValueError):
            return refused("`url` is where the app takes events, or null for Socket Mode")
        deliveries = self.stage.deliveries
        if url and not await deliveries.poster.verify(deliveries.app, str(url)):
            return refused("your URL did not respond with the value of the challenge parameter")
        deliveries.app.request_url = str(url) if url else None
        if url:
            await deliveries.sockets.close()
        self._changed("request_url")
        return done({})

    async def _reset(self, _: web.Request) -> web.Response:
        await self.reset()
        self._changed("reset")
        return done({})

    def _changed(self, kind: str) -> None:
        self.stage.platform.changes.publish(kind, {})


def _event(seq: int) -> bytes:
    return f"id: {seq}\ndata: {json.dumps({'seq': seq})}\n\n".encode()
