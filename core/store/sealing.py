"""The one place through which text goes into the database, files onto the disk, and both come out again."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from core.errors import StoreError

MARK = b"\x01sealed\x01"
"""Before what is encrypted: no text of ours begins so."""


class Sealer(Protocol):
    """Turns text and files into bytes at rest and back; encryption per person fits in here."""

    def seal(self, owner: str, text: str) -> bytes:
        """Make `text` fit to be stored; `owner` is the key of the conversation or person it belongs to."""

    def open(self, owner: str, sealed: bytes) -> str:
        """Read what `seal` made for the same owner."""

    def seal_file(self, owner: str, content: bytes) -> bytes:
        """Make a file fit to be stored. Takes long: use it off the event loop."""

    def open_file(self, owner: str, sealed: bytes) -> bytes:
        """Read what `seal_file` made for the same owner, or was kept before anything was sealed.

        Raises:
            StoreError: the key is gone.
        """

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
        return self.open_file(owner, sealed).decode("utf-8")

    def seal_file(self, owner: str, content: bytes) -> bytes:
        return content

    def open_file(self, owner: str, sealed: bytes) -> bytes:
        if sealed.startswith(MARK):
            raise StoreError(
                "This is sealed with a key. Set FRONTDESK_SECRET_KEY to the one it was sealed with."
            )
        return sealed

    def look(self) -> None:
        """There are no keys."""

    def destroy(self, sealed: Mapping[str, Iterable[bytes]]) -> int:
        return 0
