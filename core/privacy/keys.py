"""Keys, one for each conversation and person: what was sealed with one is gone when it is, in backups too.

They are in a vault of their own, apart from the database, wrapped by a key that comes from
FRONTDESK_SECRET_KEY. A backup of the database holds none of them: back the vault up apart, and keep fewer of
its backups.
"""

import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import ConfigurationError, Erased, StoreError
from core.privacy.vaults import Vault

KEPT = 10_000
"""Keys held in memory."""
POOL = 64
"""Keys made ahead, so that the vault is waited for once in so many new conversations."""
LOOK_SECONDS = 0.05
"""How long a key that another process destroyed may still be used."""
NONCE = 12
"""Bytes, as NIST SP 800-38D recommends for AES-GCM."""
NUMBER = 8
"""Bytes of a key's number, before what it sealed."""
SALT = 16
_CHECK = b"frontdesk"
_LOCK = 0
"""Takes a number's place where the lock's proof is sealed."""
_WITHIN = b"within"
"""Takes an owner's place where what is sealed goes into what somebody else owns, who may change."""


class Keys:
    """The keys of an installation. Safe to use from several threads, and from several processes at once.

    What is sealed names its key by number. A key is on disk before anything is sealed with it; whose it is
    may be lost in a power cut, and then its owner goes on with another one, too. Not so where it seals within
    what is another's, which does not show its number.

    Args:
        vault: where they lie; it is closed with the keys.
        secret: FRONTDESK_SECRET_KEY.

    Raises:
        ConfigurationError: the vault was made with another secret.
        StoreError: the vault fails.
    """

    def __init__(self, vault: Vault, secret: str) -> None:
        self._lock = threading.RLock()
        self._ciphers: OrderedDict[int, AESGCM] = OrderedDict()
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._pool: list[int] = []
        self._look_at = 0.0
        self._vault = vault
        self._wrap = self._unlocked(secret)
        self._version = vault.version()

    def seal(self, owner: str, data: bytes) -> bytes:
        """Encrypt with the owner's key; it is made where there is none."""
        self.look()
        number = self._numbers.get(owner) or self._number(owner)
        return self._encrypted(number, data, owner.encode())

    def seal_within(self, owner: str, data: bytes) -> bytes:
        """Encrypt with the owner's key what is to be sealed for somebody else then: it takes both to read it.

        The owner is to seal in this way alone.
        """
        self.look()
        number = self._numbers.get(owner) or self._number(owner, lasting=True)
        return self._encrypted(number, data, _WITHIN)

    def open(self, owner: str, sealed: bytes) -> bytes:
        """Decrypt.

        Raises:
            Erased: the key is gone.
            StoreError: the bytes are not those that were sealed for this owner.
        """
        return self._decrypted(sealed, owner.encode())

    def open_within(self, sealed: bytes) -> bytes:
        """Decrypt what `seal_within` made, whoever owns the key.

        Raises:
            Erased: the key is gone.
            StoreError: the bytes are not those.
        """
        return self._decrypted(sealed, _WITHIN)

    def destroy(self, sealed: Mapping[str, Iterable[bytes]]) -> int:
        """Make what was sealed for these owners unreadable for ever; returns how many keys are gone.

        Args:
            sealed: by owner what was sealed for them, as far as it is there: it names its keys.
        """
        numbers = {int.from_bytes(each[:NUMBER]) for some in sealed.values() for each in some}
        with self._lock:
            with self._vault.transaction():
                for owner in sealed:
                    rows = self._vault.execute("SELECT number FROM owners WHERE owner = ?", [owner])
                    numbers |= {number for (number,) in rows}
                    self._vault.execute("DELETE FROM owners WHERE owner = ?", [owner])
                gone = [
                    self._vault.execute("DELETE FROM keys WHERE number = ? RETURNING number", [number])
                    for number in numbers
                ]
            for number in numbers:
                self._ciphers.pop(number, None)
            for owner in sealed:
                self._numbers.pop(owner, None)
            self._vault.scrub()  # once for all: it may copy every key there is
            return sum(map(len, gone))

    def rotate(self, secret: str) -> int:
        """Wrap every key anew, with another secret; returns how many there are."""
        with self._lock:
            with self._vault.transaction():
                rows = self._vault.execute("SELECT number, wrapped FROM keys")
                self._vault.execute("DELETE FROM lock")
                wrap = self._locked(secret)
                self._rewrap(
                    [
                        (_sealed(wrap, number, _opened(self._wrap, number, wrapped)), number)
                        for number, wrapped in rows
                    ]
                )
            self._wrap = wrap
            self._vault.scrub()
            return len(rows)

    def close(self) -> None:
        """Let the vault go."""
        self._vault.close()

    def look(self) -> None:
        """Forget what is held in memory where another process destroyed keys, or made some.

        Raises:
            StoreError: the vault is out of reach.
        """
        if time.monotonic() < self._look_at:
            return
        with self._lock:
            if (version := self._vault.version()) != self._version:
                self._version = version
                self._ciphers.clear()
                self._numbers.clear()
            self._look_at = time.monotonic() + LOOK_SECONDS

    def _encrypted(self, number: int, data: bytes, what_for: bytes) -> bytes:
        cipher = self._ciphers.get(number) or self._cipher(number)
        nonce = os.urandom(NONCE)
        return number.to_bytes(NUMBER) + nonce + cipher.encrypt(nonce, data, what_for)

    def _decrypted(self, sealed: bytes, what_for: bytes) -> bytes:
        number, nonce = int.from_bytes(sealed[:NUMBER]), sealed[NUMBER : NUMBER + NONCE]
        self.look()
        cipher = self._ciphers.get(number) or self._cipher(number)
        try:
            return cipher.decrypt(nonce, sealed[NUMBER + NONCE :], what_for)
        except InvalidTag:
            raise StoreError("What is sealed here is damaged, or belongs to somebody else.") from None

    def _number(self, owner: str, *, lasting: bool = False) -> int:
        """Of the key with which is sealed for the owner now.

        Args:
            lasting: whose a new one is must outlive a power cut.
        """
        with self._lock:
            ((found,),) = self._vault.execute("SELECT max(number) FROM owners WHERE owner = ?", [owner])
            number = int(found) if found is not None else self._given(owner, lasting)
            self._numbers[owner] = number
            if len(self._numbers) > KEPT:
                self._numbers.popitem(last=False)
            return number

    def _given(self, owner: str, lasting: bool) -> int:
        """A key of the pool becomes the owner's."""
        if not self._pool:
            self._fill_pool()
        number = self._pool.pop()
        with self._vault.transaction() if lasting else nullcontext():
            self._vault.execute("INSERT INTO owners (owner, number) VALUES (?, ?)", [owner, number])
        return number

    def _fill_pool(self) -> None:
        with self._vault.transaction():
            self._check_wrap()
            places = ", ".join(["(?)"] * POOL)
            statement = f"INSERT INTO keys (wrapped) VALUES {places} RETURNING number"  # noqa: S608 - constants
            numbers = [number for (number,) in self._vault.execute(statement, [b""] * POOL)]
            self._rewrap(
                [(_sealed(self._wrap, number, AESGCM.generate_key(256)), number) for number in numbers]
            )
        self._pool = numbers

    def _check_wrap(self) -> None:
        """Make no key that nobody can unwrap once this process ends.

        Raises:
            StoreError: the secret was changed meanwhile.
        """
        ((proof,),) = self._vault.execute("SELECT proof FROM lock")
        with suppress(StoreError):
            if _opened(self._wrap, _LOCK, proof) == _CHECK:
                return
        raise StoreError(
            "FRONTDESK_SECRET_KEY was changed meanwhile: start this process again with the new one."
        )

    def _rewrap(self, wrapped: Sequence[tuple[bytes, int]]) -> None:
        self._vault.execute_many("UPDATE keys SET wrapped = ? WHERE number = ?", wrapped)

    def _cipher(self, number: int) -> AESGCM:
        with self._lock:
            rows = self._vault.execute("SELECT wrapped FROM keys WHERE number = ?", [number])
            if not rows:
                raise Erased
            cipher = self._ciphers[number] = AESGCM(_opened(self._wrap, number, rows[0][0]))
            if len(self._ciphers) > KEPT:
                self._ciphers.popitem(last=False)
            return cipher

    def _unlocked(self, secret: str) -> AESGCM:
        lock = self._vault.execute("SELECT salt, proof FROM lock")
        if not lock:
            with self._vault.transaction():  # of several processes that begin at once, one makes it
                lock = self._vault.execute("SELECT salt, proof FROM lock")
                if not lock:
                    return self._locked(secret)
        ((salt, proof),) = lock
        wrap = _wrapping(secret, salt)
        with suppress(StoreError):
            if _opened(wrap, _LOCK, proof) == _CHECK:
                return wrap
        raise ConfigurationError(
            "FRONTDESK_SECRET_KEY is not the one with which this installation began: set that one again. To "
            "change it, use `frontdesk privacy rotate`."
        )

    def _locked(self, secret: str) -> AESGCM:
        salt = os.urandom(SALT)
        wrap = _wrapping(secret, salt)
        proof = _sealed(wrap, _LOCK, _CHECK)
        self._vault.execute("INSERT INTO lock (salt, proof) VALUES (?, ?)", [salt, proof])
        return wrap


def _wrapping(secret: str, salt: bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"frontdesk keys").derive(secret.encode())
    return AESGCM(derived)


def _sealed(wrap: AESGCM, number: int, key: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + wrap.encrypt(nonce, key, number.to_bytes(NUMBER))


def _opened(wrap: AESGCM, number: int, wrapped: bytes) -> bytes:
    try:
        return wrap.decrypt(wrapped[:NONCE], wrapped[NONCE:], number.to_bytes(NUMBER))
    except InvalidTag:
        raise StoreError("A key cannot be unwrapped: the keys are damaged.") from None
