"""The emulator as an aiohttp application."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from bots.playground.backstage import Backstage
from bots.playground.changes import Changes
from bots.playground.clock import PlayClock
from bots.playground.departures import let_go
from bots.playground.faults import Faults
from bots.playground.guard import own_pages_only
from bots.playground.journal import Journal
from bots.playground.ratelimit import RateLimiter
from bots.playground.slack.actions.base import Stage
from bots.playground.slack.api import Api
from bots.playground.slack.control import Control
from bots.playground.slack.deliveries import Deliveries
from bots.playground.slack.pages import Pages
from bots.playground.slack.platform import Platform
from bots.playground.slack.poster import Poster
from bots.playground.slack.seed import seed
from bots.playground.slack.sockets import Sockets

BODY_LIMIT = 64 * 1024 * 1024
"""Bytes; larger uploads are not for a playground."""


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """All parts, put together."""

    backstage: Backstage
    platform: Platform
    deliveries: Deliveries
    request_url: str | None

    def application(self) -> web.Application:
        """What serves it."""
        control = Control(
            stage=Stage(platform=self.platform, deliveries=self.deliveries),
            backstage=self.backstage,
            reset=self.reset,
        )
        api = Api(platform=self.platform, backstage=self.backstage)
        pages = Pages(platform=self.platform, sockets=self.deliveries.sockets, journal=self.backstage.journal)
        middlewares = [let_go, own_pages_only, self._learn_url]
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=middlewares)
        app.add_routes([*control.routes(), *api.routes(), *pages.routes()])
        app.cleanup_ctx.append(self._running)
        app.on_shutdown.append(self._close_sockets)
        return app

    async def reset(self) -> None:
        """Back to the world a newcomer finds: no faults, limits as documented; sockets stay open."""
        await self.deliveries.forget()
        self.backstage.reset()
        url, self.platform.world = self.platform.world.url, seed(self.backstage.clock.now())
        self.platform.world.url = url
        self.platform.world.app.request_url = self.request_url
        self.deliveries.app = self.platform.world.app

    @web.middleware
    async def _learn_url(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """The links we hand out lead back to the address under which we were called."""
        self.platform.world.url = str(request.url.origin())
        return await handler(request)

    async def _running(self, _: web.Application) -> AsyncIterator[None]:
        await self.deliveries.poster.open()
        yield
        await self.deliveries.forget()
        await self.deliveries.poster.close()

    async def _close_sockets(self, _: web.Application) -> None:
        await self.deliveries.sockets.close("refresh_requested")


def build(request_url: str | None = None) -> Emulator:
    """The emulator with the workspace of the seed.

    Args:
        request_url: where the app takes events over HTTP; None for Socket Mode.
    """
    clock, changes = PlayClock(), Changes()
    faults = Faults(changed=lambda: changes.publish("faults", {}))
    journal, limiter = Journal(now=clock.now), RateLimiter(now=clock.now)
    world = seed(clock.now())
    world.app.request_url = request_url
    deliveries = Deliveries(
        app=world.app,
        clock=clock,
        faults=faults,
        journal=journal,
        changes=changes,
        sockets=Sockets(clock, changes),
        poster=Poster(clock),
    )
    platform = Platform(world=world, now=clock.now, deliver=deliveries.deliver, changes=changes)
    return Emulator(
        backstage=Backstage(clock=clock, faults=faults, journal=journal, limiter=limiter, changes=changes),
        platform=platform,
        deliveries=deliveries,
        request_url=request_url,
    )


def build_app(request_url: str | None = None) -> web.Application:
    """`build` as an application."""
    return build(request_url).application()
