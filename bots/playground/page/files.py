"""The page's own files, with headers that let it load and run nothing else."""

import asyncio
from importlib.resources import files

from aiohttp import web

_FOLDER = files("bots.playground.page") / "static"
_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "svg": "image/svg+xml",
}
HEADERS = {
    # trusted types: no script can turn text into HTML, whatever it holds (w3c.github.io/trusted-types)
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}


def routes() -> list[web.RouteDef]:
    """`/`, and what it loads from `/playground/static/`."""
    return [web.get("/", _index), web.get("/playground/static/{path:[a-z/]+\\.[a-z]+}", _file)]


async def _index(_: web.Request) -> web.Response:
    return await _served("index.html")


async def _file(request: web.Request) -> web.Response:
    return await _served(request.match_info["path"])


async def _served(path: str) -> web.Response:
    """A file of the package; its path holds letters and slashes alone, so that it cannot lead out."""
    file = _FOLDER.joinpath(path)
    media_type = _TYPES.get(path.rpartition(".")[2])
    if media_type is None or not file.is_file():
        raise web.HTTPNotFound
    body = await asyncio.to_thread(file.read_bytes)
    return web.Response(body=body, content_type=media_type, charset="utf-8", headers=HEADERS)
