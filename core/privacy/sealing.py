"""Sealing with keys, beside what was written before there were any."""

from collections.abc import Collection, Iterable, Mapping

from core.privacy.keys import Keys
from core.store.sealing import MARK, WITHIN, personal

COUNT = 2
"""Bytes that say how many people's keys are within."""


class KeyedSealer:
    """Fills `core.store.sealing.Sealer` with encryption; what was kept before in clear stays readable.

    What has authors is encrypted with the key of each of them, one layer within the other, and then with
    that of its owner, who alone is named outside.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, owner: str, text: str, authors: Collection[str] = ()) -> bytes:
        content = text.encode("utf-8", "replace")
        if not authors:
            return self.seal_file(owner, content)
        for each in authors:
            content = self._keys.seal_within(personal(each), content)
        return WITHIN + self._keys.seal(owner, len(authors).to_bytes(COUNT) + content)

    def open(self, owner: str, sealed: bytes) -> str:
        if not sealed.startswith(WITHIN):
            return self.open_file(owner, sealed).decode("utf-8")
        content = self._keys.open(owner, sealed.removeprefix(WITHIN))
        layers, content = int.from_bytes(content[:COUNT]), content[COUNT:]
        for _ in range(layers):
            content = self._keys.open_within(content)
        return content.decode("utf-8")

    def pass_on(self, owner: str, other: str, sealed: bytes) -> bytes:
        if not sealed.startswith(WITHIN):
            return self.seal_file(other, self.open_file(owner, sealed))
        return WITHIN + self._keys.seal(other, self._keys.open(owner, sealed.removeprefix(WITHIN)))

    def seal_file(self, owner: str, content: bytes) -> bytes:
        return MARK + self._keys.seal(owner, content)

    def open_file(self, owner: str, sealed: bytes) -> bytes:
        if not sealed.startswith(MARK):
            return sealed
        return self._keys.open(owner, sealed.removeprefix(MARK))

    def look(self) -> None:
        self._keys.look()

    def destroy(self, sealed: Mapping[str, Iterable[bytes]]) -> int:
        return self._keys.destroy(
            {
                owner: [_numbered(each) for each in some if each.startswith(MARK)]
                for owner, some in sealed.items()
            }
        )


def _numbered(sealed: bytes) -> bytes:
    """What begins with the number of its owner's key."""
    return sealed.removeprefix(WITHIN if sealed.startswith(WITHIN) else MARK)
