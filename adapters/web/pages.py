"""The widget's own files: what a host page loads, and the chat that stands in its frame."""

import asyncio
import gzip
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

from aiohttp import web

_FOLDER = files("adapters.web") / "static"
_TYPES = {"css": "text/css", "html": "text/html", "js": "text/javascript"}
_HOST = re.compile(r"[A-Za-z0-9.-]+(:[0-9]+)?|\[[0-9A-Fa-f:.]+\](:[0-9]+)?")
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
    "Vary": "Accept-Encoding",
    # a page of any site may load them: they hold nothing about anybody
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@dataclass(frozen=True, kw_only=True)
class Asset:
    """A file as it is sent."""

    body: bytes
    compressed: bytes
    media_type: str
    tag: str


def load() -> dict[str, Asset]:
    """All files, by name; read once, as there are few."""
    return {
        each.name: _asset(each.name, each.read_bytes())
        for each in _FOLDER.iterdir()
        if each.name.rpartition(".")[2] in _TYPES
    }


async def load_off_the_loop() -> dict[str, Asset]:
    """All files, by name."""
    return await asyncio.to_thread(load)


def _asset(name: str, body: bytes) -> Asset:
    return Asset(
        body=body,
        compressed=gzip.compress(body, mtime=0),
        media_type=_TYPES[name.rpartition(".")[2]],
        tag=f'"{hashlib.sha256(body).hexdigest()[:16]}"',
    )


def serve(request: web.Request, asset: Asset, more: dict[str, str] | None = None) -> web.Response:
    """The file, compressed where the browser takes that, or word that it has it already."""
    headers = HEADERS | {"ETag": asset.tag} | (more or {})
    if request.headers.get("If-None-Match") == asset.tag and more is None:
        return web.Response(status=304, headers=headers)
    body = asset.body
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        body, headers = asset.compressed, headers | {"Content-Encoding": "gzip"}
    return web.Response(body=body, content_type=asset.media_type, charset="utf-8", headers=headers)


def chat_headers(site: str, host: str) -> dict[str, str]:
    """What the chat may do, and which site may show it: it runs our scripts and talks to us, nothing else.

    Raises:
        web.HTTPBadRequest: the host is none.
    """
    if not _HOST.fullmatch(host):
        raise web.HTTPBadRequest
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src blob:; media-src blob:; "
        # older browsers do not count sockets among 'self'
        f"connect-src 'self' ws://{host} wss://{host}; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {site}; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )
    return {"Content-Security-Policy": policy, "Cross-Origin-Embedder-Policy": "require-corp"}
