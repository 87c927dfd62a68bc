"""Slack's JSON, read with types: the one place where a payload may surprise us."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import UnreadableEvent


@dataclass(frozen=True)
class Payload:
    """A JSON object; every getter raises UnreadableEvent where a value is not of the type Slack documents."""

    values: Mapping[str, object]

    def text(self, name: str) -> str:
        """A string, "" where it is absent or null, without the characters no text should hold."""
        value = self.values.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise UnreadableEvent(f"Slack sent a {name} that is no string.")
        return _clean(value)

    def required(self, name: str) -> str:
        """A string that must be there."""
        value = self.text(name)
        if not value:
            raise UnreadableEvent(f"Slack sent an event without {name}.")
        return value

    def part(self, name: str) -> "Payload":
        """An object, empty where it is absent or null."""
        value = self.values.get(name)
        return _as_payload(name, {} if value is None else value)

    def parts(self, name: str) -> tuple["Payload", ...]:
        """A list of objects, empty where it is absent or null."""
        value = self.values.get(name)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise UnreadableEvent(f"Slack sent {name} that is no list.")
        return tuple(_as_payload(name, item) for item in value)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of strings; whatever else is in it is left out."""
        value = self.values.get(name)
        return (
            tuple(_clean(each) for each in value if isinstance(each, str)) if isinstance(value, list) else ()
        )

    def flag(self, name: str) -> bool:
        """True where the value is true."""
        return self.values.get(name) is True

    def number(self, name: str) -> int:
        """A whole number, 0 where there is none."""
        value = self.values.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else 0

    def id_of(self, name: str) -> str:
        """An id that Slack gives either bare or as an object with an `id`."""
        if isinstance(self.values.get(name), dict):
            return self.part(name).text("id")
        return self.text(name)


def _as_payload(name: str, value: object) -> Payload:
    if not isinstance(value, dict):
        raise UnreadableEvent(f"Slack sent a {name} that is no object.")
    return Payload(value)


def _clean(text: str) -> str:
    """NUL ends strings in some databases, and lone surrogates cannot be encoded as UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
