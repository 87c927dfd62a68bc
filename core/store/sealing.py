"""The one place through which text goes into the database, files onto the disk, and both come out again."""

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from core.errors import StoreError

MARK = b"\x01sealed\x01"
"""Before what is encrypted: no text of ours begins so."""
WITHIN = MARK + bytes(8)
"""Before what is encrypted with keys of people, too, within that of its owner: no key has the number 0."""


def personal(person: str) -> str:
    """The owner of a person's key, with which is sealed what they wrote among others."""
    return f"person:{person}"


class Sealer(Protocol):
    """Turns text and files into bytes at rest and back, unreadable without the keys of all they belong to."""

    def seal(self, owner: str, text: str, authors: Collection[str] = ()) -> bytes:
        """Make `text` fit to be stored.

        Args:
            owner: key of the conversation that it belongs to.
            authors: people, by their keys; where that of one is destroyed, nobody reads it any more.
        """

    def open(self, owner: str, sealed: bytes) -> str:
        """Read what `seal` made for the same owner.

        Raises:
            Erased: a key is gone.
        """

    def pass_on(self, owner: str, other: str, sealed: bytes) -> bytes:
        """What `seal` made for an owner belongs to another one from now on; its authors stay.

        Raises:
            Erased: the owner's key is gone.
        """

    def seal_file(self, owner: str, content: bytes) -> bytes:
        """Make a file fit to be stored. Takes long: use it off the event loop."""

    def open_file(self, owner: str, sealed: bytes) -> bytes:
        """Read what `seal_file` made for the same owner, or was kept before anything was sealed.

        Raises:
            Erased: the key is gone.
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

    def seal(self, owner: str, text: str, authors: Collection[str] = ()) -> bytes:
        return text.encode("utf-8", "replace")

    def open(self, owner: str, sealed: bytes) -> str:
        return self.open_file(owner, sealed).decode("utf-8")

    def pass_on(self, owner: str, other: str, sealed: bytes) -> bytes:
        return self.open_file(owner, sealed)

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
