"""Moving the keys of an installation into another vault."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import StoreError
from core.privacy.vaults import Vault

_COLUMNS = {"lock": ("salt", "proof"), "keys": ("number", "wrapped"), "owners": ("owner", "number")}


def check_empty(target: Vault) -> None:
    """Raise StoreError where there are keys already, which a move would destroy."""
    if target.last():
        raise StoreError("There are other keys already where the keys would go. Give them an empty place.")


def move(source: Vault, target: Vault) -> int:
    """Copy every key as it is, wrapped by the same secret, and compare both; returns how many there are.

    It is done as a whole, or not at all. What is in the target gives way.

    Raises:
        StoreError: what was copied is not the same.
    """
    held = _contents(source)
    with target.transaction():
        for table, columns in _COLUMNS.items():
            target.execute(f"DELETE FROM {table}")  # noqa: S608 - constants
            places = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608 - constants
            target.execute_many(statement, held[table])
        target.go_on_after(source.last())
    if _contents(target) != held:
        raise StoreError(
            "The keys that were copied are not the same. Stop what still runs, and run it again."
        )
    return len(held["keys"])


def _contents(vault: Vault) -> Mapping[str, Sequence[tuple[Any, ...]]]:
    return {
        table: sorted(vault.execute(f"SELECT {', '.join(columns)} FROM {table}"))  # noqa: S608 - constants
        for table, columns in _COLUMNS.items()
    }
