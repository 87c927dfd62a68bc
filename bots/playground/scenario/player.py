"""Plays a scenario on one platform."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from bots.playground.scenario.scene import Scene, Seen, SentFile
from bots.playground.scenario.script import SEATS, Script, Step

PATIENCE = 60.0
"""Seconds to wait for what must be seen."""


class ScenarioFailed(Exception):
    """A step did not go as the scenario says."""

    def __init__(self, number: int, step: Step, reason: str) -> None:
        super().__init__(f"step {number} ({step.verb} {getattr(step, step.verb)!r} in {step.at}): {reason}")


async def play(
    script: Script,
    scene: Scene,
    progress: Callable[[Step], None] = lambda _: None,
    patience: float = PATIENCE,
    folder: Path | None = None,
) -> None:
    """Play every step in order.

    Args:
        progress: called after each step.
        patience: seconds to wait for what must be seen.
        folder: where the files lie that people send.

    Raises:
        ScenarioFailed: names the step, what was expected and what was seen instead.
    """
    people = script.people
    for number, step in enumerate(script.steps, start=1):
        if len(people) > SEATS and not script.cast:
            raise ScenarioFailed(number, step, f"there are seats for {SEATS} people: {', '.join(people)}")
        try:
            async with asyncio.timeout(patience):
                who = people.index(step.who) if step.who else 0
                if step.sends:
                    await scene.send(who, step.at, _files(step, folder), step.caption)
                else:
                    await _STEPS[step.verb](scene, step, who)
        except (ValueError, TimeoutError, AssertionError) as error:
            there = await scene.seen(people.index(step.who) if step.who else 0, step.at)
            raise ScenarioFailed(number, step, f"{error or 'waited in vain'}; {_tale(there)}") from error
        progress(step)


async def _says(scene: Scene, step: Step, who: int) -> None:
    under_file = step.under == "file"
    await scene.say(
        who, step.at, step.says or "", to_the_assistant=step.to_the_assistant, under_file=under_file
    )


def _files(step: Step, folder: Path | None) -> Sequence[SentFile]:
    names = [step.sends] if isinstance(step.sends, str) else step.sends or []
    return [SentFile(name=name, content=_content(name, folder)) for name in names]


def _content(name: str, folder: Path | None) -> bytes:
    path = folder / Path(name).name if folder else None
    return path.read_bytes() if path and path.is_file() else f"What {name} holds.".encode()


async def _edits(scene: Scene, step: Step, who: int) -> None:
    await scene.edit(who, step.at, step.edits or "")


async def _deletes(scene: Scene, step: Step, who: int) -> None:
    await scene.delete(who, step.at)


async def _sees_it_begin(scene: Scene, step: Step, who: int) -> None:
    await scene.begun(who, step.at)


async def _stops(scene: Scene, step: Step, who: int) -> None:
    await scene.stop(who, step.at)


async def _rates(scene: Scene, step: Step, who: int) -> None:
    await scene.rate(who, step.at, step.rates or "")


async def _presses(scene: Scene, step: Step, who: int) -> None:
    await scene.press(who, step.at, step.presses or "")


async def _hours_pass(scene: Scene, step: Step, who: int) -> None:
    await scene.hours_pass(who, step.hours_pass or 0)


async def _sees(scene: Scene, step: Step, who: int) -> None:
    wanted = (step.sees or "").casefold()
    while True:
        posts = await scene.seen(who, step.at)
        if posts and posts[-1].finished and wanted in posts[-1].text.casefold():
            return
        await scene.changed()


async def _never_sees(scene: Scene, step: Step, who: int) -> None:
    unwanted = (step.never_sees or "").casefold()
    if any(unwanted in post.text.casefold() for post in await scene.seen(who, step.at)):
        raise ValueError("it stands there")


async def _answers(scene: Scene, step: Step, who: int) -> None:
    if len(await scene.seen(who, step.at)) != step.answers:
        raise ValueError("another number stands there")


def _tale(posts: Sequence[Seen]) -> str:
    shown = [f"{post.text[:200]!r}{'' if post.finished else ' (unfinished)'}" for post in posts]
    return f"the assistant's messages there: {', '.join(shown) or 'none'}"


_STEPS = {
    "says": _says,
    "edits": _edits,
    "deletes": _deletes,
    "sees_it_begin": _sees_it_begin,
    "stops": _stops,
    "rates": _rates,
    "presses": _presses,
    "hours_pass": _hours_pass,
    "sees": _sees,
    "never_sees": _never_sees,
    "answers": _answers,
}
