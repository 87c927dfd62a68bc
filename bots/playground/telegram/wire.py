"""Reading a call's arguments: JSON, form, multipart or query, nested values as JSON strings.

core.telegram.org/bots/api#making-requests
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.web_request import FileField

from bots.playground.telegram.errors import TelegramError, bad_request
from bots.playground.telegram.media import Upload
from bots.playground.telegram.state import Payload

_WHOLE = re.compile(r"-?[0-9]{1,18}")


def whole(value: object) -> int | None:
    """A whole number, given as one or as text; None for anything else."""
    if isinstance(value, bool) or not _WHOLE.fullmatch(str(value)):
        return None
    return int(str(value))


@dataclass(frozen=True)
class Arguments:
    """The arguments of one call."""

    values: Mapping[str, Any]
    files: Mapping[str, Upload] = field(default_factory=dict)
    """Uploads by field."""

    def text(self, name: str) -> str:
        """A string, empty when missing."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def optional(self, name: str) -> int | None:
        """A whole number, or None when missing.

        Raises:
            TelegramError: it is no number.
        """
        value = self.values.get(name)
        if value is None or value == "":
            return None
        found = whole(value)
        if found is None:
            raise bad_request(f'field "{name}" must be a valid Number')
        return found

    def number(self, name: str, default: int = 0) -> int:
        """A whole number, `default` when missing.

        Raises:
            TelegramError: it is no number.
        """
        found = self.optional(name)
        return default if found is None else found

    def flag(self, name: str) -> bool:
        """A boolean, false when missing."""
        return self.text(name).lower() in ("true", "1", "yes")

    def nested(self, name: str) -> Any:
        """An object or a list, sent as JSON or as a JSON string; None when missing.

        Raises:
            TelegramError: it is not JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def items(self, name: str) -> list[Any]:
        """A list, empty when missing.

        Raises:
            TelegramError: it is not a JSON list.
        """
        value = self.nested(name)
        if value is not None and not isinstance(value, list):
            raise bad_request(f"can't parse {name}: expected an Array")
        return value or []

    def fields(self, name: str) -> Payload:
        """An object, empty when missing.

        Raises:
            TelegramError: it is not a JSON object.
        """
        value = self.nested(name)
        if value is not None and not isinstance(value, dict):
            raise bad_request(f"can't parse {name}: expected an Object")
        return value or {}

    def numbers(self, name: str) -> list[int]:
        """A list of whole numbers, empty when missing.

        Raises:
            TelegramError: it is something else.
        """
        found = [whole(each) for each in self.items(name)]
        if None in found:
            raise bad_request(f"can't parse {name}: expected an Array of Integer")
        return [each for each in found if each is not None]

    def summary(self) -> Payload:
        """The arguments for the journal: nested values read, uploads by name and size."""
        read = {name: _read(value) for name, value in self.values.items()}
        return read | {name: f"<{each.name}, {len(each.data)} bytes>" for name, each in self.files.items()}


async def read_arguments(request: web.Request) -> Arguments:
    """Whatever form the call came in.

    Raises:
        TelegramError: the body cannot be read, or is too large.
    """
    query = dict(request.query)
    try:
        if request.content_type == "application/json":
            return Arguments(query | await _json(request))
        if not request.can_read_body:
            return Arguments(query)
        form = await request.post()
    except web.HTTPRequestEntityTooLarge:
        raise TelegramError(413, "Request Entity Too Large") from None
    except ValueError:
        raise bad_request("can't parse request body") from None
    files = {name: _upload(value) for name, value in form.items() if isinstance(value, FileField)}
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    return Arguments(query | texts, files)


async def _json(request: web.Request) -> Payload:
    if not await request.read():
        return {}
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise bad_request("can't parse JSON object") from None
    if not isinstance(body, dict):
        raise bad_request("can't parse JSON object: expected an Object")
    return body


def _upload(value: FileField) -> Upload:
    return Upload(name=value.filename, data=value.file.read(), mime=value.content_type)


def _read(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
