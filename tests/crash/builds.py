"""The service as it is, and two builds broken on purpose: the harness must find them out."""

import asyncio
from dataclasses import dataclass, replace
from typing import Any, cast

from bots.service import Core
from core.message import Arrival, Post, Reply
from core.ports import Channel, Intake

SOUND, HASTY, BLIND = "sound", "acknowledge first", "re-send blindly"
QUEUE_SECONDS = 0.02
"""How long an event waits in the memory of the hasty build, as in any bot that works through a queue."""


class HastyIntake:
    """Lets the platform be told "received" at once, and writes the event down a moment later."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._later: set[asyncio.Task[None]] = set()

    async def accept(self, arrival: Arrival) -> None:
        task = asyncio.create_task(self._accept(arrival))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _accept(self, arrival: Arrival) -> None:
        await asyncio.sleep(QUEUE_SECONDS)
        await self._intake.accept(arrival)


class BlindChannel:
    """Sends whole answers as new posts, and again whenever it is asked again."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    def __getattr__(self, name: str) -> Any:
        """Everything else is as it was."""
        return getattr(self._channel, name)

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        return f"unsent-{post.id}"

    async def settle(self, post: Post, reply: Reply) -> None:
        platform_id = await self._channel.place(replace(post, platform_id=""))
        await self._channel.settle(replace(post, platform_id=platform_id), reply)

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        return None

    async def show(self, post: Post, text: str) -> None:
        """Nothing stands there yet that could grow."""


@dataclass(frozen=True)
class Build:
    """What is built differently."""

    name: str

    def core(self, core: Core) -> Core:
        return replace(core, intake=HastyIntake(core.intake)) if self.name == HASTY else core

    def channel(self, channel: Channel) -> Channel:
        return cast(Channel, BlindChannel(channel)) if self.name == BLIND else channel


def find_build(name: str) -> Build:
    """The build of this name."""
    if name not in (SOUND, HASTY, BLIND):
        raise ValueError(f"there is no build {name}")
    return Build(name)
