"""Every command of the documentation, run page by page in an empty folder, against the emulators.

The page about a fleet has a test of its own: `test_fleet`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import FLEET, ROOT, RUN
from tests.docs.reader import SERVICE, Reader, free_ports, lend_the_clone, lend_the_models
from tests.engine.tiny import LLAMA, make_weights, write_gguf


@pytest.fixture(scope="module")
def platforms() -> Iterator[dict[str, str]]:
    """Both emulators, as an operator's settings name them."""
    with _emulator("slack") as slack, _emulator("telegram") as telegram:
        assert slack.stdout is not None and telegram.stdout is not None
        slack_says, telegram_says = (
            json.loads(slack.stdout.readline()),
            json.loads(telegram.stdout.readline()),
        )
        yield {
            "SLACK_BOT_TOKEN": slack_says["bot_token"],
            "SLACK_APP_TOKEN": slack_says["app_token"],
            "SLACK_API_URL": slack_says["api_url"],
            "TELEGRAM_BOT_TOKEN": telegram_says["bot_token"],
            "TELEGRAM_API_URL": telegram_says["url"],
        }
        slack.terminate()
        telegram.terminate()


def _emulator(name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", f"bots.playground.{name}"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


@pytest.fixture
def reader(platforms: dict[str, str], tmp_path: Path) -> Iterator[Reader]:
    home, ports = tmp_path / ".frontdesk", free_ports(SERVICE)
    lend_the_models(home)
    lend_the_clone(tmp_path)
    write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA))
    ours = {"FRONTDESK_HOME": str(home), "FRONTDESK_PORT": ports[SERVICE]}
    reader = Reader(folder=tmp_path, environment=os.environ | platforms | ours, ports=ports)
    yield reader
    if reader.service is not None:
        reader.service.kill()
        reader.service.wait()


@pytest.mark.model
@pytest.mark.parametrize(
    "page", [each for each in RUN if each != FLEET], ids=lambda page: str(page.relative_to(ROOT))
)
def test_every_command_of_a_page_does_what_it_says(page: Path, reader: Reader) -> None:
    reader.read(page)
