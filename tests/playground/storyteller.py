"""An engine for people to be played against."""

from collections.abc import AsyncGenerator

from core.engine.types import Delta, Options, Prompt
from core.testing import ScriptedEngine


class Storyteller(ScriptedEngine):
    """An echo, which only begins a story and waits to be stopped, or until `hold` is set."""

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        question = prompt.text.rsplit("user: ", 1)[-1]
        self.hold.clear() if "story" in question else self.hold.set()
        async for delta in super().stream(prompt, options):
            yield delta
