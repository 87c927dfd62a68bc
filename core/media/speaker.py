"""Text to speech, by a confined child process that holds the voice and can be ended at any moment."""

import logging
from collections import OrderedDict
from collections.abc import Sequence
from enum import StrEnum

from core.confined.process import ChildDied, ChildProcess, ChildStalled
from core.media.refusal import Refusal, Unusable

SECONDS = 60.0
"""That one text may take: a minute of speech takes about one on an idle machine."""
LARGEST_ANSWER = 8_000_000
"""Bytes: a quarter of an hour of MP3."""
IDLE_SECONDS = 600.0
"""After which the voice leaves the memory."""
KEPT = 16_000_000
"""Bytes of speech that are kept at hand, for what is sent again and what is said often."""
LANGUAGES = ("en",)
"""ISO 639-1 codes of what there is a voice for."""

_log = logging.getLogger(__name__)


class Form(StrEnum):
    """Of a file with speech, by the ending of its name."""

    OGG = "ogg"
    """Opus in Ogg, of which Telegram makes voice notes (core.telegram.org/bots/api#sendvoice)."""
    MP3 = "mp3"
    """What every browser and Slack play."""


class Speaker:
    """Reads one text at a time; the others wait."""

    languages: Sequence[str] = LANGUAGES

    def __init__(self) -> None:
        self._child = ChildProcess(
            "core.media.speaker_child",
            seconds=SECONDS,
            largest_answer=LARGEST_ANSWER,
            idle_seconds=IDLE_SECONDS,
        )
        self._kept: OrderedDict[tuple[str, Form], bytes] = OrderedDict()

    @property
    def confined(self) -> bool:
        """Whether the child can open nothing any more."""
        return self._child.confined

    @property
    def process_id(self) -> int | None:
        """Of the child that holds the voice."""
        return self._child.process_id

    async def speak(self, text: str, form: Form) -> bytes:
        """A file in which the text is read. A call that is cancelled ends the child.

        Args:
            text: plain words, a line for each paragraph.

        Raises:
            Unusable: it took too long, or nothing can be made of the text.
        """
        key = (text, form)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        speech = await self._spoken(text, form)
        self._kept[key] = speech
        while sum(map(len, self._kept.values())) > KEPT:
            self._kept.popitem(last=False)
        return speech

    async def close(self) -> None:
        """End the child process."""
        await self._child.close()
        self._kept.clear()

    async def _spoken(self, text: str, form: Form) -> bytes:
        try:
            speech = await self._child.ask({"form": form}, text.encode())
        except ChildStalled:
            raise Unusable(Refusal.LATE) from None
        except ChildDied as error:
            _log.warning("the process that reads aloud is of no use: %s", error)
            raise Unusable(Refusal.BROKEN) from None
        if not speech:
            raise Unusable(Refusal.SILENT)
        return speech
