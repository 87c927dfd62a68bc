"""Recordings heard and pictures read by workers on other machines, for cores that cannot.

A file goes to the worker as it came, which is far smaller than what is decoded of it. It is decoded there, by
a child process that can do no harm.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from core.engine.fleet.file_jobs import FileJobs, Handle
from core.engine.fleet.wire import packed, unpacked
from core.errors import ModelError
from core.media.listener import Speech
from core.media.reader import Page
from core.media.recognition import Here
from core.media.refusal import Refusal, Unusable

HEAR, SEE = "hear", "see"
"""What workers do with files."""
HEAR_SECONDS, SEE_SECONDS = 480.0, 240.0
"""That a file may take, from when it is in the queue: twice as long as a machine gets for one."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class _Hearing:
    """What a core asks."""

    longest: float
    """Seconds that the recording may take."""


@dataclass(frozen=True, kw_only=True)
class _Heard:
    """What a worker tells on the way."""

    at: float
    of: float


@dataclass(frozen=True, kw_only=True)
class _Made:
    """What a worker made of a file: one of them, or why it made nothing."""

    speech: Speech | None = None
    page: Page | None = None
    refused: Refusal | None = None


class Elsewhere:
    """Fills `core.media.recognition.Recognition` with workers.

    Args:
        jobs: reach them.
    """

    def __init__(self, jobs: FileJobs) -> None:
        self._jobs = jobs

    @property
    def hears(self) -> bool:
        return self._jobs.are_done(HEAR)

    @property
    def sees(self) -> bool:
        return self._jobs.are_done(SEE)

    @property
    def sees_now(self) -> bool:
        """Whether a worker that reads pictures is there now."""
        return self._jobs.can_be_done_now(SEE)

    async def hear(self, content: bytes, *, longest: float, tell: Callable[[float, float], None]) -> Speech:
        def told(progress: str) -> None:
            heard = unpacked(_Heard, progress.encode())
            tell(heard.at, heard.of)

        asked = packed(_Hearing(longest=longest)).decode()
        async with _in_time(HEAR_SECONDS, unable=Refusal.NO_VOICE):
            made = unpacked(_Made, (await self._jobs.do(HEAR, asked, content, told)).encode())
        if made.speech is None:
            raise Unusable(made.refused or Refusal.NO_VOICE)
        return made.speech

    async def see(self, content: bytes) -> Page:
        async with _in_time(SEE_SECONDS, unable=Refusal.NO_VISION):
            made = unpacked(_Made, (await self._jobs.do(SEE, "", content, lambda _: None)).encode())
        if made.page is None:
            raise Unusable(made.refused or Refusal.NO_VISION)
        return made.page


@asynccontextmanager
async def _in_time(seconds: float, *, unable: Refusal) -> AsyncIterator[None]:
    """What goes wrong in the block is said as a refusal.

    Args:
        seconds: that it may take.
        unable: why nothing is made of the file where no worker does it.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise Unusable(Refusal.LATE) from None
    except ModelError as error:
        _log.warning("no worker made anything of a file: %s", error)
        raise Unusable(unable) from None


def handles(here: Here) -> Mapping[str, Handle]:
    """What a worker does with files.

    Args:
        here: what its machine has.
    """

    async def hear(asked: str, content: bytes, tell: Callable[[str], None]) -> _Made:
        def told(at: float, of: float) -> None:
            tell(packed(_Heard(at=at, of=of)).decode())

        longest = unpacked(_Hearing, asked.encode()).longest
        return _Made(speech=await here.hear(content, longest=longest, tell=told))

    async def see(_asked: str, content: bytes, _tell: Callable[[str], None]) -> _Made:
        return _Made(page=await here.see(content))

    return {**({HEAR: _handle(hear)} if here.hears else {}), **({SEE: _handle(see)} if here.sees else {})}


def _handle(make: Callable[[str, bytes, Callable[[str], None]], Awaitable[_Made]]) -> Handle:
    """As it travels; what cannot be used of a file is no fault of the worker."""

    async def handle(asked: str, content: bytes, tell: Callable[[str], None]) -> str:
        try:
            made = await make(asked, content, tell)
        except Unusable as unusable:
            made = _Made(refused=unusable.reason)
        return packed(made).decode()

    return handle
