"""The part of `docs/trust.md` that is written from the tests' figures."""

import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.trust.table import SECTIONS, TABLE, Row

ROOT = Path(__file__).parents[2]
PAGE, FIGURES = ROOT / "docs" / "trust.md", ROOT / "docs" / "trust.json"
BEGIN, END = "<!-- written by `make trust` -->\n", "<!-- until here -->\n"
Note = Callable[[str, object], None]
"""pytest's `record_property`, given the name of a row and what was measured."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What came of a row's tests."""

    passed: int
    failed: int
    figures: tuple[str, ...] = ()


def measured(report: Path, rows: Mapping[str, Row]) -> Mapping[str, Measured]:
    """What a report of pytest's in JUnit's format says of rows, by their names."""
    cases = list(ElementTree.parse(report).iter("testcase"))
    return {name: _of(name, row, cases) for name, row in rows.items()}


def kept() -> Mapping[str, Measured]:
    """As they were last written."""
    content = json.loads(FIGURES.read_text(encoding="utf-8"))
    return {
        name: Measured(passed=each["passed"], failed=each["failed"], figures=tuple(each["figures"]))
        for name, each in content.items()
    }


def keep(found: Mapping[str, Measured]) -> None:
    """Write them down, and the page with them."""
    told = {name: asdict(found[name]) for name in TABLE}
    FIGURES.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}{written(found)}{END}{rest.partition(END)[2]}", encoding="utf-8")


def written(found: Mapping[str, Measured]) -> str:
    """The tables."""
    lines = list[str]()
    for letter, title in SECTIONS.items():
        lines += ["", f"### {title}", "", "| | Promise | Cases | Measured | Open |", "|---|---|---|---|---|"]
        lines += [_line(name, row, found[name]) for name, row in TABLE.items() if name[0] == letter]
    return "\n".join([*lines, "", ""])


def _line(name: str, row: Row, of: Measured) -> str:
    cases = f"{of.passed:,}" if not of.failed else f"{of.passed:,}, and **{of.failed} fail**"
    cells = (name, row.promise, cases if row.tests else "none", "; ".join(of.figures), row.open)
    return f"| {' | '.join(cells)} |"


def _of(name: str, row: Row, cases: list[ElementTree.Element]) -> Measured:
    own = [each for each in cases if any(_is_of(each, test) for test in row.tests)]
    bad = [each for each in own if each.find("failure") is not None or each.find("error") is not None]
    skipped = [each for each in own if each.find("skipped") is not None]
    told = [
        (each.get("value") or "")
        for case in own
        for each in case.iter("property")
        if each.get("name") == name
    ]
    figures = tuple(dict.fromkeys(told))
    return Measured(passed=len(own) - len(bad) - len(skipped), failed=len(bad), figures=figures)


def _is_of(case: ElementTree.Element, test: str) -> bool:
    file, _, function = test.partition("::")
    is_file = case.get("classname") == file.removesuffix(".py").replace("/", ".")
    return is_file and function in ("", (case.get("name") or "").partition("[")[0])
