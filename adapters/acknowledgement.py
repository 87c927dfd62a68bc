"""Telling a platform over HTTP what became of its event."""

from aiohttp import web

from core.failpoint import reach


async def acknowledge(request: web.Request, response: web.Response) -> web.Response:
    """Send the response now rather than after the handler."""
    try:
        await response.prepare(request)
        await response.write_eof()
    except ConnectionResetError:
        return response  # the platform hung up, and will deliver again what is committed already
    if response.status == web.HTTPOk.status_code:
        reach("acked")
    return response
