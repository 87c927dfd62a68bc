"""The `frontdesk` command itself."""

import subprocess
import sys

from click.testing import CliRunner

from bots.cli import main


def test_a_command_loads_nothing_of_the_others() -> None:
    asked = (
        "import sys; from bots.cli import main; main(['slack', 'manifest'], standalone_mode=False); "
        "sys.exit(' '.join(each for each in ('bots.run', 'ctranslate2') if each in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, timeout=60)
    assert done.stderr.strip() == ""
    assert "display_information" in done.stdout


def test_what_is_no_command_is_said_to_be_none() -> None:
    done = CliRunner().invoke(main, ["nope"])
    assert done.exit_code == 2 and "No such command 'nope'" in done.output
