"""Keeps other people's web pages away from what an emulator or the page lets people of this machine do."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler


@web.middleware
async def own_pages_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse control calls that a browser makes for a page which does not come from this machine.

    A page elsewhere could otherwise post blindly, or reach us under a name of its own (DNS rebinding).
    """
    if request.path.startswith("/_control/"):
        origin = request.headers.get("Origin", f"http://{request.host}")
        if not (_is_here(f"http://{request.host}") and _is_here(origin)):
            raise web.HTTPForbidden(text="the control API is for this machine alone")
    return await handler(request)


def this_page_only(handler: Handler) -> Handler:
    """Refuse whoever is not on this machine, and every page but the one that comes from this very address.

    Raises:
        aiohttp.web.HTTPForbidden: when the handler is called for anybody else.
    """

    async def guarded(request: web.Request) -> web.StreamResponse:
        own = f"{request.scheme}://{request.host}"
        is_own = request.headers.get("Origin", own) == own
        if not (_is_here(f"http://{request.remote}") and _is_here(own) and is_own):
            raise web.HTTPForbidden(text="the playground is for this machine alone")
        return await handler(request)

    return guarded


def _is_here(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
