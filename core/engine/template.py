"""A model's own chat template, rendered so that neither the template nor anybody's text can do harm.

The template comes with the weights, so it runs in Jinja's immutable sandbox. People's text must not speak for
the system or end a turn: special tokens written in it are guarded while the template runs, so that they can
be told from the template's own.
"""

import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from jinja2 import Template, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.ext import loopcontrols
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core.engine.types import ChatMessage, Role
from core.errors import ModelError

GUARD = "\ufdd0"
"""A noncharacter: no text holds one on purpose (The Unicode Standard, 23.7)."""
MARK = "\ufdd1"
"""Another noncharacter: stands at the end of the system text while a prompt is rendered."""

TEMPLATE_DAY = date(2024, 7, 26)
"""What `strftime_now` says: the day Llama 3 falls back to. The same messages must give the same prompt;
today's date belongs into the system prompt."""


LONGEST_REPEAT = 10_000
"""Elements `*` may make of a text or list in a template."""


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, which keeps a template from everything but memory, without its cheapest bombs."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        sizes = [len(side) for side in (left, right) if isinstance(side, (str, list, tuple))]
        times = [side for side in (left, right) if isinstance(side, int)]
        if operator == "**" or any(size * count > LONGEST_REPEAT for size in sizes for count in times):
            raise SecurityError(f"'{operator}' on these values is not allowed")
        return super().call_binop(context, operator, left, right)


class ChatTemplate:
    """Renders messages.

    Args:
        source: Jinja.
        special: the strings of the tokens that mean something to the model, such as `<|im_end|>`.
        bos: what `bos_token` stands for in the template.
        eos: what `eos_token` stands for.

    Raises:
        ModelError: the template cannot be parsed.
    """

    def __init__(self, source: str, *, special: Sequence[str], bos: str = "", eos: str = "") -> None:
        self._template = _compile(source)
        self._special = any_of(special)
        self._tokens = {"bos_token": bos, "eos_token": eos}

    def render(self, messages: Sequence[ChatMessage]) -> str:
        """Render up to where the assistant's answer begins.

        `GUARD` marks special tokens that are mere text, `MARK` the end of the system text.

        Raises:
            ModelError: the template failed, refused the messages or tried something forbidden.
        """
        turns = [{"role": message.role.value, "content": self._guarded(message.text)} for message in messages]
        if messages and messages[0].role is Role.SYSTEM:
            turns[0]["content"] += MARK
        try:
            return self._rendered(turns)
        except ModelError:
            joined = _one_system_turn(turns)
            if joined == turns:
                raise
            return self._rendered(joined)

    def _rendered(self, turns: Sequence[dict[str, str]]) -> str:
        try:
            return self._template.render(messages=turns, add_generation_prompt=True, **self._tokens)
        except (
            TemplateError,
            ArithmeticError,
            AttributeError,
            LookupError,
            RecursionError,
            TypeError,
            ValueError,
        ) as error:
            raise ModelError(f"The model's chat template failed: {error}") from error

    def _guarded(self, text: str) -> str:
        return self._special.sub(lambda found: found[0][0] + GUARD + found[0][1:], encodable(unguarded(text)))


def _one_system_turn(turns: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """System turns that follow a first one, joined to it: some templates know only one."""
    first, rest = list(turns[:1]), list(turns[1:])
    while rest and first[0]["role"] == rest[0]["role"] == Role.SYSTEM.value:
        text = rest.pop(0)["content"]
        first = [{**first[0], "content": f"{first[0]['content']}\n\n{text}"}]
    return [*first, *rest]


def encodable(text: str) -> str:
    """`text` with lone surrogates, which JSON can smuggle in and UTF-8 cannot hold, replaced by a `?`."""
    return text.encode("utf-8", "replace").decode()


def unguarded(text: str) -> str:
    """`text` as it was before it was guarded and marked."""
    return text.replace(GUARD, "").replace(MARK, "")


def any_of(strings: Sequence[str]) -> re.Pattern[str]:
    """Matches the longest of `strings`, or nothing where there are none."""
    longest_first = sorted(strings, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def _compile(source: str) -> Template:
    # The options of transformers' `apply_chat_template`, which templates are written for.
    environment = _Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _raise
    environment.globals["strftime_now"] = TEMPLATE_DAY.strftime
    try:
        return environment.from_string(source)
    except TemplateError as error:
        raise ModelError(f"The model's chat template cannot be read: {error}") from error


def _to_json(value: object, indent: int | None = None) -> str:
    """Unlike Jinja's own, leave <, >, & and ' alone: the text is not for a web page."""
    return json.dumps(value, ensure_ascii=False, indent=indent)


def _raise(message: str) -> None:
    raise TemplateError(message)
