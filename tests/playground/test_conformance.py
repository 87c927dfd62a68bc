"""The list of rules is the suite's own."""

import subprocess
import sys

from tests.playground.conformance import PAGE


def test_the_page_lists_what_the_suite_checks() -> None:
    command = [sys.executable, "-m", "tests.playground.conformance", "--check"]
    checked = subprocess.run(command, cwd=PAGE.parents[1], capture_output=True, text=True, timeout=300)
    assert checked.returncode == 0, checked.stderr
