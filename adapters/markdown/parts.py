"""Cutting Markdown into messages, by whatever a platform counts."""

import re
from collections.abc import Callable, Iterator

from adapters.markdown.tree import blocks, clean

Length = Callable[[str], int]

_FENCE = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,}).*")
_DELIMITERS = re.compile(r"[ \t]*+(?:\|[ \t]*+)?:?-[-:| \t]*")
_EXTENDS = re.compile("[\u0300-\u036f\u200d\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
_BREAKS = ("\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " ")


def split(text: str, length: Length, limit: int) -> list[str]:
    """Cut Markdown into parts: between blocks where possible, else between lines, sentences or words.

    Args:
        text: Markdown.
        length: what a part takes of a message, in the platform's own units.
        limit: what a message holds, in the same units.

    Returns:
        At least one part. The same text gives the same parts.
    """
    return list(_parts(clean(text), length, limit)) or [""]


def first_part(text: str, length: Length, limit: int) -> str:
    """The first of the parts into which `split` cuts, without working out the others."""
    return next(_parts(clean(text), length, limit), "")


def _parts(text: str, length: Length, limit: int) -> Iterator[str]:
    if _fits(text, length, limit):
        yield text
        return
    for group in _groups(text, length, limit):
        yield from _bounded(group, length, limit)


def _fits(text: str, length: Length, limit: int) -> bool:
    return len(text) <= 2 * limit and length(text) <= limit  # longer source is not worth measuring


def _groups(text: str, length: Length, limit: int) -> Iterator[str]:
    """Neighbouring blocks, as many as fit together; one that is too large stands alone."""
    group: list[str] = []
    room = limit
    for block in blocks(text):
        size = length(block) + 2 if len(block) <= 2 * limit else limit + 1
        if group and room < size <= limit:
            room = limit - length("\n\n".join(group))  # less than its blocks one by one
        if group and size > room:
            yield "\n\n".join(group)
            group, room = [], limit
        group.append(block)
        room -= size
    if group:
        yield "\n\n".join(group)


def _bounded(block: str, length: Length, limit: int) -> Iterator[str]:
    """The block, or pieces of it that fit: code stays code, and a table keeps its head."""
    if _fits(block, length, limit):
        yield block
        return
    opening, body, closing = _frame(block)
    if len(opening) > limit // 8:  # no language and no head of a table: text like any other
        opening, body, closing = "", block, ""
    for piece in _pieces(body, lambda part: length(opening + part + closing), limit):
        inner = piece.removesuffix("\n") if opening else piece.strip()
        if inner.strip():
            yield opening + inner + closing


def _frame(block: str) -> tuple[str, str, str]:
    """What must surround each piece of a block, and what lies between: opening, body, closing."""
    head, _, body = block.partition("\n")
    if fence := _FENCE.match(head):
        rest, _, last = body.rpartition("\n")
        closes = last.strip().startswith(fence[1]) and not last.strip().strip(fence[1][0])
        return f"{head}\n", rest if closes else body, f"\n{fence[1]}"
    delimiters, _, rows = body.partition("\n")
    if "|" in head and _DELIMITERS.fullmatch(delimiters):
        return f"{head}\n{delimiters}\n", rows, ""
    return "", block, ""


def _pieces(text: str, length: Length, limit: int) -> Iterator[str]:
    """The text in pieces that fit, ending at good boundaries."""
    while text:
        size = _prefix(text, length, limit)
        if size < len(text):
            size = _boundary(text, size)
        yield text[:size]
        text = text[size:]


def _prefix(text: str, length: Length, limit: int) -> int:
    """The length of a prefix that fits, at least 1: each guess is corrected by what it measured."""
    size = min(len(text), limit)
    while size > 1 and (measured := length(text[:size])) > limit:
        size = min(size - 1, max(1, size * limit // measured))
    return size


def _boundary(text: str, size: int) -> int:
    """The best place to cut at or before `size`, in its second half; never inside a visible character."""
    for mark in _BREAKS:
        at = text.rfind(mark, size // 2, size)
        if at > 0:
            return at + len(mark)
    at = size
    while at > max(1, size - 32) and (_EXTENDS.match(text[at]) or text[at - 1] == "\u200d"):
        at -= 1
    return at
