"""Files of sound and pictures, decoded by a child process that can do no harm."""

import json

from core.confined.process import ChildDied, ChildProcess, ChildStalled
from core.media.decoding import RATE, Pixels
from core.media.refusal import Refusal, Unusable

SECONDS = 30.0
"""That decoding one file may take; the processor time is bounded apart from that."""
LARGEST_ANSWER = 100_000_000
"""Bytes: the samples of the longest sound, or the pixels of the largest picture."""


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
        _, decoded = await self._ask({"do": "listen", "longest": longest}, content)
        if len(decoded) < RATE // 5:
            raise Unusable(Refusal.SILENT)
        return decoded

    async def pixels(self, content: bytes) -> Pixels:
        """A picture, upright, without anything that its file told beside it.

        Raises:
            Unusable: nothing can be made of it.
        """
        told, decoded = await self._ask({"do": "look"}, content)
        if len(decoded) != told["width"] * told["height"] * 3:
            raise Unusable(Refusal.HARMFUL)
        return Pixels(width=told["width"], height=told["height"], rgb=decoded)

    async def close(self) -> None:
        """End the child process."""
        await self._child.close()

    async def _ask(self, asked: dict[str, object], content: bytes) -> tuple[dict[str, int], bytes]:
        try:
            answer = await self._child.ask(asked, content)
        except (ChildDied, ChildStalled):
            raise Unusable(Refusal.HARMFUL) from None
        line, _, decoded = answer.partition(b"\n")
        told = json.loads(line)
        if "refused" in told:
            raise Unusable(Refusal(told["refused"]))
        return told, decoded
