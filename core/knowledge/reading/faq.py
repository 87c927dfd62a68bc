"""Questions with their answers, in text or in YAML."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from core.errors import Unreadable
from core.knowledge.reading.blocks import Block, Extract, Pair, Paragraph, Place
from core.knowledge.reading.decoding import decoded

QUESTIONS = frozenset(("question", "q", "frage", "pregunta", "domanda"))
ANSWERS = frozenset(("answer", "a", "antwort", "réponse", "reponse", "respuesta", "risposta", "response"))
"""What the columns and keys of an FAQ are called."""
LARGEST_YAML = 5_000_000
"""Bytes: YAML takes a hundred times as much memory while it is read."""
MOST = 20_000
"""Pairs of one file."""
_MARK = r"\A\**+\s*+(?:{names})\s*+(?:\d{{1,4}}\s*+)?+[.:)]\s*+\**+\s*+"
_Q = re.compile(_MARK.format(names="Question|Frage|Q"), re.IGNORECASE)
_A = re.compile(_MARK.format(names="Answer|Antwort|A"), re.IGNORECASE)


def with_pairs(extract: Extract) -> Extract:
    """The same, with every "Q: …" and its "A: …" made a pair."""
    if not any(isinstance(block, Paragraph) and _Q.match(block.text) for block in extract.blocks):
        return extract
    return Extract(title=extract.title, blocks=list(_paired(extract.blocks)), hidden=extract.hidden)


def _paired(blocks: Sequence[Block]) -> Iterator[Block]:
    asked: Paragraph | None = None
    answer: list[str] = []
    place: Place | None = None
    for block in [*blocks, None]:
        if asked is not None and isinstance(block, Paragraph) and _goes_on(block.text, bool(answer)):
            answer.append(block.text if answer else _A.sub("", block.text, count=1))
            place = place.through(block.place) if place else block.place
            continue
        if asked is not None:
            yield _pair(asked, answer, place)
        asked, answer, place = None, [], None
        if isinstance(block, Paragraph) and _Q.match(block.text):
            lines = block.text.split("\n")
            answered = next((at for at, line in enumerate(lines) if at and _A.match(line)), len(lines))
            question, rest = "\n".join(lines[:answered]), "\n".join(lines[answered:])
            asked = Paragraph(text=_Q.sub("", question, count=1).strip("* \n"), place=block.place)
            answer, place = ([_A.sub("", rest, count=1)] if rest else []), block.place
        elif block is not None:
            yield block


def _goes_on(text: str, answered: bool) -> bool:
    """Whether a paragraph below a question belongs to its answer."""
    return _Q.match(text) is None and (answered or _A.match(text) is not None)


def _pair(asked: Paragraph, answer: Sequence[str], place: Place | None) -> Block:
    if not answer:
        return asked
    return Pair(question=asked.text, answer="\n\n".join(answer), place=place)


def read_yaml(content: bytes) -> Extract:
    """Read an FAQ: a list of `question` and `answer`, at the top or under one key.

    Raises:
        Unreadable: it is something else.
    """
    if len(content) > LARGEST_YAML:
        raise Unreadable(f"is larger than {LARGEST_YAML // 1_000_000} MB, the most that YAML may be")
    try:
        node = yaml.compose(decoded(content), Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        raise Unreadable("is no YAML") from None
    entries = _entries(node)
    if not entries:
        raise Unreadable("is YAML, but no FAQ: that is a list whose entries have `question` and `answer`")
    if len(entries) > MOST:
        raise Unreadable(f"has more than {MOST} questions: split it")
    return Extract(blocks=entries)


def _entries(node: Any) -> list[Pair]:
    """From nodes rather than values: they know their lines, and an alias costs nothing."""
    if isinstance(node, yaml.MappingNode):
        lists = [value for _, value in node.value if isinstance(value, yaml.SequenceNode)]
        node = lists[0] if len(lists) == 1 else None
    if not isinstance(node, yaml.SequenceNode):
        return []
    found = [_entry(item) for item in node.value[: MOST + 1]]
    return [pair for pair in found if pair is not None]


def _entry(node: Any) -> Pair | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    texts = {
        str(key.value).casefold(): value.value
        for key, value in node.value
        if isinstance(key, yaml.ScalarNode) and isinstance(value, yaml.ScalarNode)
    }
    question, answer = of(texts, QUESTIONS), of(texts, ANSWERS)
    if not question or not answer:
        return None
    last = max(node.end_mark.line, node.start_mark.line + 1)
    return Pair(
        question=question,
        answer=answer,
        place=Place(unit="line", first=node.start_mark.line + 1, last=last),
    )


def of(texts: Mapping[str, str], names: frozenset[str]) -> str:
    """The text under one of the names."""
    return next((text.strip() for name, text in texts.items() if name in names), "")
