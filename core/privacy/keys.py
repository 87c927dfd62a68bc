"""Keys, one for each conversation: what was sealed with one is gone when the key is, in backups too.

They are in a file of their own beside the database, wrapped by a key that comes from FRONTDESK_SECRET_KEY. A
backup of the database holds none of them: back the file of keys up apart, and keep fewer of its backups.
"""

import os
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import ConfigurationError, StoreError

FILE = "frontdesk.keys"
"""Beside the database."""
KEPT = 10_000
"""Keys held in memory."""
POOL = 64
"""Keys made ahead, so that the disk is waited for once in so many new conversations."""
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
_SCHEMA = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=NORMAL;
PRAGMA secure_delete=ON;
CREATE TABLE IF NOT EXISTS lock (salt BLOB NOT NULL, proof BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS keys (number INTEGER PRIMARY KEY AUTOINCREMENT, wrapped BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS owners (
    owner TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (owner, number)
) STRICT, WITHOUT ROWID;
"""


class Keys:
    """The keys of an installation. Safe to use from several threads, and from several processes at once.

    What is sealed names its key by number. A key is on disk before anything is sealed with it; whose it is
    may be lost in a power cut, and then its owner goes on with another one, too.

    Args:
        path: the file.
        secret: FRONTDESK_SECRET_KEY.

    Raises:
        ConfigurationError: the file was made with another secret.
        StoreError: the file cannot be opened.
    """

    def __init__(self, path: Path, secret: str) -> None:
        self._lock = threading.RLock()
        self._ciphers: OrderedDict[int, AESGCM] = OrderedDict()
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._pool: list[int] = []
        self._look_at = 0.0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
            self._db.executescript(_SCHEMA)
            self._wrap = self._unlocked(secret)
            self._version = self._seen()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"The keys {path} cannot be opened: {error}") from error

    def seal(self, owner: str, data: bytes) -> bytes:
        """Encrypt with the owner's key; it is made where there is none."""
        self._look_again()
        number = self._numbers.get(owner) or self._number(owner)
        cipher = self._ciphers.get(number) or self._cipher(number)
        nonce = os.urandom(NONCE)
        return number.to_bytes(NUMBER) + nonce + cipher.encrypt(nonce, data, owner.encode())

    def open(self, owner: str, sealed: bytes) -> bytes:
        """Decrypt.

        Raises:
            StoreError: the key is gone, or the bytes are not those that were sealed for this owner.
        """
        number, nonce = int.from_bytes(sealed[:NUMBER]), sealed[NUMBER : NUMBER + NONCE]
        self._look_again()
        cipher = self._ciphers.get(number) or self._cipher(number)
        try:
            return cipher.decrypt(nonce, sealed[NUMBER + NONCE :], owner.encode())
        except InvalidTag:
            raise StoreError("What is sealed here is damaged, or belongs to somebody else.") from None

    def destroy(self, owner: str, sealed: Iterable[bytes] = ()) -> int:
        """Make what was sealed for this owner unreadable for ever; returns how many keys are gone.

        Args:
            sealed: what was sealed for this owner, as far as it is there: it names its keys.
        """
        with self._lock:
            rows = self._db.execute("SELECT number FROM owners WHERE owner = ?", [owner]).fetchall()
            numbers = {number for (number,) in rows} | {int.from_bytes(each[:NUMBER]) for each in sealed}
            gone = 0
            for number in numbers:
                gone += self._db.execute("DELETE FROM keys WHERE number = ?", [number]).rowcount
                self._ciphers.pop(number, None)
            self._db.execute("DELETE FROM owners WHERE owner = ?", [owner])
            self._numbers.pop(owner, None)
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return gone

    def rotate(self, secret: str) -> int:
        """Wrap every key anew, with another secret; returns how many there are."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                rows = self._db.execute("SELECT number, wrapped FROM keys").fetchall()
                opened = [(number, _opened(self._wrap, number, wrapped)) for number, wrapped in rows]
                self._db.execute("DELETE FROM lock")
                self._wrap = self._locked(secret)
                for number, key in opened:
                    wrapped = _sealed(self._wrap, number, key)
                    self._db.execute("UPDATE keys SET wrapped = ? WHERE number = ?", [wrapped, number])
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return len(rows)

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def _look_again(self) -> None:
        """Forget what is held in memory where another process destroyed keys, or made some."""
        if time.monotonic() < self._look_at:
            return
        with self._lock:
            self._look_at = time.monotonic() + LOOK_SECONDS
            if (version := self._seen()) != self._version:
                self._version = version
                self._ciphers.clear()
                self._numbers.clear()

    def _number(self, owner: str) -> int:
        """Of the key with which is sealed for the owner now."""
        with self._lock:
            row = self._db.execute("SELECT max(number) FROM owners WHERE owner = ?", [owner]).fetchone()
            number: int = row[0] if row[0] is not None else self._given(owner)
            self._numbers[owner] = number
            if len(self._numbers) > KEPT:
                self._numbers.popitem(last=False)
            return number

    def _given(self, owner: str) -> int:
        """A key of the pool becomes the owner's."""
        if not self._pool:
            self._fill_pool()
        number = self._pool.pop()
        self._db.execute("INSERT INTO owners (owner, number) VALUES (?, ?)", [owner, number])
        return number

    def _fill_pool(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")
        for _ in range(POOL):
            made = self._db.execute("INSERT INTO keys (wrapped) VALUES (x'')").lastrowid or 0
            wrapped = _sealed(self._wrap, made, AESGCM.generate_key(256))
            self._db.execute("UPDATE keys SET wrapped = ? WHERE number = ?", [wrapped, made])
            self._pool.append(made)
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA wal_checkpoint(FULL)")  # on disk before anything is sealed with them

    def _cipher(self, number: int) -> AESGCM:
        with self._lock:
            row = self._db.execute("SELECT wrapped FROM keys WHERE number = ?", [number]).fetchone()
            if row is None:
                raise StoreError("The key to what is sealed here is gone: it was erased.")
            cipher = self._ciphers[number] = AESGCM(_opened(self._wrap, number, row[0]))
            if len(self._ciphers) > KEPT:
                self._ciphers.popitem(last=False)
            return cipher

    def _seen(self) -> int:
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def _unlocked(self, secret: str) -> AESGCM:
        row = self._db.execute("SELECT salt, proof FROM lock").fetchone()
        if row is None:
            return self._locked(secret)
        wrap = _wrapping(secret, row[0])
        with suppress(StoreError):
            if _opened(wrap, _LOCK, row[1]) == _CHECK:
                return wrap
        raise ConfigurationError(
            "FRONTDESK_SECRET_KEY is not the one with which this installation began: set that one again. To "
            "change it, use `frontdesk privacy rotate`."
        )

    def _locked(self, secret: str) -> AESGCM:
        salt = os.urandom(SALT)
        wrap = _wrapping(secret, salt)
        proof = _sealed(wrap, _LOCK, _CHECK)
        self._db.execute("INSERT INTO lock (salt, proof) VALUES (?, ?)", [salt, proof])
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
        raise StoreError("A key cannot be unwrapped: the file of keys is damaged.") from None
