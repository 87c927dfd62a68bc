"""Files of people that are deleted: what stays is told, and never taken for gone."""

import shutil
from pathlib import Path

from core.errors import StoreError


def delete_folder(folder: Path) -> None:
    """Delete a folder with all that is in it; nothing where there is none.

    Raises:
        StoreError: something in it cannot be deleted. It names no file: names are people's words.
    """
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(
            f"A file of the person cannot be deleted ({error.strerror}): see to the rights of "
            f"{folder.parent}, and it is tried again."
        ) from None
