"""The service with the widget alone, and visitors."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bots.playground.widget.driver import WidgetVisitor
from bots.run import build_adapters
from bots.service import Core, open_core, serving
from core.policy import Policies, Policy
from core.ports import Clock
from core.settings import Settings
from core.testing import ScriptedEngine

SITE = "https://www.example.org"
SECRET = "a-secret-of-the-host-site-and-of-its-desk"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A running service."""

    url: str
    core: Core
    engine: ScriptedEngine

    def visitor(self, **more: Any) -> WidgetVisitor:
        """A window of a page of SITE."""
        return WidgetVisitor(self.url, **{"site": SITE, **more})


Start = Callable[..., AbstractAsyncContextManager[Service]]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Starts the service; again, on the same database."""

    @asynccontextmanager
    async def started(
        *script: str,
        policy: Policy | None = None,
        clock: Clock | None = None,
        held: bool = False,
        **more: Any,
    ) -> AsyncIterator[Service]:
        engine = ScriptedEngine(*script)
        if held:
            engine.hold.clear()
        settings = Settings.model_validate(
            {
                "FRONTDESK_HOME": tmp_path,
                "FRONTDESK_PORT": 0,
                "FRONTDESK_WIDGET_ORIGINS": SITE,
                "FRONTDESK_WIDGET_SECRET": SECRET,
                **more,
            }
        )
        policies = Policies(assistant=policy or Policy(settle_seconds=0))
        async with (
            open_core(settings, policies, engine, clock=clock) as core,
            serving(core, build_adapters(core)) as url,
        ):
            yield Service(url=url, core=core, engine=engine)
            engine.hold.set()

    return started


@pytest.fixture
async def service(start: Start) -> AsyncIterator[Service]:
    async with start() as running:
        yield running


@pytest.fixture
async def visitor(service: Service) -> AsyncIterator[WidgetVisitor]:
    async with service.visitor() as visitor:
        yield visitor
