"""How the text of a source is kept: the operator's in clear, what people brought sealed for its owner."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping

from core.errors import Erased
from core.store.sealing import MARK, Sealer

SEALED = "\x01"
"""Before text that is sealed, as base64: no text of a document has a control character."""


class Seals:
    """Seals and opens columns; an empty owner, the operator, has everything in clear."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def text(self, owner: str, text: str) -> str:
        """Make it fit to be stored."""
        sealed = self._sealer.seal(owner, text) if owner else b""
        return SEALED + b64encode(sealed).decode() if sealed.startswith(MARK) else text

    def read(self, owner: str, kept: str) -> str:
        """What `text` made for the same owner.

        Raises:
            Erased: the key is gone.
            StoreError: it is out of reach.
        """
        return self._sealer.open(owner, b64decode(kept[1:])) if owner and kept.startswith(SEALED) else kept

    def body(self, owner: str, body: bytes) -> bytes:
        """Make it fit to be stored."""
        return self._sealer.seal_file(owner, body) if owner else body

    def read_body(self, owner: str, kept: bytes) -> bytes:
        """What `body` made for the same owner; raises as `read` does."""
        return self._sealer.open_file(owner, kept) if owner else kept

    def left(self, owner: str, *kept: str) -> tuple[str, ...] | None:
        """What `text` made, all together; None where the key is gone: then nobody has it any more."""
        try:
            return tuple(self.read(owner, each) for each in kept)
        except Erased:
            return None

    def destroy(self, kept: Mapping[str, Iterable[str]]) -> None:
        """Destroy the keys of owners, of whom these texts are there."""
        self._sealer.destroy(
            {
                owner: [b64decode(each[1:]) for each in texts if each.startswith(SEALED)]
                for owner, texts in kept.items()
            }
        )
