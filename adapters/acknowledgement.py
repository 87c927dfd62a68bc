"""Telling a platform over HTTP what became of its event."""

from aiohttp import web

from core.failpoint import reach


async def acknowledge(request: web.Request, response: web.Response) -> web.Response:
    """Send the response now rather than after the handler."""
    await response.prepare(request)
    await response.write_eof()
    if response.status == web.HTTPOk.status_code:
        reach("acked")
    return response
