"""Datasets in the forms that other tools read."""

import csv
import io
import json
from collections.abc import Callable, Sequence

from core.learning.examples import Example


def _chat(example: Example) -> list[dict[str, str]]:
    return [{"role": each.role.value, "content": each.text} for each in example.messages]


def _openai(example: Example) -> dict[str, object]:
    return {"messages": [*_chat(example), {"role": "assistant", "content": example.answer}]}


def _preference(example: Example) -> dict[str, object]:
    def said(text: str) -> list[dict[str, str]]:
        return [{"role": "assistant", "content": text}]

    return {"prompt": _chat(example), "chosen": said(example.answer), "rejected": said(example.rejected)}


def _sharegpt(example: Example) -> dict[str, object]:
    names = {"system": "system", "user": "human", "assistant": "gpt"}
    turns = [{"from": names[each.role.value], "value": each.text} for each in example.messages]
    return {"conversations": [*turns, {"from": "gpt", "value": example.answer}]}


def _jsonl(write: Callable[[Example], dict[str, object]]) -> Callable[[Sequence[Example]], str]:
    return lambda examples: "".join(json.dumps(write(each), ensure_ascii=False) + "\n" for each in examples)


def _csv(examples: Sequence[Example]) -> str:
    file = io.StringIO()
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["question", "answer", "rejected", "language"])
    for each in examples:
        table.writerow([each.messages[-1].text, each.answer, each.rejected, each.language])
    return file.getvalue()


FORMS: dict[str, Callable[[Sequence[Example]], str]] = {
    "openai": _jsonl(_openai),
    "sharegpt": _jsonl(_sharegpt),
    "preference": lambda examples: _jsonl(_preference)([each for each in examples if each.rejected]),
    "csv": _csv,
}
"""By name: chats as OpenAI and TRL take them, as ShareGPT has them, TRL's preferences, a table."""
