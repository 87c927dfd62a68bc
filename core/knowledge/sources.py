"""Making a source of what an operator typed."""

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import ConfigurationError
from core.knowledge.pages import address_of
from core.knowledge.passages import EVERYONE, Source
from core.knowledge.reading.cleaning import is_printable

LONGEST_NAME = 60
ALL = "*"


def make_source(
    location: str,
    *,
    name: str = "",
    audience: Sequence[str] = EVERYONE,
    watched: bool = False,
    teams: Mapping[str, Sequence[str]] | None = None,
) -> Source:
    """A source, with its location made absolute.

    Args:
        location: a path or an address.
        name: made from the location where it is empty.
        audience: patterns of channel keys, and names of teams.
        teams: patterns of channel keys, by name.

    Raises:
        ConfigurationError: says what is wrong with it.
    """
    address = address_of(location)
    if not address and "://" in location:
        raise ConfigurationError(f"{location}: only https:// and http:// addresses are fetched.")
    path = location if address else str(Path(location).expanduser().resolve())
    if not is_printable(path):
        raise ConfigurationError("The location has characters that do not show: rename it.")
    name = name or _name(path)
    if not is_printable(name) or not 0 < len(name) <= LONGEST_NAME:
        raise ConfigurationError(f"A source's name has 1 to {LONGEST_NAME} characters on one line.")
    return Source(name=name, location=path, audience=tuple(_patterns(audience, teams or {})), watched=watched)


def _name(location: str) -> str:
    if address_of(location):
        parts = urlsplit(location)
        host = (parts.hostname or "").removeprefix("www.")
        text = f"{host}{parts.path.rstrip('/')}"
    else:
        text = Path(location).name or location
    return re.sub(r"\s+", " ", text)[:LONGEST_NAME]


def _patterns(audience: Sequence[str], teams: Mapping[str, Sequence[str]]) -> Collection[str]:
    """Channel keys have colons and names of teams have none."""
    patterns: dict[str, None] = {}
    for entry in audience:
        if entry in teams:
            patterns |= dict.fromkeys(teams[entry])
        elif entry == ALL or ":" in entry:
            patterns[entry] = None
        else:
            known = ", ".join(teams) or "none"
            raise ConfigurationError(
                f"'{entry}' is neither a channel (platform:tenant:channel) nor a team; there are: {known}."
            )
    if not patterns:
        raise ConfigurationError("A source needs an audience: nobody would see it.")
    return list(patterns)
