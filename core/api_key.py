"""Keys of the endpoint under `/v1`, as FRONTDESK_API_KEYS lists them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import SecretStr

LENGTH = 16
"""Characters below which a key could be guessed."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """What a tool shows to be let in."""

    name: str
    """What the log and the metrics call it."""
    secret: SecretStr


def listed(text: str) -> tuple[ApiKey, ...]:
    """Keys separated by commas, each KEY or NAME:KEY; without a name it is called by its place, as `key-2`.

    Raises:
        ValueError: a name or a key cannot be one, or two have the same; the message shows no key.
    """
    entries = [each.strip() for each in text.split(",") if each.strip()]
    keys = [_read(entry, place) for place, entry in enumerate(entries, 1)]
    _refuse_repeated(keys)
    return tuple(keys)


def _read(entry: str, place: int) -> ApiKey:
    name, colon, secret = (part.strip() for part in entry.rpartition(":"))
    if colon and not _NAME.fullmatch(name):
        raise ValueError(
            f"what stands before the colon in entry {place} is no name: write NAME:KEY, the name in up to 32 "
            "letters a to z, digits, - and _, a letter first"
        )
    if len(secret) < LENGTH:
        raise ValueError(f"a key has fewer than {LENGTH} characters. Make one with: openssl rand -hex 24")
    return ApiKey(name=name or f"key-{place}", secret=SecretStr(secret))


def _refuse_repeated(keys: Sequence[ApiKey]) -> None:
    """Else nobody could tell whose a request was."""
    names = [key.name for key in keys]
    if len(set(names)) < len(names):
        raise ValueError("two keys have the same name. Give each one of its own")
    if len({key.secret for key in keys}) < len(keys):
        raise ValueError("the same key stands there twice. Give each tool one of its own")
