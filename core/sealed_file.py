"""Files that only who knows the secret can read, and that show it when a bit of them was changed or cut off.

AES-256-GCM in chunks, by the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, "Online
Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015) with the nonces of age
(age-encryption.org/v1): eleven bytes count the chunks, the twelfth is 1 on the last one. The key is made from
the secret and a random salt, for each file anew.
"""

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.errors import StoreError

CHUNK = 64 * 1024
"""Bytes encrypted together, as in age."""
MAGIC = b"frontdesk sealed file 1\n"
_SALT = 16
_TAG = 16


@contextmanager
def sealed(path: Path, secret: str) -> Iterator[BinaryIO]:
    """Write a file; it is there as a whole after the block, or not at all.

    Args:
        path: the file, for its owner alone; one that is there already is replaced.
        secret: too long to be guessed.

    Raises:
        OSError: it cannot be written.
    """
    passing = path.with_name(f".{path.name}.part")
    try:
        with open(os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            writer = _Writer(file, secret)
            yield writer  # type: ignore[misc]  # as much of a file as tarfile asks for
            writer.finish()
            file.flush()
            os.fsync(file.fileno())
        passing.replace(path)
    finally:
        passing.unlink(missing_ok=True)


@contextmanager
def opened(path: Path, secrets: Sequence[str]) -> Iterator[BinaryIO]:
    """Read a file. What was read is genuine; that nothing is missing shows at its end.

    Args:
        path: the file.
        secrets: one of which it was made with.

    Raises:
        StoreError: it is no such file, was made with another secret, or is damaged.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        yield io.BufferedReader(_Reader(file, path, secrets), CHUNK)


def verify(path: Path, secrets: Sequence[str]) -> None:
    """Read the whole file, and throw it away.

    Raises:
        StoreError, OSError: as `opened` does.
    """
    with opened(path, secrets) as file:
        drain(file)


def drain(file: BinaryIO) -> None:
    """Read what is left, so that a missing end shows."""
    while file.read(CHUNK):
        pass


class _Writer(io.RawIOBase):
    def __init__(self, file: BinaryIO, secret: str) -> None:
        salt = os.urandom(_SALT)
        file.write(MAGIC + salt)
        self._file, self._cipher = file, _cipher(secret, salt)
        self._buffer = bytearray()
        self._count = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # of bytes alone
        self._buffer += data
        while len(self._buffer) > CHUNK:  # the last chunk is known at the end only
            self._put(bytes(self._buffer[:CHUNK]))
            del self._buffer[:CHUNK]
        return len(data)

    def finish(self) -> None:
        self._put(bytes(self._buffer), last=True)
        self._buffer.clear()

    def _put(self, chunk: bytes, *, last: bool = False) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._count, last=last), chunk, None))
        self._count += 1


class _Reader(io.RawIOBase):
    def __init__(self, file: BinaryIO, path: Path, secrets: Sequence[str]) -> None:
        if file.read(len(MAGIC)) != MAGIC:
            raise StoreError(f"{path} is no backup of Frontdesk.")
        salt = file.read(_SALT)
        self._file, self._path = file, path
        self._ciphers = [_cipher(each, salt) for each in secrets]
        self._ahead = file.read(CHUNK + _TAG)
        self._count = 0
        self._clear = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # of bytes alone
        if not self._clear and not self._ended:
            self._clear = memoryview(self._next())
        taken = self._clear[: len(buffer)]
        buffer[: len(taken)] = taken
        self._clear = self._clear[len(taken) :]
        return len(taken)

    def _next(self) -> bytes:
        chunk, self._ahead = self._ahead, self._file.read(CHUNK + _TAG)
        self._ended = not self._ahead
        nonce = _nonce(self._count, last=self._ended)
        self._count += 1
        for cipher in self._ciphers:
            try:
                clear = cipher.decrypt(nonce, chunk, None)
            except InvalidTag:
                continue
            self._ciphers = [cipher]
            return clear
        raise StoreError(
            f"{self._path} is damaged or incomplete."
            if self._count > 1
            else f"{self._path} was made with another secret, or is damaged."
        )


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11) + bytes([last])


def _cipher(secret: str, salt: bytes) -> AESGCM:
    derived = HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"frontdesk sealed file")
    return AESGCM(derived.derive(secret.encode()))
