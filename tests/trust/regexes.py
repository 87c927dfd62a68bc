"""Every regular expression of the packages, and strings that make bad ones slow."""

import ast
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "adapters", "bots")
LEFT_OUT = "bots.playground"
"""For one person on one machine."""
TABLE = Path(__file__).with_name("regexes.txt")
LENGTH = 100_000
"""Characters of a string that is tried."""
PATIENCE = 2.0
"""Seconds of processor time after which trying ends: linear ones take a few thousandths."""
WANTED = 0.050
"""Seconds of processor time in which a pattern is to read such a string, on the machine of `REFERENCE`."""
TRIES = 10
"""Of which one suffices: what else runs on the machine makes some slower."""
_PIECES = (
    *(
        "a",
        "A",
        "1",
        " ",
        "\n",
        "\t",
        ".",
        "-",
        "_",
        "/",
        ":",
        "@",
        "#",
        "<",
        ">",
        "&",
        "*",
        "`",
        "(",
        "[",
        "é",
    ),
    *(
        "a ",
        "a.",
        "a-",
        "1,",
        "1.",
        ". ",
        "a@",
        "a@a.",
        "a:",
        "a\n",
        "\n\n",
        "- ",
        "<a",
        "[a",
        "](",
        "a/",
        "://",
    ),
    *("A a ", "a b. ", "12 ", "1 a ", "a, ", "'a", "is it ", "| ", "&#", "**", "~~", "```", "\\", "{a", "}"),
)
_INLINE = {"match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}


class Slow(Exception):
    """A pattern took too long."""


@dataclass(frozen=True, order=True)
class Use:
    """A pattern as it is used: with other flags, or searched and not matched, it may take another time."""

    pattern: str
    flags: int
    is_matched: bool
    """Whether it is only ever held against the beginning of a text."""


REFERENCE, REFERENCE_PIECE, REFERENCE_SECONDS = (
    Use(r"\b(?:one|two|three|four|five|six)\b", int(re.IGNORECASE | re.UNICODE), False),
    "a ",
    0.006,
)
"""A pattern that tells how fast a machine is, and what it took where `WANTED` was set."""


def compiled() -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """Patterns that modules keep, each with its module and name; those that are imported come again."""
    for name in _modules():
        for attribute, value in vars(importlib.import_module(name)).items():
            for place, pattern in _within(attribute, value):
                yield name, place.partition("[")[0], pattern


def inline() -> Iterator[Use]:
    """Patterns that are written where they are used: nobody keeps them."""
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if found := _literal(node):
                yield found


def ways() -> Mapping[tuple[str, str], frozenset[str]]:
    """How patterns are used, by module and name: what is only matched need not be searched.

    Those of other things (`other.PATTERN`) have no module, as they may be of any.
    """
    found: dict[tuple[str, str], set[str]] = {}
    for path in _sources():
        module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in _INLINE:
                owner = node.value.value if isinstance(node.value, ast.Subscript) else node.value
                if isinstance(owner, ast.Name):
                    found.setdefault((module, owner.id), set()).add(node.attr)
                elif isinstance(owner, ast.Attribute):
                    found.setdefault(("", owner.attr), set()).add(node.attr)
    return {place: frozenset(methods) for place, methods in found.items()}


def seconds(use: Use, piece: str) -> float:
    """Of processor time, that a text of such pieces takes.

    Raises:
        Slow: more than `PATIENCE`.
    """
    pattern, text = re.compile(use.pattern, use.flags), _text(piece)
    worst = 0.0
    for look in (pattern.match if use.is_matched else pattern.search, pattern.fullmatch):
        began = time.process_time()
        with _patient():
            look(text)
        worst = max(worst, time.process_time() - began)
    return worst


def is_quick(use: Use, piece: str) -> bool:
    """Whether it reads a text of such pieces in `WANTED`, or as much longer as this machine is slower.

    Raises:
        Slow: more than `PATIENCE`.
    """
    return any(
        seconds(use, piece) / seconds(REFERENCE, REFERENCE_PIECE) <= WANTED / REFERENCE_SECONDS
        for _ in range(TRIES)
    )


def worst_piece(use: Use) -> str:
    """Of all pieces that are tried, the one that takes the most time.

    Raises:
        Slow: one takes more than `PATIENCE`.
    """
    return max(_pieces(use.pattern), key=lambda piece: seconds(use, piece))


def _sources() -> Iterator[Path]:
    for name in PACKAGES:
        yield from sorted((ROOT / name).rglob("*.py"))


def every() -> frozenset[Use]:
    """All patterns that there are, as they are used; searched, where that is not known."""
    used, kept = ways(), dict[tuple[str, int], set[str]]()
    for module, name, pattern in compiled():
        methods = used.get((module, name), frozenset()) | used.get(("", name), frozenset())
        kept.setdefault((pattern.pattern, pattern.flags), set()).update(methods or {"search"})
    found = {
        Use(pattern, flags, methods <= {"match", "fullmatch"}) for (pattern, flags), methods in kept.items()
    }
    return frozenset({*found, *inline()})


def table() -> Mapping[Use, str]:
    """What was tried, and the piece that took the most time; empty where one took too much.

    What is no line of it, as merging leaves there, is tried anew.
    """
    lines = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()]
    read = [tuple(map(ast.literal_eval, fields)) for fields in lines if len(fields) == 4]
    return {Use(pattern, flags, way == "matched"): piece for pattern, flags, way, piece in read}


def write() -> None:
    """Try those that are new, and write the table anew: a use on each line, and its worst piece."""
    known, lines = table(), list[str]()
    for use in sorted(every()):
        piece = known[use] if use in known else _tried(use)
        way = "matched" if use.is_matched else "searched"
        lines.append(f"{use.pattern!a}\t{use.flags}\t{way!r}\t{piece!a}")
    TABLE.write_text("\n".join([*lines, ""]), encoding="utf-8")


def _tried(use: Use) -> str:
    try:
        return worst_piece(use)
    except Slow:
        return ""


def _modules() -> Iterable[str]:
    for package in PACKAGES:
        yield package
        for found in pkgutil.walk_packages([str(ROOT / package)], prefix=f"{package}."):
            if not found.name.endswith(("__main__", "child")) and not found.name.startswith(LEFT_OUT):
                yield found.name


def _within(name: str, value: object) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield name, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _within(f"{name}[{key}]", each)
    elif isinstance(value, tuple | list | frozenset | set):
        for number, each in enumerate(value):
            yield from _within(f"{name}[{number}]", each)


def _literal(node: ast.AST) -> Use | None:
    """What a call of `re` compiles, where it stands there as a constant."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="re"), attr=method),
            args=[ast.Constant(value=str(pattern)), *_],
            keywords=keywords,
        ) if method in _INLINE:
            flags = next((ast.unparse(each.value) for each in keywords if each.arg == "flags"), "0")
            whole = re.compile(pattern, eval(flags, {"re": re})).flags
            return Use(pattern, whole, method in ("match", "fullmatch"))
    return None


def _pieces(pattern: str) -> Sequence[str]:
    """What is tried, and what the pattern begins with."""
    own = re.sub(r"\\.|[^\w\s:/@.<>&#-]", "", pattern)[:12]
    return (*_PIECES, *([own, f"{own} "] if own.strip() else []))


def _text(piece: str) -> str:
    """Repeated, and before what no pattern can end with."""
    return (piece * (LENGTH // len(piece) + 1))[:LENGTH] + "\x00"


@contextmanager
def _patient() -> Iterator[None]:
    def give_up(number: int, frame: object) -> None:
        raise Slow

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
