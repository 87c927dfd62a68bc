"""Recordings heard and pictures read, for whoever answers them."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable

from core import words
from core.errors import PlatformError, TooLarge
from core.media.listener import Speech
from core.media.outline import outline
from core.media.reader import Page
from core.media.recognition import Here, Recognition, SpeechRecogniser, TextRecogniser
from core.media.refusal import Refusal, Unusable
from core.message import Attachment, Message, Recognised
from core.policy import Policy
from core.ports import Files

MEGABYTE = 1_000_000
SURE = 0.6
"""The confidence from which what was heard is taken for what was said. Below it one word in five was wrong in
the benchmark (`tests.benchmarks.media`)."""
LONG = 60.0
"""Seconds from which a recording is told in a few sentences, with time marks."""
FETCH_SECONDS = 60.0
AT_ONCE = 2
"""Files of a sense that are held in memory: while one is listened to, the next is fetched and decoded."""
KNOWN = 256
"""Files whose content is kept at hand, for turns that are taken up again."""

_log = logging.getLogger(__name__)


class Senses:
    """Fills `core.delivery.perception.Perception`.

    Args:
        files: what people attached.
        listener: hears recordings, where there is a model.
        reader: reads pictures, where that can be done.
        elsewhere: does what is not done here.
    """

    def __init__(
        self,
        files: Files,
        listener: SpeechRecogniser | None,
        reader: TextRecogniser | None,
        elsewhere: Recognition | None = None,
    ) -> None:
        self._files = files
        self._here = Here(listener, reader)
        self._elsewhere = elsewhere or self._here
        self._hearing, self._seeing = asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(AT_ONCE)
        self._known: OrderedDict[tuple[str, str], Recognised] = OrderedDict()

    async def recognise(
        self, attachment: Attachment, message: Message, policy: Policy, tell: Callable[[str], None]
    ) -> Recognised | None:
        if attachment.kind == "document":
            return None
        key = (message.conversation.key, attachment.id)
        if key in self._known:
            return self._known[key]
        async with self._seeing if attachment.kind == "image" else self._hearing:
            found = await self._recognised(attachment, message, policy, tell)
        if not found.refused:
            self._known[key] = found
            while len(self._known) > KNOWN:
                self._known.popitem(last=False)
        return found

    async def close(self) -> None:
        await self._here.close()

    async def _recognised(
        self, attachment: Attachment, message: Message, policy: Policy, tell: Callable[[str], None]
    ) -> Recognised:
        try:
            if attachment.kind == "image":
                return await self._read(attachment, message, policy, tell)
            return await self._heard(attachment, message, policy, tell)
        except Unusable as refused:
            return Recognised(refused=refused.reason)
        except Exception:  # noqa: BLE001 - whatever broke, the person hears something
            _log.exception("a file in %s could not be recognised", message.conversation.key)
            return Recognised(refused=Refusal.BROKEN)

    async def _heard(
        self, attachment: Attachment, message: Message, policy: Policy, tell: Callable[[str], None]
    ) -> Recognised:
        ears = self._here if self._here.hears else self._elsewhere
        if not ears.hears or not policy.longest_recording_seconds:
            raise Unusable(Refusal.NO_VOICE)
        content = await self._fetched(attachment, message, policy)
        speech = await ears.hear(
            content,
            longest=policy.longest_recording_seconds,
            tell=lambda at, of: tell(words.listening(at, of)),
        )
        return await _recognised_speech(speech)

    async def _read(
        self, attachment: Attachment, message: Message, policy: Policy, tell: Callable[[str], None]
    ) -> Recognised:
        eyes = self._here if self._here.sees else self._elsewhere
        if not eyes.sees or not policy.reads_pictures:
            raise Unusable(Refusal.NO_VISION)
        tell(words.looking())
        content = await self._fetched(attachment, message, policy)
        return _recognised_page(await eyes.see(content))

    async def _fetched(self, attachment: Attachment, message: Message, policy: Policy) -> bytes:
        limit = int(policy.largest_file_megabytes * MEGABYTE)
        try:
            async with asyncio.timeout(FETCH_SECONDS):
                return await self._files.fetch(attachment, message.conversation, limit=limit)
        except TooLarge:
            raise Unusable(Refusal.TOO_LARGE) from None
        except (PlatformError, TimeoutError):
            raise Unusable(Refusal.AWAY) from None


async def _recognised_speech(speech: Speech) -> Recognised:
    is_long = bool(speech.stretches) and speech.stretches[-1].end > LONG
    told = await asyncio.to_thread(outline, speech) if is_long else ""
    return Recognised(text=speech.text, sure=speech.confidence >= SURE, outline=told)


def _recognised_page(page: Page) -> Recognised:
    codes = [f"{each.format}: {each.text}" for each in page.codes]
    return Recognised(text="\n".join(part for part in (page.text, *codes) if part), rows=page.rows)
