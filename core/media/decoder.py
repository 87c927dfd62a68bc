"""Files of sound and pictures, decoded by a child process that can do no harm."""

import json
import logging

from core.confined.process import ChildDied, ChildNotStarted, ChildProcess, ChildStalled
from core.media.decoding import RATE, Pixels
from core.media.refusal import Refusal, Unusable

SECONDS = 30.0
"""That decoding one file may take; the processor time is bounded apart from that."""
LARGEST_ANSWER = 100_000_000
"""Bytes: the samples of the longest sound, or the pixels of the largest picture."""

_log = logging.getLogger(__name__)


class Decoder:
    """Decodes one file at a time."""

    def __init__(self) -> None:
        self._child = ChildProcess("core.media.decoder_child", seconds=SECONDS, largest_answer=LARGEST_ANSWER)

    @property
    def confined(self) -> bool:
        """Whether the child can open nothing but what it is given."""
        return self._child.confined

    @property
    def process_id(self) -> int | None:
        """Of the child."""
        return self._child.process_id

    async def samples(self, content: bytes, *, longest: float) -> bytes:
        """The sound of a file: 16-bit samples of one channel, `RATE` a second.

        Args:
            content: is trusted in nothing.
            longest: seconds it may take.

        Raises:
            Unusable: nothing can be made of it.
        """
        _, decoded = await self._ask({"do": "listen", "longest": longest}, content, unable=Refusal.NO_VOICE)
        if len(decoded) < RATE // 5:
            raise Unusable(Refusal.SILENT)
        return decoded

    async def pixels(self, content: bytes) -> Pixels:
        """A picture, upright, without anything that its file told beside it.

        Raises:
            Unusable: nothing can be made of it.
        """
        told, decoded = await self._ask({"do": "look"}, content, unable=Refusal.NO_VISION)
        if len(decoded) != told["width"] * told["height"] * 3:
            raise Unusable(Refusal.HARMFUL)
        return Pixels(width=told["width"], height=told["height"], rgb=decoded)

    async def close(self) -> None:
        """End the child process."""
        await self._child.close()

    async def _ask(
        self, asked: dict[str, object], content: bytes, *, unable: Refusal
    ) -> tuple[dict[str, int], bytes]:
        """What the child says.

        Args:
            unable: why nothing is made of the file where there is no child.
        """
        try:
            answer = await self._child.ask(asked, content)
        except ChildNotStarted as error:
            _log.warning("the process that decodes files is of no use: %s", error)
            raise Unusable(unable) from None
        except (ChildDied, ChildStalled) as error:
            _log.warning("a file broke the process that decodes files: %s", error)
            raise Unusable(Refusal.HARMFUL) from None
        line, _, decoded = answer.partition(b"\n")
        told = json.loads(line)
        if "refused" in told:
            raise Unusable(Refusal(told["refused"]))
        return told, decoded
