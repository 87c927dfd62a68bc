"""Reading a call's arguments: JSON, form, multipart or query, nested values as JSON strings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from bots.playground.telegram.errors import bad_request


@dataclass(frozen=True)
class Arguments:
    """The arguments of one call."""

    values: Mapping[str, Any]
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    """Uploads by field: name and bytes."""

    def text(self, name: str) -> str:
        """A string, empty when missing."""
        return str(self.values.get(name, ""))

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number.

        Raises:
            TelegramError: it is missing, or no number.
        """
        value = self.values.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f"parameter {name} is invalid") from None

    def optional(self, name: str) -> int | None:
        """A whole number, or None when missing."""
        return self.number(name) if self.values.get(name) not in (None, "") else None

    def flag(self, name: str) -> bool:
        """A boolean, false when missing."""
        return str(self.values.get(name, "")).lower() in ("true", "1")

    def nested(self, name: str) -> Any:
        """An object or list, sent as JSON or as a JSON string; None when missing.

        Raises:
            TelegramError: it is not JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None


async def read_arguments(request: web.Request) -> Arguments:
    """Whatever form the call came in.

    Raises:
        TelegramError: the body cannot be read.
    """
    values: dict[str, Any] = dict(request.query)
    files: dict[str, tuple[str, bytes]] = {}
    if request.content_type == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise bad_request("can't parse JSON body") from None
        values |= body if isinstance(body, dict) else {}
    elif request.can_read_body:
        for name, value in (await request.post()).items():
            if isinstance(value, FileField):
                files[name] = (value.filename, value.file.read())
            else:
                values[name] = value
    return Arguments(values, files)
