"""An engine that counts, and goes on counting wherever another left off; also as a worker's process:
`python -m tests.engine.fleet.counting URL SECONDS PLACES`."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

from core.engine.fleet.broker import connected
from core.engine.fleet.worker import Worker
from core.engine.types import ChatMessage, Delta, Finish, Load, ModelCard, Options, Prompt, Usage
from core.errors import PromptTooLong
from core.testing import ScriptedEngine

BAR = "|"
"""Between the question and what is begun of its answer."""
START_SECONDS = 120.0


def counted(number: int) -> str:
    """What is to come of it."""
    return "".join(f" {each}" for each in range(1, number + 1))


class CountingEngine(ScriptedEngine):
    """Counts from 1 to the number that it is asked for.

    Args:
        seconds: per number.
        places: answers it writes side by side; more are written, too.
        model: version of its model.
    """

    def __init__(self, seconds: float = 0.0, places: int = 8, model: str = "1") -> None:
        super().__init__()
        self._seconds = seconds
        self._places = places
        self._version = model
        self.active = 0
        self.most = 0
        """Answers that it wrote at once at most."""
        self.begun = 0
        """Answers that it began."""
        self.finished = 0
        """Answers that it wrote to their end."""

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        if len(messages[-1].text) > 1000:
            raise PromptTooLong("That is too long")
        text = messages[-1].text + BAR + begun
        return Prompt(text=text, ids=tuple(range(1 + begun.count(" "))), model=self.card().reference)

    async def extend(self, prompt: Prompt, begun: str) -> Prompt:
        ids = tuple(range(prompt.tokens + begun.count(" ")))
        return replace(prompt, text=prompt.text + begun, ids=ids)

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        number, _, begun = prompt.text.partition(BAR)
        if not number.isdigit():
            raise RuntimeError(f"somebody's own words: {number}")
        self.active += 1
        self.begun += 1
        self.most = max(self.most, self.active)
        written = 0
        try:
            for each in range(1 + begun.count(" "), int(number) + 1):
                if written == options.max_tokens:
                    break
                await self.hold.wait()
                yield Delta(text=f" {each}")
                written += 1
                await asyncio.sleep(self._seconds)
            self.finished += 1
            whole = begun.count(" ") + written == int(number)
            usage = Usage(
                prompt_tokens=prompt.tokens, generated_tokens=written, first_token_seconds=0.0, seconds=1.0
            )
            yield Delta(text="", finish=Finish.STOP if whole else Finish.LENGTH, usage=usage)
        finally:
            self.active -= 1

    def card(self) -> ModelCard:
        return replace(super().card(), name="counting", version=self._version)

    def load(self) -> Load:
        return Load(queued=0, active=self.active, capacity=self._places, seconds_per_answer=1.0)


async def main(url: str, seconds: float, places: int) -> None:
    """Work until SIGTERM."""
    leave = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave.set)
    async with connected([url], role="worker") as broker:
        worker = Worker(broker, CountingEngine(seconds, places))
        sys.stdout.write(json.dumps({"worker": worker.id}) + "\n")
        sys.stdout.flush()
        await worker.run(leave, grace=20.0)


@asynccontextmanager
async def counting(url: str, seconds: float, places: int = 8) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker's process, for as long as the block runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.engine.fleet.counting", url, str(seconds), str(places)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            await process.stdout.readline()
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), int(sys.argv[3])))
