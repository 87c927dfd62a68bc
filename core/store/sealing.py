"""The one place through which text goes into the database and comes out of it."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from core.errors import StoreError

MARK = b"\x01sealed\x01"
"""Before what is encrypted: no text of ours begins so."""


class Sealer(Protocol):
    """Turns text into bytes at rest and back; encryption per person fits in here."""

    def seal(self, owner: str, text: str) -> bytes:
        """Make `text` fit to be stored; `owner` is the key of the conversation or person it belongs to."""

    def open(self, owner: str, sealed: bytes) -> str:
        """Read what `seal` made for the same owner."""

    def look(self) -> None:
        """Find out whether the keys are within reach; called before a write that others wait for begins.

        Raises:
            StoreError: they are not.
        """

    def destroy(self, sealed: Mapping[str, Iterable[bytes]]) -> int:
        """Make what was sealed for these owners unreadable for ever; returns how many keys are gone.

        Args:
            sealed: by owner what is there of it.
        """


class PlainSealer:
    """Keeps text as UTF-8; the file's own permissions protect it."""

    def seal(self, owner: str, text: str) -> bytes:
        return text.encode("utf-8", "replace")

    def open(self, owner: str, sealed: bytes) -> str:
        if sealed.startswith(MARK):
            raise StoreError(
                "This is sealed with a key. Set FRONTDESK_SECRET_KEY to the one it was sealed with."
            )
        return sealed.decode("utf-8")

    def look(self) -> None:
        """There are no keys."""

    def destroy(self, sealed: Mapping[str, Iterable[bytes]]) -> int:
        return 0
