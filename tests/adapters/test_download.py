"""Fetching a file from a server that does as it pleases."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from adapters.download import download
from core.errors import FrontdeskError, RateLimited, Refused, TooLarge, Unreachable

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def _endless(request: web.Request) -> web.StreamResponse:
    """More and more, without a word of how much."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65_536)


async def _broken(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "100"})
    await response.prepare(request)
    await response.write(b"x")
    assert request.transport is not None
    request.transport.abort()
    return response


def _refusing(status: int, **headers: str) -> Serve:
    async def serve(_: web.Request) -> web.StreamResponse:
        return web.Response(
            status=status, headers={name.replace("_", "-"): headers[name] for name in headers}
        )

    return serve


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    app = web.Application()
    app.router.add_get("/endless", _endless)
    app.router.add_get("/broken", _broken)
    app.router.add_get("/elsewhere", _refusing(302, Location="/endless"))
    app.router.add_get("/busy", _refusing(429, Retry_After="7"))
    app.router.add_get("/ill", _refusing(503))
    app.router.add_get("/closed", _refusing(403))
    server = TestServer(app)
    async with server:
        yield server


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("endless", TooLarge),
        ("broken", Unreachable),
        ("elsewhere", Refused),
        ("busy", RateLimited),
        ("ill", Unreachable),
        ("closed", Refused),
    ],
)
async def test_what_goes_wrong_is_told_without_the_address(
    server: TestServer, path: str, error: type[FrontdeskError]
) -> None:
    with pytest.raises(error) as failed:
        await download(str(server.make_url(f"/{path}")), limit=1_000_000)
    assert path not in str(failed.value)


async def test_a_demand_to_slow_down_says_for_how_long(server: TestServer) -> None:
    with pytest.raises(RateLimited) as failed:
        await download(str(server.make_url("/busy")), limit=1)
    assert failed.value.retry_after == 7


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await download("http://127.0.0.1:1/file", limit=1)
