"""Reading a Web API request: JSON, form or query string, into arguments with Slack's own leniency."""

import json
from collections.abc import Mapping

from aiohttp import web

from bots.playground.slack.errors import SlackError
from bots.playground.slack.state import Payload

TRUE = {"1", "true"}


class Arguments:
    """The arguments of one call; every getter raises `SlackError` where Slack would."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) is not None

    def text(self, name: str) -> str | None:
        """A string, with numbers taken as their digits; None when absent."""
        value = self.values.get(name)
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, bool | list | dict):
            raise SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {name}"]})
        return str(value)

    def required(self, name: str, error: str = "invalid_arguments") -> str:
        """A string that must not be empty."""
        value = self.text(name)
        if not value:
            raise SlackError(
                error, response_metadata={"messages": [f"[ERROR] missing required field: {name}"]}
            )
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean, in JSON or as 1/0/true/false."""
        value = self.values.get(name)
        return default if value is None else str(value).lower() in TRUE

    def number(self, name: str, default: int, low: int, high: int, error: str = "invalid_limit") -> int:
        """A whole number between `low` and `high`."""
        value = self.text(name)
        if value is None:
            return default
        if not value.isdecimal() or not low <= int(value) <= high:
            raise SlackError(error)
        return int(value)

    def items(self, name: str, error: str = "invalid_arguments") -> list[object] | None:
        """A list, in JSON or as a JSON string."""
        value = self._decoded(name, error)
        if value is None or isinstance(value, list):
            return value
        raise SlackError(error)

    def objects(self, name: str, error: str = "invalid_arguments") -> list[Payload] | None:
        """A list of JSON objects."""
        values = self.items(name, error)
        return None if values is None else [as_object(value, error) for value in values]

    def mapping(self, name: str, error: str = "invalid_arguments") -> Payload | None:
        """A JSON object, also as a JSON string."""
        value = self._decoded(name, error)
        return None if value is None else as_object(value, error)

    def _decoded(self, name: str, error: str) -> object:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            decoded: object = json.loads(value)
        except (ValueError, RecursionError):
            raise SlackError(error) from None
        return decoded


def as_object(value: object, error: str = "invalid_arguments") -> Payload:
    """Insist on a JSON object."""
    if not isinstance(value, dict):
        raise SlackError(error)
    return value


async def read_arguments(request: web.Request) -> Payload:
    """The arguments of a call from its query string and body, whichever way the client sent them.

    Raises:
        SlackError: the body is not what its content type says (docs.slack.dev/apis/web-api).
    """
    values: Payload = dict(request.query)
    if request.content_type == "application/json":
        values.update(_json_body(await request.read()))
    elif request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        values.update(await _form(request))
    elif await request.read():
        raise SlackError("invalid_post_type")
    return values


async def _form(request: web.Request) -> Mapping[str, object]:
    try:
        return await request.post()
    except (ValueError, LookupError, AssertionError):  # what aiohttp's parser runs into
        raise SlackError("invalid_form_data") from None


def _json_body(body: bytes) -> Payload:
    if not body:
        return {}
    try:
        decoded: object = json.loads(body)
    except (ValueError, RecursionError):
        raise SlackError("invalid_json") from None
    return as_object(decoded, "json_not_object")


def bearer(request: web.Request, arguments: Mapping[str, object]) -> str | None:
    """The token, from the header or, as older clients send it, from the arguments."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    value = arguments.get("token")
    return value if isinstance(value, str) else None
