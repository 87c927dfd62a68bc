"""The part of the control API that both emulators share: what goes wrong, what happened, what time it is."""

from dataclasses import dataclass

from aiohttp import web

from bots.playground.changes import Changes
from bots.playground.clock import PlayClock
from bots.playground.faults import Faults
from bots.playground.journal import Journal
from bots.playground.ratelimit import RateLimiter


@dataclass(frozen=True, kw_only=True)
class Backstage:
    """Faults, journal, clock and limits, with their routes under `/_control/`; and `/readyz`."""

    clock: PlayClock
    faults: Faults
    journal: Journal
    limiter: RateLimiter
    changes: Changes

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [
            web.get("/readyz", self._ready),
            web.get("/_control/faults", self._list_faults),
            web.post("/_control/faults", self._add_fault),
            web.delete("/_control/faults", self._clear_faults),
            web.delete("/_control/faults/{id}", self._remove_fault),
            web.get("/_control/journal", self._read_journal),
            web.delete("/_control/journal", self._clear_journal),
            web.post("/_control/clock", self._advance),
            web.post("/_control/limits", self._scale_limits),
        ]

    def reset(self) -> None:
        """No faults, an empty journal, the right time, limits as they are documented."""
        self.faults.clear()
        self.journal.clear()
        self.clock.reset()
        self.limiter.scale = 1.0
        self.limiter.clear()

    async def _ready(self, _: web.Request) -> web.Response:
        return web.Response(text="ready")

    async def _list_faults(self, _: web.Request) -> web.Response:
        return web.json_response(self.faults.listing())

    async def _add_fault(self, request: web.Request) -> web.Response:
        try:
            fault = self.faults.add(await request.json())
        except ValueError as error:
            return refused(str(error))
        return done({"id": fault.id})

    async def _clear_faults(self, _: web.Request) -> web.Response:
        self.faults.clear()
        return done({})

    async def _remove_fault(self, request: web.Request) -> web.Response:
        given = request.match_info["id"]
        if not given.isdecimal() or not self.faults.remove(int(given)):
            return refused(f"there is no fault {given}")
        return done({})

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
        return done({})

    async def _advance(self, request: web.Request) -> web.Response:
        try:
            seconds = float((await request.json())["advance"])
        except (LookupError, TypeError, ValueError):
            return refused("`advance` is the seconds to move the clock by")
        self.clock.advance(seconds)
        self.changes.publish("clock", {"now": self.clock.now()})
        return done({"now": self.clock.now()})

    async def _scale_limits(self, request: web.Request) -> web.Response:
        try:
            scale = float((await request.json())["scale"])
        except (LookupError, TypeError, ValueError):
            return refused("`scale` is the factor on every limit; 0 switches them off")
        self.limiter.scale = scale
        self.limiter.clear()
        self.changes.publish("limits", {"scale": scale})
        return done({})


def done(more: dict[str, object]) -> web.Response:
    """The answer to a wish that was granted."""
    return web.json_response({"ok": True, **more})


def refused(error: str) -> web.Response:
    """The answer to a wish that cannot be granted, and why."""
    return web.json_response({"ok": False, "error": error}, status=400)
