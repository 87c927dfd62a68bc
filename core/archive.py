"""Files out of tar archives, which may have been made by anybody."""

import os
import shutil
import tarfile
from pathlib import Path


def unpack(archive: tarfile.TarFile, folder: Path) -> None:
    """Write the files of an archive into a folder that is there, and nothing anywhere else.

    Our own, since Python as Debian 12 has it (3.11.2) knows no `filter="data"` (PEP 706, from 3.11.4 on).

    Args:
        archive: open for reading; it may be a stream.
        folder: keeps modes, without rights for others to write, and times; owned by whoever runs this.

    Raises:
        tarfile.TarError: it is damaged, or holds what is no file, or one that would lie elsewhere.
        OSError: something cannot be written.
    """
    root = folder.resolve()
    for member in archive:
        place = (root / member.name).resolve()
        content = archive.extractfile(member) if member.isfile() and root in place.parents else None
        if content is None:
            raise tarfile.ExtractError(f"'{member.name}' is no file within the archive")
        place.parent.mkdir(parents=True, exist_ok=True)
        with content, place.open("wb") as file:
            place.chmod(member.mode & 0o755 | 0o600)
            shutil.copyfileobj(content, file)
        if place.stat().st_size != member.size:
            raise tarfile.ReadError(f"'{member.name}' is cut off")
        os.utime(place, (member.mtime, member.mtime))
