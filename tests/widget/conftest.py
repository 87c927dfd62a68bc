"""The service with the widget, a host page of another origin behind a strict policy, and Chromium."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from playwright.async_api import Browser, FrameLocator, Page

from bots.run import build_adapters
from bots.service import open_core, serving
from core.policy import Policies, Policy
from core.settings import Settings
from tests.playground.page.conftest import PATIENCE, browser
from tests.playground.storyteller import Storyteller

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


@dataclass(frozen=True, kw_only=True)
class Site:
    """A host page, and the service behind its widget."""

    url: str
    desk: str
    home: Path
    engine: Storyteller


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    home, engine, port = tmp_path_factory.mktemp("home"), Storyteller(), unused_port()
    host = TestServer(_host_page(f"http://127.0.0.1:{port}"), host="localhost")
    await host.start_server()
    url = f"http://localhost:{host.port}"
    settings = Settings.model_validate(
        {
            "FRONTDESK_PORT": port,
            "FRONTDESK_HOME": home,
            "FRONTDESK_WIDGET_ORIGINS": url,
            "FRONTDESK_WIDGET_SECRET": SECRET,
        }
    )
    policies = Policies(assistant=Policy(settle_seconds=0))
    async with (
        open_core(settings, policies, engine) as core,
        serving(core, build_adapters(core)) as desk,
    ):
        yield Site(url=url, desk=desk, home=home, engine=engine)
        await engine.close()
    await host.close()


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
