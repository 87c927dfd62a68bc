"""Every command of the documentation, run page by page in an empty folder, against the emulators."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import settings
from core.engine.catalogue import DEFAULT_ENCODER
from core.engine.shelf import Shelf
from core.errors import ModelError
from tests.docs.pages import ROOT, RUN, Line, command_lines
from tests.engine.tiny import LLAMA, make_weights, write_gguf

STARTS = ("frontdesk run", "frontdesk --verbose run", "frontdesk playground")
"""Commands that serve until they are told to stop; the next one takes the place of the one before."""
ALONE = ("frontdesk playground slack", "frontdesk playground telegram")
"""Emulators alone, with options behind."""
PORT = "8080"
"""What the pages write; the tests take a free one."""
PATIENCE = 90.0
LENT = (
    *("Makefile", "*.toml", "*.lock", ".env.example", "*.example.yaml", "examples"),
    *("core", "adapters", "bots", "tests"),
)
"""What a command finds beside it, as in a clone."""


@dataclass
class Reader:
    """Somebody who types what a page says."""

    folder: Path
    environment: Mapping[str, str]
    port: str
    service: "subprocess.Popen[str] | None" = None
    log: list[Path] = field(default_factory=list)

    def type(self, line: Line) -> None:
        text = line.text.replace(PORT, self.port)
        if text.strip() in STARTS or text.startswith(ALONE):
            self.stop()
            self.start(text)
        elif text.startswith("make "):
            self.do(f"make --dry-run --always-make {text.removeprefix('make ')}")
        else:
            self.do(text)

    def do(self, text: str) -> None:
        """Run it in a shell that still knows the variables of the lines before."""
        kept = self.folder / ".variables"
        script = f"set -a\n[ ! -f {kept} ] || . {kept}\n{text}\nexport -p > {kept}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"

    def start(self, text: str) -> None:
        path = self.folder / f"service-{len(self.log)}.log"
        self.log.append(path)
        with path.open("w") as log:
            self.service = subprocess.Popen(
                text.split(), cwd=self.folder, env=self.environment, stdout=log, stderr=log, text=True
            )
        deadline = time.monotonic() + PATIENCE
        while not self._is_ready():
            assert self.service.poll() is None and time.monotonic() < deadline, path.read_text()
            time.sleep(0.1)

    def stop(self) -> None:
        if self.service is not None:
            self.service.send_signal(signal.SIGTERM)
            assert self.service.wait(PATIENCE) == 0, self.log[-1].read_text()
            self.service = None

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


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
    home = tmp_path / ".frontdesk"
    _lend_the_models(home)
    for path in (path for pattern in LENT for path in ROOT.glob(pattern)):
        (tmp_path / path.name).symlink_to(path)
    write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environment = os.environ | platforms | {"FRONTDESK_HOME": str(home), "FRONTDESK_PORT": port}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    reader = Reader(folder=tmp_path, environment=environment, port=port)
    yield reader
    if reader.service is not None:
        reader.service.kill()
        reader.service.wait()


def _lend_the_models(home: Path) -> None:
    shelf = Shelf(settings.load().home)
    try:
        model, encoder = shelf.find("active"), shelf.find(DEFAULT_ENCODER)
    except ModelError as error:
        pytest.fail(f"{error}. These tests need it: `make test` brings it.", pytrace=False)
    for each in (model, encoder):
        place = home / "models" / each.manifest.name / each.manifest.version
        shutil.copytree(each.folder.resolve(), place, copy_function=os.symlink)
    (home / "models" / "active").write_text(model.reference)


@pytest.mark.model
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", RUN, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_of_a_page_does_what_it_says(page: Path, reader: Reader) -> None:
    for line in command_lines(page):
        try:
            reader.type(line)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            pytest.fail(f"{page.relative_to(ROOT)}, line {line.number}: {error}", pytrace=False)
    reader.stop()
