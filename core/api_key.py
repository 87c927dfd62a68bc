"""Keys of the endpoint under `/v1`, as FRONTDESK_API_KEYS lists them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import SecretStr

LENGTH = 16
"""Characters below which a key could be guessed."""
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class ApiRight(StrEnum):
    """What a key may do; with either, it sees which models that is about."""

    CHAT = "chat"
    """Have chats completed."""
    EMBEDDINGS = "embeddings"
    """Have vectors of texts."""


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """What a tool shows to be let in."""

    name: str
    """What the log and the metrics call it."""
    secret: SecretStr
    rights: frozenset[ApiRight] = frozenset(ApiRight)


def listed(text: str) -> tuple[ApiKey, ...]:
    """Keys separated by commas, each KEY, NAME:KEY or NAME:KEY:RIGHTS, the rights joined by `+`.

    Without a name a key is called by its place, as `key-2`; where no rights are named, it has all.

    Raises:
        ValueError: a name, a key or a right cannot be one, or two keys are alike; the message shows no key.
    """
    entries = [each.strip() for each in text.split(",") if each.strip()]
    keys = [_read(entry, place) for place, entry in enumerate(entries, 1)]
    _refuse_repeated(keys)
    return tuple(keys)


def _read(entry: str, place: int) -> ApiKey:
    parts = [part.strip() for part in entry.split(":")]
    name, secret, *rights = parts if len(parts) > 1 else (f"key-{place}", *parts)
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"what stands before the colon in entry {place} is no name: write NAME:KEY, the name in up to 32 "
            "letters a to z, digits, - and _, a letter first"
        )
    if len(secret) < LENGTH:
        raise ValueError(f"a key has fewer than {LENGTH} characters. Make one with: openssl rand -hex 24")
    named = set(rights[0].split("+")) if rights else set(ApiRight)
    if len(rights) > 1 or not named <= set(ApiRight):
        raise ValueError(
            f"what stands behind the key in entry {place} are no rights: write NAME:KEY:chat, "
            "NAME:KEY:embeddings or NAME:KEY:chat+embeddings"
        )
    return ApiKey(name=name, secret=SecretStr(secret), rights=frozenset(map(ApiRight, named)))


def _refuse_repeated(keys: Sequence[ApiKey]) -> None:
    """Else nobody could tell whose a request was."""
    names = [key.name for key in keys]
    if len(set(names)) < len(names):
        raise ValueError("two keys have the same name. Give each one of its own")
    if len({key.secret for key in keys}) < len(keys):
        raise ValueError("the same key stands there twice. Give each tool one of its own")
