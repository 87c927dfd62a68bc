"""Files over HTTP, up from visitors and down to them: beside the socket, so that no message waits for one."""

import asyncio
from urllib.parse import quote

from aiohttp import web

from adapters.web import gate, items, limits
from adapters.web.files import UnknownType, WebFiles
from adapters.web.gate import Gate, Unwelcome, Visitor
from core.errors import RateLimited, Refused, TooLarge

_CHUNK = 65_536
_SECONDS = 120.0
"""For the whole of a file."""
_AT_ONCE = 8
"""Files held in memory on their way to the disk."""


class Transfer:
    """Serves `/widget/files`. Who asks shows the same token as on the socket."""

    def __init__(self, *, gate: Gate, files: WebFiles, limiter: limits.Limiter) -> None:
        self._gate = gate
        self._files = files
        self._limiter = limiter
        self._places = asyncio.Semaphore(_AT_ONCE)

    async def up(self, request: web.Request) -> web.Response:
        """Take a file; its name and type are in the query and the header, its bytes are the body."""
        if not gate.is_own_page(request):
            raise web.HTTPForbidden
        visitor = self._visitor(request)
        try:
            self._limiter.file(visitor.place.key, gate.address_of(request))
            async with self._places:
                content = await _read(request)
                attachment = await self._files.keep(
                    visitor.place, request.query.get("name", ""), request.content_type, content
                )
        except RateLimited as error:
            raise web.HTTPTooManyRequests(headers={"Retry-After": str(round(error.retry_after))}) from None
        except TooLarge:
            raise web.HTTPRequestEntityTooLarge(max_size=limits.FILE, actual_size=limits.FILE + 1) from None
        except UnknownType:
            raise web.HTTPUnsupportedMediaType from None
        except Refused:
            raise web.HTTPUnprocessableEntity from None
        return web.json_response(items.file(attachment), headers={"Cache-Control": "no-store"})

    async def down(self, request: web.Request) -> web.Response:
        """Give a file out, to be saved: whatever it holds, no browser opens it as a page of ours."""
        visitor = self._visitor(request)
        attachment = await self._files.find(visitor.place, request.match_info["id"])
        if attachment is None:
            raise web.HTTPNotFound
        try:
            body = await self._files.fetch(attachment, visitor.place, limit=attachment.size)
        except (Refused, OSError):
            raise web.HTTPNotFound from None
        return web.Response(
            body=body,
            content_type=attachment.media_type,
            headers={
                "Content-Disposition": f"attachment; filename*=UTF-8''{quote(attachment.name)}",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cross-Origin-Resource-Policy": "same-origin",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "private, no-store",
            },
        )

    def _visitor(self, request: web.Request) -> Visitor:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer":
            raise web.HTTPUnauthorized
        try:
            return self._gate.visitor(token, request.query.get("site", ""), request.host, "")
        except Unwelcome:
            raise web.HTTPForbidden from None


async def _read(request: web.Request) -> bytes:
    """The body, of no more bytes than are taken.

    Raises:
        TooLarge: it has more.
        web.HTTPException: it was too slow (408), or broke off (400).
    """
    body = bytearray()
    try:
        async with asyncio.timeout(_SECONDS):
            async for chunk in request.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > limits.FILE:
                    raise TooLarge
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, ConnectionError):
        raise web.HTTPBadRequest from None
    return bytes(body)
