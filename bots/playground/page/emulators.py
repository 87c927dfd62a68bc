"""The emulators' control APIs under the page's own address, and their changes as one stream."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web

HEARTBEAT = 15.0
"""Seconds between signs of life on a quiet stream; writing them shows whether anybody still listens."""
TIMEOUT = aiohttp.ClientTimeout(total=60)
_ENDLESS = aiohttp.ClientTimeout(total=None, sock_connect=10)
_LINE = 1 << 20
"""Bytes of the longest change that is passed on."""
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, kw_only=True)
class Emulators:
    """Serves `/playground/slack/...` and `/playground/telegram/...` from the emulators' `/_control/...`."""

    urls: Mapping[str, str]
    session: aiohttp.ClientSession
    closing: asyncio.Event
    """Set when streams are to end."""

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        path = f"/playground/{{platform:{'|'.join(self.urls)}}}/{{path:.+}}"
        return [
            web.get("/playground/changes", self._changes),
            web.get(path, self._pass_on),
            web.post(path, self._pass_on),
            web.delete(path, self._pass_on),
        ]

    async def _pass_on(self, request: web.Request) -> web.Response:
        url = f"{self.urls[request.match_info['platform']]}/_control/{request.match_info['path']}"
        try:
            async with self.session.request(
                request.method,
                url,
                params=request.query,
                data=request.content if request.can_read_body else None,
                headers={"Content-Type": request.headers.get("Content-Type", "application/json")},
                timeout=TIMEOUT,
                allow_redirects=False,
            ) as answer:
                body = await answer.read()
        except (TimeoutError, aiohttp.ClientError) as error:
            raise web.HTTPBadGateway(text="the emulator does not answer") from error
        return web.Response(
            body=body, status=answer.status, content_type=answer.content_type, headers=HEADERS
        )

    async def _changes(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events named after the platform that changed; `hello` once none can be missed."""
        response = web.StreamResponse(headers=HEADERS | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        with suppress(aiohttp.ClientError, ConnectionError):
            async with AsyncExitStack() as stack:
                streams = {
                    name: await stack.enter_async_context(
                        self.session.get(f"{url}/_control/stream", timeout=_ENDLESS, read_bufsize=_LINE)
                    )
                    for name, url in self.urls.items()
                }
                await response.write(b"event: hello\ndata: {}\n\n")
                await self._until_one_ends(
                    _beat(response), *(_follow(name, stream, response) for name, stream in streams.items())
                )
        return response

    async def _until_one_ends(self, *parts: Coroutine[Any, Any, None]) -> None:
        tasks = [asyncio.create_task(part) for part in (*parts, _set(self.closing))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _follow(name: str, stream: aiohttp.ClientResponse, response: web.StreamResponse) -> None:
    async for line in stream.content:
        if line.startswith(b"data:"):
            await response.write(f"event: {name}\n".encode() + line + b"\n")


async def _set(event: asyncio.Event) -> None:
    await event.wait()


async def _beat(response: web.StreamResponse) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT)
        await response.write(b": alive\n\n")
