"""`python -m tests.trust`: run the tests of the table, and write what they measured into `docs/trust.md`.

`python -m tests.trust regexes` tries the regular expressions that are new, and writes the table of all.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.trust import page, regexes
from tests.trust.table import TABLE


def main() -> int:
    """The exit status: that of pytest."""
    if sys.argv[1:] == ["regexes"]:
        regexes.write()
        return 0
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        tests = dict.fromkeys(test for row in TABLE.values() for test in row.tests)
        options = ["-n", "2", "--dist", "loadfile", "-q", f"--junitxml={report}", "-o", "junit_family=xunit1"]
        status = int(pytest.main([*options, *tests]))
        page.keep(page.measured(report))
    return status


if __name__ == "__main__":
    sys.exit(main())
