"""Sealed files are read by who knows the secret, as a whole, or not at all."""

import os
from pathlib import Path

import pytest

from core import sealed_file
from core.errors import StoreError
from core.sealed_file import CHUNK

SECRET, OTHER = "s" * 40, "t" * 40


def write(path: Path, content: bytes) -> Path:
    with sealed_file.sealed(path, SECRET) as file:
        for start in range(0, len(content), 10_000):
            file.write(content[start : start + 10_000])
    return path


def read(path: Path, *secrets: str) -> bytes:
    with sealed_file.opened(path, secrets or [SECRET]) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_was_written_is_read_by_who_knows_the_secret_alone(size: int, tmp_path: Path) -> None:
    content = os.urandom(size)
    path = write(tmp_path / "sealed", content)
    assert read(path, OTHER, SECRET) == content
    assert path.stat().st_mode & 0o777 == 0o600
    assert size < 16 or content[:16] not in path.read_bytes()
    with pytest.raises(StoreError, match="another secret"):
        read(path, OTHER)


def test_whatever_is_changed_or_missing_shows(tmp_path: Path) -> None:
    path = write(tmp_path / "sealed", os.urandom(2 * CHUNK + 5))
    whole = path.read_bytes()
    begin = len(sealed_file.MAGIC)
    for position in (begin, begin + 16, begin + 20, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(StoreError, match=r"damaged"):
            sealed_file.verify(path, [SECRET])
    head, chunk = begin + 16, CHUNK + 16
    first, second = whole[head : head + chunk], whole[head + chunk : head + 2 * chunk]
    cut = whole[: head + chunk]
    for changed in (cut, whole[:head] + second + first + whole[head + 2 * chunk :], whole[:head]):
        path.write_bytes(changed)
        with pytest.raises(StoreError, match="damaged"):
            sealed_file.verify(path, [SECRET])
    path.write_bytes(b"something else")
    with pytest.raises(StoreError, match="no backup"):
        sealed_file.verify(path, [SECRET])


def test_a_file_that_was_broken_off_replaces_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "sealed", b"before")
    with pytest.raises(RuntimeError), sealed_file.sealed(path, SECRET) as file:
        file.write(b"after")
        raise RuntimeError
    assert read(path) == b"before"
    assert [each.name for each in tmp_path.iterdir()] == ["sealed"]
