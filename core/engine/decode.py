"""Tokens to text while they come: whole characters only, and nothing of a stop string."""

import codecs
from collections.abc import Callable, Sequence


class IncrementalText:
    """Turns token ids into text piece by piece; the pieces joined are the text of all ids together.

    Bytes that are not UTF-8 become U+FFFD, but only once it is certain that no later token completes them.

    Args:
        bytes_of: the bytes a token stands for.
        stop: the text ends before the first of these.
    """

    def __init__(self, bytes_of: Callable[[int], bytes], stop: Sequence[str] = ()) -> None:
        self._bytes_of = bytes_of
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = [text for text in stop if text]
        self._held = ""
        self.stopped = False
        """A stop string was met: what follows is not part of the text."""

    def feed(self, ids: Sequence[int]) -> str:
        """The text that is certain once these ids came too."""
        if self.stopped:
            return ""
        self._held += self._decoder.decode(b"".join(map(self._bytes_of, ids)))
        end = self._stop_at()
        if end is not None:
            self.stopped = True
            certain, self._held = self._held[:end], ""
            return certain
        keep = self._possible_stop()
        certain, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return certain

    def finish(self) -> str:
        """What was held back, now that no more ids come; a character cut in the middle is left out."""
        rest, self._held = self._held, ""
        return rest

    def _stop_at(self) -> int | None:
        found = [at for text in self._stop if (at := self._held.find(text)) >= 0]
        return min(found, default=None)

    def _possible_stop(self) -> int:
        """Length of the longest end of the text that may be the begin of a stop string."""
        return max((_overlap(self._held, text) for text in self._stop), default=0)


def _overlap(text: str, stop: str) -> int:
    for length in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
