"""Recorded sessions: written as scenario files, and replayed as tests."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import web
from pydantic import ValidationError

from bots.playground.page.emulators import HEADERS
from bots.playground.scenario.scenes import PLATFORMS
from bots.playground.scenario.script import Script, Step, dump, parse
from core.errors import FrontdeskError


class Rehearse(Protocol):
    """Plays a scenario in a fresh playground; returns what went wrong, empty when nothing did."""

    async def __call__(
        self, script: Script, platform: str, progress: Callable[[Step], None] = ..., /
    ) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Scenarios:
    """Serves `/playground/scenario` and `/playground/replay`."""

    rehearse: Rehearse
    closing: asyncio.Event
    """Set when rehearsals are to end."""

    def routes(self) -> list[web.RouteDef]:
        """What is served."""
        return [web.post("/playground/scenario", self._write), web.post("/playground/replay", self._replay)]

    async def _write(self, request: web.Request) -> web.Response:
        """The text of the scenario file with these steps."""
        try:
            script = Script.model_validate(await request.json())
        except ValidationError as error:
            return _refused(error.errors(include_url=False)[0]["msg"])
        except ValueError:
            return _refused("this is not JSON")
        return web.json_response({"text": dump(script)}, headers=HEADERS)

    async def _replay(self, request: web.Request) -> web.StreamResponse:
        """Play a file's text on a platform: a line of JSON for each step done, and one for the outcome."""
        try:
            wish = await request.json()
            script, platform = parse(wish["text"], "scenario"), wish["platform"]
        except FrontdeskError as error:
            return _refused(str(error))
        except (LookupError, TypeError, ValueError):
            return _refused("`text` and `platform` are needed")
        if platform not in PLATFORMS:
            return _refused(f"`platform` is one of {', '.join(PLATFORMS)}")
        return await self._perform(request, script, platform)

    async def _perform(self, request: web.Request, script: Script, platform: str) -> web.StreamResponse:
        response = web.StreamResponse(headers=HEADERS | {"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        done: asyncio.Queue[Step | None] = asyncio.Queue()
        playing = asyncio.create_task(self._play(script, platform, done))
        closing = asyncio.create_task(self.closing.wait())
        closing.add_done_callback(lambda _: done.put_nowait(None))
        try:
            number = 0
            while await done.get():
                number += 1
                await _tell(response, {"step": number, "of": len(script.steps)})
            if playing.done():
                await _tell(response, {"error": playing.result()})
        finally:
            playing.cancel()
            closing.cancel()
            await asyncio.gather(playing, closing, return_exceptions=True)
        return response

    async def _play(self, script: Script, platform: str, done: "asyncio.Queue[Step | None]") -> str:
        try:
            return await self.rehearse(script, platform, done.put_nowait)
        except FrontdeskError as error:
            return str(error)
        finally:
            # only once the task has ended is its result there
            asyncio.get_running_loop().call_soon(done.put_nowait, None)


async def _tell(response: web.StreamResponse, line: dict[str, Any]) -> None:
    await response.write(json.dumps(line).encode() + b"\n")


def _refused(error: str) -> web.Response:
    return web.json_response({"error": error}, status=400, headers=HEADERS)
