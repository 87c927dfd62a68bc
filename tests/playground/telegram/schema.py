"""aiogram's models as an oracle: what the emulator sends and accepts must fit them, with nothing over."""

from collections.abc import Iterator
from typing import Any

from aiogram import methods
from aiogram.types import Update
from pydantic import BaseModel, TypeAdapter

from bots.playground.telegram.api import FILE

METHODS: dict[str, Any] = {
    getattr(methods, name).__api_method__.lower(): getattr(methods, name)
    for name in methods.__all__
    if name not in ("TelegramMethod", "Request", "Response")
}


def check_records(records: list[dict[str, Any]]) -> None:
    """Validate the updates, and the calls that succeeded."""
    for each in records:
        if each["direction"] == "delivery":
            check_update(each["body"])
        elif each["outcome"] == "ok" and each["method"] != FILE:
            check_call(each["method"], each["body"])


def check_update(update: dict[str, Any]) -> None:
    """An update must be one, without fields that Telegram does not have."""
    assert_nothing_unknown(Update.model_validate(update))


def check_call(method: str, arguments: dict[str, Any]) -> None:
    """A call that was accepted must have had what the method needs."""
    METHODS[method.lower()].model_validate(arguments)


def check_result(method: str, result: Any) -> None:
    """What a method returned must be what it should return."""
    TypeAdapter(METHODS[method.lower()].__returning__).validate_python(result)


def assert_nothing_unknown(model: BaseModel) -> None:
    """No part of a model holds fields that its type does not know."""
    for part in _parts(model):
        assert not part.model_extra, f"{type(part).__name__} does not have {part.model_extra}"


def _parts(value: Any) -> Iterator[BaseModel]:
    if isinstance(value, BaseModel):
        yield value
        for name in type(value).model_fields:
            yield from _parts(getattr(value, name))
    elif isinstance(value, list):
        for each in value:
            yield from _parts(each)
