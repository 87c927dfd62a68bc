"""Reading what a platform posts to us: bytes are counted before anything looks at them."""

import asyncio

from aiohttp import web

MAX_BYTES = 1_000_000
MAX_SECONDS = 10.0
"""For the whole body; the platforms give up after a few seconds themselves."""
_CHUNK = 65_536


async def read_body(request: web.Request) -> bytes:
    """Read a body of at most MAX_BYTES.

    Raises:
        web.HTTPException: it is too large (413), too slow (408), or did not arrive as its headers say (400).
    """
    body = bytearray()
    try:
        async with asyncio.timeout(MAX_SECONDS):
            async for chunk in request.content.iter_chunked(_CHUNK):
                body += chunk
                if len(body) > MAX_BYTES:
                    raise web.HTTPRequestEntityTooLarge(max_size=MAX_BYTES, actual_size=len(body))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (web.RequestPayloadError, ConnectionError):
        raise web.HTTPBadRequest from None
    return bytes(body)
