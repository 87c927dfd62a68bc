"""Markdown that a model is still writing, closed so that no raw marks flash up."""

import re
from itertools import takewhile

_FENCE = re.compile(r"(?P<indent>[ >]*)(?P<mark>`{3,}(?=[^`]*$)|~{3,})(?P<info>.*)")
_HALF_FENCE = re.compile(r"\n[ >]*(?:`{1,2}|~{1,2})$")
_HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)(?:\]\((?:[^()\n]|\([^()\n]*+(?:\)|$))*+)?$")
_LONE_MARK = re.compile(r"[ \t]*(?:[-+*=>#_]+|\d+[.)])")
_MARKS = re.compile(r"\\*`+|\\.|\*+|~~|_+")
_LAST_MARKS = re.compile(r"(?<![*_~`])[*_~`]++$")


def closed(text: str) -> str:
    """The finished look of unfinished Markdown; what may yet become something else is left out at its end."""
    text = text.rstrip()
    if fence := _open_fence(text):
        return _HALF_FENCE.sub("", text) + f"\n{fence}"
    lines = _without_half_table(text.split("\n"))
    if lines and _LONE_MARK.fullmatch(lines[-1]):
        lines.pop()
    return "\n".join([*lines[:-1], *map(_closed_line, lines[-1:])])


def _open_fence(text: str) -> str:
    """What would close the fenced code block in which the text ends; nothing outside of one."""
    closing = mark = ""
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if fence and not mark:
            mark = fence["mark"]
            closing = fence["indent"] + mark
        elif fence and fence["mark"].startswith(mark) and not fence["info"].strip():
            closing = mark = ""
    return closing


def _without_half_table(lines: list[str]) -> list[str]:
    """Without a table's head, as long as no row below shows that it is one."""
    rows = len(list(takewhile(lambda line: line.lstrip().startswith("|"), reversed(lines))))
    return lines[:-rows] if rows in (1, 2) else lines


def _closed_line(line: str) -> str:
    marks = _open_marks(line)
    if not marks or marks[-1][0] != "`":
        line = _HALF_LINK.sub(r"\1", line)
    line = _LAST_MARKS.sub("", line)
    return line + "".join(reversed(_open_marks(line)))


def _open_marks(line: str) -> list[str]:
    """The marks that are open at the end of a line, outermost first."""
    opened: list[str] = []
    for match in _MARKS.finditer(line):
        mark = match[0]
        if opened and opened[-1][0] == "`":
            if mark.lstrip("\\") == opened[-1]:
                opened.pop()
        elif mark[0] == "`":
            opened.append(mark)
        elif mark[0] != "\\":
            before, after = (
                line[max(0, match.start() - 1) : match.start()],
                line[match.end() : match.end() + 1],
            )
            _turn(opened, mark, before=before, after=after)
    return opened


def _turn(opened: list[str], mark: str, *, before: str, after: str) -> None:
    """Close what a run of marks closes, else open what it opens (spec.commonmark.org: flanking runs)."""
    rest = mark
    while before.strip() and opened and rest.startswith(opened[-1]):
        rest = rest.removeprefix(opened.pop())
    in_word = mark[0] == "_" and before.isalnum()
    if rest == mark and after.strip() and not in_word and len(mark) <= 3:
        opened.extend([mark] if len(mark) < 3 else [mark[:2], mark[2]])
