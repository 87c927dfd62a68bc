"""The summary is written in the background, and only a whole one counts."""

from collections.abc import AsyncGenerator

from core.dialogue.summary import summarise
from core.engine.types import Delta, Finish, Options, Prompt
from core.store.records import Exchange
from core.testing import ScriptedEngine

EXCHANGES = (Exchange(seq=1, turn_id="t1", question="I like tea", reply="Noted"),)


class Interrupted(ScriptedEngine):
    """Gives way in the middle of what it writes."""

    def __init__(self, finish: Finish) -> None:
        super().__init__()
        self.finish = finish
        self.options: list[Options] = []

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        self.options.append(options)
        yield Delta(text="Anna likes")
        yield Delta(text=" tea.", finish=self.finish)


async def test_a_summary_is_asked_for_in_the_background() -> None:
    engine = Interrupted(Finish.STOP)
    assert await summarise(engine, "", EXCHANGES) == "Anna likes tea."
    assert engine.options[0].background


async def test_a_summary_that_gave_way_is_none() -> None:
    assert await summarise(Interrupted(Finish.CANCELLED), "", EXCHANGES) == ""
