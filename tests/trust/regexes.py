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
LENGTH = 20_000
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


def compiled() -> Mapping[str, re.Pattern[str]]:
    """Patterns that modules keep, by module and name."""
    found: dict[str, re.Pattern[str]] = {}
    for name in _modules():
        for attribute, value in vars(importlib.import_module(name)).items():
            for place, pattern in _within(attribute, value):
                if pattern not in found.values():
                    found[f"{name}:{place}"] = pattern
    return found


def inline() -> Iterator[tuple[str, str]]:
    """Patterns that are written where they are used, with where that is: nobody keeps them."""
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if pattern := _literal(node):
                yield str(path.relative_to(ROOT)), pattern


def ways() -> Mapping[str, frozenset[str]]:
    """How patterns are used, by their names without modules: what is only matched need not be searched."""
    found: dict[str, set[str]] = {}
    for path in _sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in _INLINE:
                owner = node.value.value if isinstance(node.value, ast.Subscript) else node.value
                if isinstance(owner, ast.Name | ast.Attribute):
                    name = owner.id if isinstance(owner, ast.Name) else owner.attr
                    found.setdefault(name, set()).add(node.attr)
    return {name: frozenset(methods) for name, methods in found.items()}


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
    """All patterns as they are written, with how they are used."""
    used = ways()
    found = dict.fromkeys((pattern for _, pattern in inline()), frozenset[str]())
    for place, pattern in compiled().items():
        found[pattern.pattern] = used.get(place.rpartition(":")[2].partition("[")[0], frozenset())
    return found


def write() -> None:
    """Try those that are new, and write the table: a pattern on each line, and how it is."""
    known = dict(line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines())
    flags = {each.pattern: each.flags for each in compiled().values()}
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


def _literal(node: ast.AST) -> str:
    """What a call of `re` compiles, where it stands there as a constant."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
        return ""
    owner, first = node.func.value, node.args[0]
    is_re = isinstance(owner, ast.Name) and owner.id == "re" and node.func.attr in _INLINE
    return first.value if is_re and isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


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
