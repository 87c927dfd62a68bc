"""Sealing with keys, beside what was written before there were any."""

from collections.abc import Iterable, Mapping

from core.privacy.keys import Keys
from core.store.sealing import MARK


class KeyedSealer:
    """Fills `core.store.sealing.Sealer` with encryption; what was kept before in clear stays readable."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    def seal(self, owner: str, text: str) -> bytes:
        return self.seal_file(owner, text.encode("utf-8", "replace"))

    def open(self, owner: str, sealed: bytes) -> str:
        return self.open_file(owner, sealed).decode("utf-8")

    def seal_file(self, owner: str, content: bytes) -> bytes:
        return MARK + self._keys.seal(owner, content)

    def open_file(self, owner: str, sealed: bytes) -> bytes:
        if not sealed.startswith(MARK):
            return sealed
        return self._keys.open(owner, sealed[len(MARK) :])

    def look(self) -> None:
        self._keys.look()

    def destroy(self, sealed: Mapping[str, Iterable[bytes]]) -> int:
        return self._keys.destroy(
            {
                owner: [each.removeprefix(MARK) for each in some if each.startswith(MARK)]
                for owner, some in sealed.items()
            }
        )
