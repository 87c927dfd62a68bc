"""The page of figures is true to the table, and the table to the tests there are."""

import ast
from pathlib import Path

from tests.trust.page import BEGIN, END, PAGE, ROOT, kept, written
from tests.trust.table import TABLE

ROWS = {*(f"F{n}" for n in range(1, 10)), *(f"O{n}" for n in range(1, 6))}
ROWS |= {*(f"P{n}" for n in range(1, 9)), *(f"S{n}" for n in range(1, 6))}


def test_the_page_says_what_was_measured() -> None:
    found = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert found == written(kept()), "run `make trust`"


def test_every_row_has_tests_that_passed_and_a_figure_that_they_measured() -> None:
    found = kept()
    assert set(TABLE) == ROWS == set(found)
    for name, row in TABLE.items():
        assert row.tests and found[name].passed and found[name].failed == 0, name
        assert found[name].figures, name


def test_every_test_of_the_table_exists() -> None:
    named = [test.partition("::") for row in TABLE.values() for test in row.tests]
    assert [file for file, _, _ in named if not (ROOT / file).is_file()] == []
    assert [
        f"{file}::{name}" for file, _, name in named if name and name not in _functions(ROOT / file)
    ] == []


def _functions(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
