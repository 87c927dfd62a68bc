"""From a file to what is said or written in it: on this machine, or on one that has what it takes."""

from collections.abc import Callable
from typing import Protocol

from core.media.decoder import Decoder
from core.media.decoding import Pixels
from core.media.listener import Speech
from core.media.reader import Page
from core.media.refusal import Refusal, Unusable


class SpeechRecogniser(Protocol):
    """What hears recordings."""

    async def listen(self, samples: bytes, tell: Callable[[float, float], None]) -> Speech:
        """What is said, as `core.media.listener.Listener.listen` does it."""

    async def close(self) -> None:
        """Let go of what it holds."""


class TextRecogniser(Protocol):
    """What reads pictures."""

    async def read(self, picture: Pixels) -> Page:
        """What stands there, as `core.media.reader.PictureReader.read` does it."""

    async def close(self) -> None:
        """Let go of what it holds."""


class Recognition(Protocol):
    """Makes something of files."""

    @property
    def hears(self) -> bool:
        """Whether it listens to recordings."""

    @property
    def sees(self) -> bool:
        """Whether it reads pictures."""

    async def hear(self, content: bytes, *, longest: float, tell: Callable[[float, float], None]) -> Speech:
        """What is said in a recording.

        Args:
            content: of its file, which is trusted in nothing.
            longest: seconds it may take.
            tell: given, again and again, how many seconds were listened to and how many there are.

        Raises:
            Unusable: nothing can be made of it.
        """

    async def see(self, content: bytes) -> Page:
        """What stands in a picture.

        Raises:
            Unusable: nothing can be made of it.
        """


class Here:
    """Fills `Recognition` with what this machine has.

    Args:
        listener: hears recordings, where there is a model.
        reader: reads pictures, where that can be done.
    """

    def __init__(self, listener: SpeechRecogniser | None, reader: TextRecogniser | None) -> None:
        self._listener = listener
        self._reader = reader
        self._decoder = Decoder()

    @property
    def hears(self) -> bool:
        return self._listener is not None

    @property
    def sees(self) -> bool:
        return self._reader is not None

    async def hear(self, content: bytes, *, longest: float, tell: Callable[[float, float], None]) -> Speech:
        if self._listener is None:
            raise Unusable(Refusal.NO_VOICE)
        return await self._listener.listen(await self._decoder.samples(content, longest=longest), tell)

    async def see(self, content: bytes) -> Page:
        if self._reader is None:
            raise Unusable(Refusal.NO_VISION)
        return await self._reader.read(await self._decoder.pixels(content))

    async def close(self) -> None:
        """End what it has started."""
        await self._decoder.close()
        for each in (self._listener, self._reader):
            if each is not None:
                await each.close()
