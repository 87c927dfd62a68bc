"""What is unpacked lies in its folder, whatever the archive says."""

import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from core.archive import unpack


def entry(name: str, kind: bytes = tarfile.REGTYPE, mode: int = 0o644) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.mode, found.mtime, found.linkname = kind, mode, 1_000_000, "/etc/passwd"
    found.size = len(b"words") if kind == tarfile.REGTYPE else 0
    return found


def packed(*entries: tarfile.TarInfo) -> BytesIO:
    made = BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for each in entries:
            archive.addfile(each, BytesIO(b"words"))
    made.seek(0)
    return made


@pytest.mark.parametrize("way", ["r", "r|"])
def test_files_come_with_their_modes_and_times_and_without_rights_for_others_to_write(
    way: str, tmp_path: Path
) -> None:
    source = packed(entry("secret", mode=0o600), entry("a/b/open", mode=0o4777))
    with tarfile.open(fileobj=source, mode=way) as archive:  # type: ignore[call-overload]  # either of two
        unpack(archive, tmp_path)
    assert (tmp_path / "secret").read_bytes() == (tmp_path / "a" / "b" / "open").read_bytes() == b"words"
    assert (tmp_path / "secret").stat().st_mode & 0o7777 == 0o600
    assert (tmp_path / "a" / "b" / "open").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "secret").stat().st_mtime == 1_000_000


@pytest.mark.parametrize(
    "bad",
    [
        entry("../outside"),
        entry("a/../../outside"),
        entry("/tmp/outside-of-the-folder"),
        entry("."),
        entry("link", tarfile.SYMTYPE),
        entry("link", tarfile.LNKTYPE),
        entry("pipe", tarfile.FIFOTYPE),
        entry("device", tarfile.CHRTYPE),
    ],
    ids=lambda bad: f"{bad.name} {bad.type.decode()}",
)
def test_what_would_lie_elsewhere_or_is_no_file_is_refused(bad: tarfile.TarInfo, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with tarfile.open(fileobj=packed(bad)) as archive, pytest.raises(tarfile.TarError):
        unpack(archive, folder)
    assert list(tmp_path.iterdir()) == [folder] and not list(folder.iterdir())


def test_one_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    whole = packed(entry("one")).getvalue()
    with (
        tarfile.open(fileobj=BytesIO(whole[:514]), mode="r|") as archive,
        pytest.raises(tarfile.TarError),
    ):
        unpack(archive, tmp_path)
