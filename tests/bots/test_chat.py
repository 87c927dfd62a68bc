"""`frontdesk chat` with input from a pipe."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from core.engine.provision import convert
from core.engine.shelf import Shelf
from tests.engine.tiny import LLAMA, make_weights, write_gguf

NAMELESS = "import pwd; pwd.getpwuid = {}.__getitem__; from bots.cli import main; main()"
"""As in a container that runs as a number."""
COMMAND = (sys.executable, "-c", "from bots.cli import main; main()", "chat")
PATIENCE = 120.0
NAMES = ("LOGNAME", "USER", "LNAME", "USERNAME")
"""Where Python looks for the user's name first."""


@pytest.fixture
def home(bare_environment: Path) -> Path:
    """A home with a tiny model that writes nonsense."""
    home = bare_environment / "home"
    convert(write_gguf(bare_environment / "tiny.gguf", make_weights(LLAMA)), Shelf(home), name="tiny")
    return home


async def test_every_line_from_a_pipe_is_answered_even_one_that_is_no_text(home: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"FRONTDESK_HOME": str(home), "PYTHONUTF8": "1"},
    )
    async with asyncio.timeout(PATIENCE):
        shown, _ = await process.communicate(b"bread \0 and butter \xff\n\n/me\n")
    assert process.returncode == 0
    assert "2 messages of yours" in shown.decode()


async def test_a_user_without_a_name_is_answered_too(home: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", NAMELESS, "chat"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=environment | {"FRONTDESK_HOME": str(home), "PYTHONUTF8": "1"},
    )
    async with asyncio.timeout(PATIENCE):
        shown, _ = await process.communicate(b"/me\n")
    assert process.returncode == 0
    assert "1 message of yours" in shown.decode()
