"""The emulator as an aiohttp application."""

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

from bots.playground.backstage import Backstage
from bots.playground.changes import Changes
from bots.playground.clock import PlayClock
from bots.playground.departures import let_go
from bots.playground.faults import Faults
from bots.playground.guard import own_pages_only
from bots.playground.journal import Journal
from bots.playground.ratelimit import RateLimiter
from bots.playground.telegram.api import Api
from bots.playground.telegram.control import Control
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.seed import TOKEN, seed
from bots.playground.telegram.updates import Updates
from bots.playground.telegram.webhook import Webhook

BODY_LIMIT = 52 * 1024 * 1024
"""An upload of 50 MB, and what goes with it."""


def build_app(token: str = TOKEN) -> web.Application:
    """The emulator with a bot of this token and the people of the seed."""
    clock, changes = PlayClock(), Changes()
    faults = Faults(changed=lambda: changes.publish("faults", {}))
    journal, limiter = Journal(now=clock.now), RateLimiter(now=clock.now)
    backstage = Backstage(clock=clock, faults=faults, journal=journal, limiter=limiter, changes=changes)
    updates = Updates(clock, faults, journal, changes)
    platform = Platform(world=seed(token), clock=clock, updates=updates, changes=changes)
    webhook = Webhook(updates)
    api = Api(platform=platform, webhook=webhook, faults=faults, journal=journal, limiter=limiter)
    control = Control(platform=platform, webhook=webhook, backstage=backstage)
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[let_go, own_pages_only])
    app.add_routes([*control.routes(), *api.routes()])
    app.on_shutdown.append(lambda _: _let_go(platform))
    app.cleanup_ctx.append(lambda _: _background(platform, webhook, api))
    return app


async def _let_go(platform: Platform) -> None:
    """End what waits, so that closing does not."""
    platform.changes.close()
    platform.updates.interrupt("the server is going down")


async def _background(platform: Platform, webhook: Webhook, api: Api) -> AsyncIterator[None]:
    """Webhook deliveries and fading signs, as long as the application runs."""
    tasks = [
        asyncio.create_task(webhook.run(api.call), name="webhook"),
        asyncio.create_task(platform.fade_forever(), name="fading"),
    ]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await platform.updates.close()
