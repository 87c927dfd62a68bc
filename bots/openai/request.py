"""Reading a chat completion request: what we honour, what means nothing to us, and what we must refuse."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import from_json

from bots.openai.errors import ApiError, unsupported
from core.engine.types import ChatMessage, Options, Role

ROLES = {
    "system": Role.SYSTEM,
    "developer": Role.SYSTEM,
    "user": Role.USER,
    "assistant": Role.ASSISTANT,
}
LABELS = frozenset({"user", "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention"})
"""Parameters that change nothing of an answer."""
REFUSED: Mapping[str, tuple[str, tuple[object, ...]]] = {
    "n": ("one answer per request", (1,)),
    "tools": ("the model calls no tools", ([],)),
    "tool_choice": ("the model calls no tools", ("none", "auto")),
    "parallel_tool_calls": ("the model calls no tools", (True, False)),
    "functions": ("the model calls no functions", ([],)),
    "function_call": ("the model calls no functions", ("none", "auto")),
    "logprobs": ("probabilities are not returned", (False,)),
    "top_logprobs": ("probabilities are not returned", (0,)),
    "logit_bias": ("tokens cannot be favoured", ({},)),
    "frequency_penalty": ("leave it out or set it to 0", (0,)),
    "presence_penalty": ("leave it out or set it to 0", (0,)),
    "seed": ("answers cannot be made repeatable, except with temperature 0", ()),
    "response_format": ("answers are plain text", ({"type": "text"},)),
    "modalities": ("answers are text", (["text"],)),
    "audio": ("answers are text", ()),
    "prediction": ("leave it out", ()),
    "reasoning_effort": ("the model does not reason apart", ("none",)),
    "verbosity": ("leave it out", ("medium",)),
    "service_tier": ("there is one tier", ("auto", "default")),
    "store": ("nothing is kept", (False,)),
    "web_search_options": ("nothing is searched", ()),
}
"""What is not done here, why, and the values that ask for nothing; null never asks for anything."""
COLDEST = 0.01
"""Below this temperature sampling is greedy but for rounding."""


Shape = TypeVar("Shape", bound=BaseModel)


class _StreamOptions(BaseModel):
    include_usage: bool = False


class _Body(BaseModel, strict=True):
    """The parameters that are honoured, `messages` apart."""

    model: str
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    stop: str | list[str] | None = None
    stream: bool | None = None
    stream_options: _StreamOptions | None = None


@dataclass(frozen=True, kw_only=True)
class ChatRequest:
    """What a client asks for."""

    model: str
    messages: tuple[ChatMessage, ...]
    options: Options
    stream: bool
    include_usage: bool
    """Usage comes as a last chunk of the stream."""


def parse(body: bytes, context_length: int) -> ChatRequest:
    """Read a request's body.

    Args:
        body: JSON.
        context_length: the limit of an answer for which none is given.

    Raises:
        ApiError: names the parameter that is wrong or cannot be honoured.
    """
    raw = json_object(body)
    messages = _messages(raw.pop("messages", None))
    _refuse(raw)
    asked = validated(_Body, {key: value for key, value in raw.items() if key in _Body.model_fields})
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop or []
    if len(stop) > 4 or not all(stop):
        raise ApiError("'stop' takes up to 4 strings, none empty", param="stop", code="invalid_value")
    temperature = 1.0 if asked.temperature is None else asked.temperature
    return ChatRequest(
        model=asked.model,
        messages=messages,
        options=Options(
            max_tokens=asked.max_completion_tokens or asked.max_tokens or context_length,
            temperature=temperature if temperature >= COLDEST else 0.0,
            top_p=1.0 if asked.top_p is None else asked.top_p,
            stop=tuple(stop),
        ),
        stream=bool(asked.stream),
        include_usage=asked.stream_options is not None and asked.stream_options.include_usage,
    )


def json_object(body: bytes) -> dict[str, Any]:
    """The object that a body is.

    Raises:
        ApiError: it is none.
    """
    try:
        raw = from_json(body, allow_inf_nan=False)
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        raise ApiError("The body is not a JSON object", code="invalid_json")
    return raw


def _refuse(raw: Mapping[str, Any]) -> None:
    for name, value in raw.items():
        if name in _Body.model_fields or name in LABELS:
            continue
        if name not in REFUSED:
            raise ApiError(f"'{name[:80]}' is not a parameter", param=name[:80], code="unknown_parameter")
        why, harmless = REFUSED[name]
        if value is not None and value not in harmless:
            raise unsupported(name, why)


def validated(shape: type[Shape], raw: Mapping[str, Any]) -> Shape:
    """The parameters, each of its type.

    Raises:
        ApiError: names the one that is missing or wrong.
    """
    try:
        return shape.model_validate(raw)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        param = str(fault["loc"][0])
        code = "missing_required_parameter" if fault["type"] == "missing" else "invalid_value"
        raise ApiError(f"'{param}': {fault['msg']}", param=param, code=code) from None


def _messages(raw: object) -> tuple[ChatMessage, ...]:
    if not isinstance(raw, list) or not raw:
        raise ApiError(
            "'messages' takes a list of at least one message",
            param="messages",
            code="missing_required_parameter" if raw is None else "invalid_value",
        )
    return tuple(_message(each, f"messages[{at}]") for at, each in enumerate(raw))


def _message(raw: object, where: str) -> ChatMessage:
    if not isinstance(raw, dict):
        raise ApiError(f"'{where}' is not an object", param=where, code="invalid_value")
    for name, value in raw.items():
        # Clients send answers back as they came, with everything that was null or empty in them.
        if name not in ("role", "content", "name") and value not in (None, [], ""):
            raise unsupported(f"{where}.{name[:80]}", "messages are text")
    role = ROLES.get(raw["role"]) if isinstance(raw.get("role"), str) else None
    if role is None:
        raise ApiError(
            f"'{where}.role' takes one of: {', '.join(ROLES)}", param=f"{where}.role", code="invalid_value"
        )
    return ChatMessage(role=role, text=_text(raw.get("content"), f"{where}.content"))


def _text(raw: object, where: str) -> str:
    if isinstance(raw, str):
        return raw
    if not isinstance(raw, list):
        raise ApiError(f"'{where}' takes text", param=where, code="invalid_value")
    return "".join(_part(part, f"{where}[{at}]") for at, part in enumerate(raw))


def _part(raw: object, where: str) -> str:
    if isinstance(raw, dict) and raw.get("type") == "text" and isinstance(raw.get("text"), str):
        return str(raw["text"])
    raise unsupported(f"{where}.type", "messages are text")
