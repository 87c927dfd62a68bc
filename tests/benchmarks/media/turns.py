"""What a voice turn takes beside the listening, and what ten of them at once do to those who write."""

import asyncio
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bots.media import open_listener
from bots.run import opened_engine
from core import settings
from core.engine.types import ChatMessage, Engine, Options, Role
from core.media.listener import Listener, Speech
from core.media.senses import Senses
from core.message import Addressing, Attachment, Conversation, Message, Person, Platform
from core.policy import Policy
from core.testing import FakeFiles

NOTE = Path(__file__).parents[2] / "media" / "samples" / "number.ogg"
NOTES, REPEATS = 10, 8


class _Timed:
    """A listener, and how long it listened."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self.seconds = 0.0

    async def listen(self, samples: bytes, tell: object) -> Speech:
        began = time.perf_counter()
        try:
            return await self._listener.listen(samples, lambda at, of: None)
        finally:
            self.seconds = time.perf_counter() - began

    async def close(self) -> None:
        await self._listener.close()


async def turns() -> None:
    """Measure, and print."""
    configured = settings.load()
    listener = open_listener(configured.model_copy(update={"speech": "whisper-base"}))
    if listener is None:
        raise SystemExit("run `frontdesk model pull whisper-base` first")
    timed, console = _Timed(listener), Console()
    files = FakeFiles(**{f"n{at}": NOTE.read_bytes() for at in range(NOTES + REPEATS + 1)})
    senses = Senses(files, timed, None)
    try:
        await _hear(senses, 0)
        beside = []
        for at in range(1, REPEATS + 1):
            began = time.perf_counter()
            await _hear(senses, at)
            beside.append(time.perf_counter() - began - timed.seconds)
        console.print(f"A voice note takes {1000 * statistics.median(beside):.0f} ms beside the listening")
        async with opened_engine(configured) as engine:
            await _answers(engine, 1)
            alone = await _answers(engine, 4)
            listening = [asyncio.create_task(_hear(senses, REPEATS + 1 + at)) for at in range(NOTES)]
            together = await _answers(engine, 4)
            ended = all(each.done() for each in listening)
            await asyncio.gather(*listening)
        console.print(
            f"An answer takes {alone:.2f} s alone and {together:.2f} s while {NOTES} voice notes are heard"
            f"{' (which ended before)' if ended else ''}; "
            f"the process that listens took {_peak(listener)} MB at most"
        )
    finally:
        await senses.close()


async def _hear(senses: Senses, number: int) -> None:
    place = Conversation(platform=Platform.TELEGRAM, tenant="1", channel=str(number), direct=True)
    note = Attachment(id=f"n{number}", kind="audio")
    message = Message(
        id="1",
        conversation=place,
        sender=Person(platform=Platform.TELEGRAM, tenant="1", id="1"),
        text="",
        addressed=Addressing.DIRECT,
        sent_at=datetime.now(UTC),
        attachments=(note,),
    )
    found = await senses.recognise(note, message, Policy(), lambda doing: None)
    assert found is not None and found.text


async def _answers(engine: Engine, count: int) -> float:
    """Seconds that an answer takes, one after the other."""
    taken: Sequence[float] = []
    for at in range(count):
        began = time.perf_counter()
        prompt = await engine.prepare([ChatMessage(role=Role.USER, text=f"Tell me about the number {at}.")])
        async for _ in engine.stream(prompt, Options(max_tokens=60)):
            pass
        taken = [*taken, time.perf_counter() - began]
    return statistics.median(taken)


def _peak(listener: Listener) -> int:
    status = Path(f"/proc/{listener.process_id}/status").read_text()
    return next(int(line.split()[1]) // 1000 for line in status.splitlines() if line.startswith("VmHWM"))
