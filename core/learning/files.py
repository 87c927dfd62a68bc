"""Examples from files that operators bring: chats, question-answer pairs, exports of other tools."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from core.engine.types import ChatMessage, Role
from core.errors import DatasetError
from core.learning.examples import Example, identity

_ROLES = {
    "system": Role.SYSTEM,
    "user": Role.USER,
    "human": Role.USER,
    "assistant": Role.ASSISTANT,
    "gpt": Role.ASSISTANT,
}
_QUESTION = ("question", "prompt", "instruction", "input")
_ANSWER = ("answer", "chosen", "completion", "response", "output")
_LONGEST = 32 * 1024 * 1024
"""Bytes of a file."""


def load(path: Path, system: str) -> list[Example]:
    """The examples of a file.

    `.jsonl`: a chat a line, as `{"messages": [{"role", "content"}…]}` (OpenAI, TRL) or
    `{"conversations": [{"from", "value"}…]}` (ShareGPT), or `{"question", "answer"}` under one of their usual
    names, each with an answer that is worse under `rejected`, if there is one. `.csv`: the same names as
    columns.

    Args:
        system: the system prompt of those that bring none.

    Raises:
        DatasetError: the file cannot be read, or a row is no example; names the row and never quotes it.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise DatasetError(f"{path} is larger than {_LONGEST // 2**20} MB: cut it into several")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from None
    rows = _lines(text, path) if path.suffix == ".jsonl" else _table(text, path)
    return [_example(row, f"{path}, row {number}", path.name, system) for number, row in rows]


def _lines(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise DatasetError(f"{path}, row {number}: is no JSON object")
            yield number, row


def _table(text: str, path: Path) -> Iterator[tuple[int, Mapping[str, object]]]:
    if path.suffix != ".csv":
        raise DatasetError(f"{path}: bring .jsonl or .csv")
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), 2):
        yield number, {str(name).strip().casefold(): value for name, value in row.items()}


def _example(row: Mapping[str, object], where: str, file: str, system: str) -> Example:
    messages, answer = _chat(row, where)
    if not any(each.role is Role.SYSTEM for each in messages):
        messages = (ChatMessage(role=Role.SYSTEM, text=system), *messages)
    rejected = _text(row.get("rejected"))
    if not answer or messages[-1].role is not Role.USER or not messages[-1].text:
        raise DatasetError(f"{where}: has no question with an answer")
    found = identity(messages, answer, rejected)
    return Example(
        id=found,
        messages=messages,
        answer=answer,
        rejected=rejected,
        language=_text(row.get("language")),
        source=f"file:{file}",
        group=found[:24],
    )


def _chat(row: Mapping[str, object], where: str) -> tuple[tuple[ChatMessage, ...], str]:
    turns = row.get("messages", row.get("conversations"))
    if not isinstance(turns, list):
        question = next((_text(row[name]) for name in _QUESTION if row.get(name)), "")
        answer = next((_text(row[name]) for name in _ANSWER if row.get(name)), "")
        return (ChatMessage(role=Role.USER, text=question),), answer
    said = [_message(each, where) for each in turns]
    chosen = _text(row.get("chosen"))
    if chosen:
        return tuple(said), chosen
    if not said or said[-1].role is not Role.ASSISTANT:
        raise DatasetError(f"{where}: the chat does not end with the assistant's answer")
    return tuple(said[:-1]), said[-1].text


def _message(turn: object, where: str) -> ChatMessage:
    if not isinstance(turn, dict):
        raise DatasetError(f"{where}: a turn is no object")
    role = _ROLES.get(str(turn.get("role", turn.get("from"))))
    if role is None:
        raise DatasetError(f"{where}: a turn has no role that is known ({', '.join(_ROLES)})")
    return ChatMessage(role=role, text=_text(turn.get("content", turn.get("value"))))


def _text(value: object) -> str:
    """A text; of a list of turns (TRL's preferences) the last one's."""
    if isinstance(value, Sequence) and not isinstance(value, str) and value:
        last = value[-1]
        value = last.get("content") if isinstance(last, dict) else ""
    return value.strip() if isinstance(value, str) else ""
