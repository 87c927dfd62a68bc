"""The page of a host site with the widget on it, for people who want to see it work."""

import asyncio
from importlib.resources import files

from aiohttp import web

from bots.playground.guard import this_page_only

PATH = "/playground/site"
_FOLDER = files("bots.playground.widget") / "static"
POLICY = (
    "default-src 'none'; script-src 'self'; frame-src 'self'; style-src 'self'; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
"""As strict as a host page can be: the widget needs the first two of what is allowed (docs/widget.md)."""


def routes() -> list[web.RouteDef]:
    """The page, and its style."""
    return [
        web.get(PATH, this_page_only(_page)),
        web.get(f"{PATH}/site.css", this_page_only(_style)),
    ]


async def _page(_: web.Request) -> web.Response:
    return await _served("site.html", "text/html")


async def _style(_: web.Request) -> web.Response:
    return await _served("site.css", "text/css")


async def _served(name: str, media_type: str) -> web.Response:
    body = await asyncio.to_thread(_FOLDER.joinpath(name).read_bytes)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache"}
    return web.Response(body=body, content_type=media_type, charset="utf-8", headers=headers)
