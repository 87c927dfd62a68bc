"""What Telegram marks in a text, in UTF-16 code units: mentions and commands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from adapters.telegram.payload import Entity

COMMANDS = frozenset({"start", "help", "new", "stop", "again", "me", "human"})
"""What we understand."""
_OURS = re.compile(r"[ \t]*\0[,:]?[ \t]*")


@dataclass(frozen=True, kw_only=True)
class Us:
    """Who the bot is."""

    id: int
    username: str
    desk: str = ""
    """The group in which agents work, if it is here."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """`/name@bot argument`."""

    name: str
    bot: str
    """Whom it names, or empty."""
    argument: str


def mentions(text: str, entities: Sequence[Entity], us: Us) -> bool:
    """True where the text names us."""
    return any(_names(entity, text, us) for entity in entities)


def readable(text: str, entities: Sequence[Entity], us: Us) -> str:
    """The text without the mentions of us."""
    units = text.encode("utf-16-le")
    for entity in sorted(entities, key=lambda each: each.offset, reverse=True):
        if _names(entity, text, us):
            units = units[: 2 * entity.offset] + b"\0\0" + units[2 * (entity.offset + entity.length) :]
    return _OURS.sub(" ", units.decode("utf-16-le", "replace")).strip()


def command(text: str, entities: Sequence[Entity]) -> Command | None:
    """The command that the text begins with."""
    for entity in entities:
        if entity.type == "bot_command" and entity.offset == 0:
            name, _, bot = _stretch(text, entity).removeprefix("/").partition("@")
            rest = text.encode("utf-16-le")[2 * entity.length :].decode("utf-16-le", "replace")
            return Command(name=name.lower(), bot=bot, argument=rest.replace("\0", "").strip())
    return None


def _names(entity: Entity, text: str, us: Us) -> bool:
    if entity.type == "text_mention":
        return entity.user is not None and entity.user.id == us.id
    return entity.type == "mention" and _stretch(text, entity).casefold() == f"@{us.username}".casefold()


def _stretch(text: str, entity: Entity) -> str:
    units = text.encode("utf-16-le")
    return units[2 * entity.offset : 2 * (entity.offset + entity.length)].decode("utf-16-le", "replace")
