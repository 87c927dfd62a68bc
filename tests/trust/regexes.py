"""Every regular expression of the packages, and strings that make bad ones slow."""

import ast
import importlib
import pkgutil
import re
import signal
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("core", "adapters", "bots")
LEFT_OUT = "bots.playground"
"""For one person on one machine."""
TABLE = Path(__file__).with_name("regexes.txt")
LENGTH = 100_000
"""Characters of a string that is tried."""
PATIENCE = 0.5
"""Seconds of processor time after which a pattern counts as slow: linear ones take a few thousandths."""
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


def compiled() -> Iterator[tuple[str, str, re.Pattern[str]]]:
    """Patterns that modules keep, each with its module and name; those that are imported come again."""
    for name in _modules():
        for attribute, value in vars(importlib.import_module(name)).items():
            for place, pattern in _within(attribute, value):
                yield name, place.partition("[")[0], pattern


def inline() -> Iterator[tuple[str, str]]:
    """Patterns that are written where they are used, with how that is: nobody keeps them."""
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


def slowest(pattern: re.Pattern[str], methods: frozenset[str]) -> float:
    """Seconds of processor time that the worst of our strings takes.

    Raises:
        Slow: one takes more than `PATIENCE`.
    """
    is_matched = methods and methods <= {"match", "fullmatch"}
    looks = (pattern.match, pattern.fullmatch) if is_matched else (pattern.search, pattern.fullmatch)
    worst = 0.0
    for text in _strings(pattern):
        for look in looks:
            began = time.process_time()
            with _patient():
                look(text)
            worst = max(worst, time.process_time() - began)
    return worst


def _sources() -> Iterator[Path]:
    for name in PACKAGES:
        yield from sorted((ROOT / name).rglob("*.py"))


def every() -> Mapping[str, frozenset[str]]:
    """All patterns as they are written, with how they are used; empty where that is not known."""
    used, found = ways(), dict[str, frozenset[str]]()
    for pattern, method in inline():
        found[pattern] = found.get(pattern, frozenset()) | {method}
    for module, name, kept in compiled():
        methods = used.get((module, name), frozenset()) | used.get(("", name), frozenset())
        found[kept.pattern] = found.get(kept.pattern, frozenset()) | methods
    return found


def write() -> None:
    """Try those that are new, and write the table: a pattern on each line, and how it is."""
    known = dict(line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines())
    flags = {each.pattern: each.flags for _, _, each in compiled()}
    lines = list[str]()
    for pattern, methods in sorted(every().items()):
        if judged := known.get(ascii(pattern)):
            lines.append(f"{pattern!a}\t{judged}")
            continue
        try:
            slowest(re.compile(pattern, flags.get(pattern, 0)), methods)
        except Slow:
            lines.append(f"{pattern!a}\tslow")
        else:
            lines.append(f"{pattern!a}\tlinear")
    TABLE.write_text("\n".join([*lines, ""]), encoding="utf-8")


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


def _literal(node: ast.AST) -> tuple[str, str] | None:
    """What a call of `re` compiles, where it stands there as a constant, and what it does with that."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id="re"), attr=method),
            args=[ast.Constant(value=str(pattern)), *_],
        ) if method in _INLINE:
            return pattern, method
    return None


def _strings(pattern: re.Pattern[str]) -> Iterator[str]:
    """Repeated pieces, after what the pattern begins with, and before what it cannot end with."""
    own = re.sub(r"\\.|[^\w\s:/@.<>&#-]", "", pattern.pattern)[:12]
    for piece in (*_PIECES, *([own, f"{own} "] if own.strip() else [])):
        yield (piece * (LENGTH // len(piece) + 1))[:LENGTH] + "\x00"


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
