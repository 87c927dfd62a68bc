"""Clients that hang up in the middle of a request."""

from aiohttp import web
from aiohttp.typedefs import Handler


@web.middleware
async def let_go(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Part quietly with a client that hung up: nobody is left to answer, and nothing is wrong with us."""
    try:
        return await handler(request)
    except ConnectionError:
        if request.transport is not None and not request.transport.is_closing():
            raise
        return web.Response()  # goes nowhere: aiohttp finds the connection closed
