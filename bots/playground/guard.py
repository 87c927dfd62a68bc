"""Keeps other people's web pages away from the control API of an emulator on this machine."""

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


def _is_here(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
