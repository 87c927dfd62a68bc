"""`python -m tests.trust`: run the tests of the table, and write what they measured into `docs/trust.md`.

`python -m tests.trust F1 P3` runs those of these rows alone, and leaves the others as they were written.
`python -m tests.trust regexes` tries the regular expressions that are new, and writes the table of all.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.trust import page, regexes
from tests.trust.table import TABLE

PATIENCE = 1800
"""Seconds that a test may take: some try more here than in each run of the tests."""


def main() -> int:
    """The exit status: that of pytest."""
    if sys.argv[1:] == ["regexes"]:
        regexes.write()
        return 0
    rows = {name: TABLE[name] for name in sys.argv[1:] or TABLE}
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        tests = dict.fromkeys(test for row in rows.values() for test in row.tests)
        options = ["-n", "2", "--dist", "loadfile", "-q", f"--timeout={PATIENCE}"]
        options += [f"--junitxml={report}", "-o", "junit_family=xunit1"]
        status = int(pytest.main([*options, *tests]))
        page.keep({**page.kept(), **page.measured(report, rows)})
    return status


if __name__ == "__main__":
    sys.exit(main())
