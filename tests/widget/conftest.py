"""The service with the widget, a host page of another origin behind a strict policy, and Chromium."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, FrameLocator, Page

from bots.run import build_adapters
from bots.service import open_core, serving
from core.policy import Policies, Policy
from core.settings import Settings
from core.testing import FakeVoice
from tests.crash.line import Line
from tests.media.recordings import encoded
from tests.playground.page.conftest import PATIENCE, browser
from tests.playground.storyteller import Storyteller
from tests.ports import free_port

__all__ = ["browser"]

SECRET = "a-secret-of-the-host-site-and-of-its-desk"
POLICY = (
    "default-src 'none'; script-src {desk}; frame-src {desk}; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""All that docs/widget.md asks of a host page, and nothing else."""
PAGE = """<!doctype html><html lang="en"><head><title>Shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script src="{desk}/widget/widget.js" async {attributes}></script></head>
<body><main><h1>Shop</h1><p>Things to buy.</p></main></body></html>"""


@dataclass(kw_only=True)
class Site:
    """A host page, and the service behind its widget; use it as an async context manager."""

    home: Path
    line: Line
    """Between browsers and the service."""
    url: str = ""
    engine: Storyteller = field(default_factory=Storyteller)
    voice: FakeVoice = field(default_factory=lambda: FakeVoice(encoded("mp3", "libmp3lame", seconds=2)))
    _host: AsyncExitStack = field(default_factory=AsyncExitStack)
    _service: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def desk(self) -> str:
        """Where browsers find the service."""
        return self.line.url.rstrip("/")

    async def __aenter__(self) -> "Site":
        await self._host.enter_async_context(self.line)
        host = await self._host.enter_async_context(TestServer(_host_page(self.desk), host="localhost"))
        self.url = f"http://localhost:{host.port}"
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.engine.hold.set()
        await self.stop()
        await self._host.aclose()

    async def start(self) -> None:
        """Start the service, on the database that is there."""
        settings = Settings.model_validate(
            {
                "FRONTDESK_PORT": self.line.port_behind,
                "FRONTDESK_HOME": self.home,
                "FRONTDESK_WIDGET_ORIGINS": self.url,
                "FRONTDESK_WIDGET_SECRET": SECRET,
            }
        )
        policies = Policies(assistant=Policy(settle_seconds=0))
        core = await self._service.enter_async_context(
            open_core(settings, policies, self.engine, synthesiser=self.voice)
        )
        await self._service.enter_async_context(serving(core, build_adapters(core)))

    async def stop(self) -> None:
        """Stop the service."""
        await self._service.aclose()


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    line = Line(f"http://127.0.0.1:{free_port()}")
    async with Site(home=tmp_path_factory.mktemp("home"), line=line) as site:
        yield site


def _host_page(desk: str) -> web.Application:
    """Attributes of the script tag come from the query."""

    async def page(request: web.Request) -> web.Response:
        attributes = " ".join(f'data-{name}="{value}"' for name, value in request.query.items())
        return web.Response(
            text=PAGE.format(desk=desk, attributes=attributes),
            content_type="text/html",
            headers={"Content-Security-Policy": POLICY.format(desk=desk)},
        )

    app = web.Application()
    app.router.add_get("/", page)
    return app


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, site: Site) -> AsyncIterator[Page]:
    """The host page as a new visitor finds it."""
    context = await browser.new_context(viewport={"width": 1000, "height": 760}, locale="en-GB")
    page = await context.new_page()
    problems = watch(page, site)
    await page.goto(site.url)
    yield page
    await context.close()
    assert problems == []


def watch(page: Page, site: Site) -> list[str]:
    """Everything that goes wrong on a page from now on: errors, and requests to anybody else."""
    problems: list[str] = []
    page.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((site.url, site.desk, "blob:")) else problems.append(request.url)
        ),
    )
    return problems


def chat(page: Page) -> FrameLocator:
    """What stands in the frame."""
    return page.frame_locator("iframe")


async def open_chat(page: Page) -> FrameLocator:
    """Press the button in the corner."""
    await page.get_by_role("button", name=re.compile("Open chat|Chat öffnen|Abrir el chat")).click()
    return chat(page)


async def say(page: Page, text: str) -> None:
    """Write, and press Enter."""
    field = chat(page).locator("textarea")
    await field.fill(text)
    await field.press("Enter")
