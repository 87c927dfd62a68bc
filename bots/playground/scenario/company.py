"""People on several platforms at once, as one scene."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from bots.playground.scenario.scene import Scene, Seen, SentFile
from bots.playground.scenario.script import Place, Script


class Company:
    """Fills `bots.playground.scenario.scene.Scene`; each person takes the next seat of their platform."""

    def __init__(self, script: Script, scenes: Mapping[str, Scene]) -> None:
        """`scenes` are those of the platforms that the script's cast names."""
        self._scenes = scenes
        self._seats: list[tuple[Scene, int]] = []
        taken: Counter[str] = Counter()
        for person in script.people:
            platform = script.cast[person]
            self._seats.append((scenes[platform], taken[platform]))
            taken[platform] += 1

    async def say(
        self, who: int, at: Place, text: str, *, to_the_assistant: bool, under_file: bool = False
    ) -> None:
        scene, seat = self._seats[who]
        await scene.say(seat, at, text, to_the_assistant=to_the_assistant, under_file=under_file)

    async def send(self, who: int, at: Place, files: Sequence[SentFile], caption: str) -> None:
        scene, seat = self._seats[who]
        await scene.send(seat, at, files, caption)

    async def edit(self, who: int, at: Place, text: str) -> None:
        scene, seat = self._seats[who]
        await scene.edit(seat, at, text)

    async def delete(self, who: int, at: Place) -> None:
        scene, seat = self._seats[who]
        await scene.delete(seat, at)

    async def begun(self, who: int, at: Place) -> None:
        scene, seat = self._seats[who]
        await scene.begun(seat, at)

    async def stop(self, who: int, at: Place) -> None:
        scene, seat = self._seats[who]
        await scene.stop(seat, at)

    async def rate(self, who: int, at: Place, verdict: str) -> None:
        scene, seat = self._seats[who]
        await scene.rate(seat, at, verdict)

    async def press(self, who: int, at: Place, label: str) -> None:
        scene, seat = self._seats[who]
        await scene.press(seat, at, label)

    async def hours_pass(self, who: int, hours: float) -> None:
        scene, seat = self._seats[who]
        await scene.hours_pass(seat, hours)

    async def seen(self, who: int, at: Place) -> Sequence[Seen]:
        scene, seat = self._seats[who]
        return await scene.seen(seat, at)

    async def changed(self) -> None:
        waiting = [asyncio.create_task(scene.changed()) for scene in self._scenes.values()]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
