"""Somebody who reads the documentation and types what it says."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core import settings
from core.engine.catalogue import DEFAULT_ENCODER
from core.engine.shelf import Shelf
from core.errors import ModelError
from tests.docs.pages import ROOT, Line, command_lines
from tests.ports import free_port

STARTS = ("frontdesk run", "frontdesk --verbose run", "frontdesk playground")
"""Commands that serve until they are told to stop; the next one takes the place of the one before."""
ALONE = ("frontdesk playground slack", "frontdesk playground telegram")
"""Emulators alone, with options behind."""
SERVICE = "8080"
"""The port at which pages start what serves."""
PATIENCE = 300.0
VARIABLES = ".variables"
"""What the lines before have set."""
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
    ports: Mapping[str, str]
    """By those that the pages write, those that are free here."""
    service: "subprocess.Popen[str] | None" = None
    log: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        found = self.environment.get("PATH", os.defpath)
        self.environment = {**self.environment, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{found}"}

    def read(self, page: Path) -> None:
        """Type every command of a page, and end what it left running."""
        for line in command_lines(page):
            try:
                self.type(line)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                pytest.fail(f"{page.relative_to(ROOT)}, line {line.number}: {error}", pytrace=False)
        self.stop()

    def type(self, line: Line) -> None:
        text = re.sub(rf"\b({'|'.join(self.ports)})\b", lambda found: self.ports[found[0]], line.text)
        if " & " in text:
            self.do(text)
        elif text.strip() in STARTS or text.startswith(ALONE):
            self.stop()
            self.start(text)
        elif text.startswith("make "):
            self.do(f"make --dry-run --always-make {text.removeprefix('make ')}")
        else:
            self.do(text)

    def do(self, text: str) -> None:
        """Run it in a shell that still knows the variables of the lines before."""
        kept = self.folder / VARIABLES
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
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.ports[SERVICE]}/readyz", timeout=5
            ) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def lend_the_clone(folder: Path) -> None:
    """Let a folder have what a clone has."""
    for path in (path for pattern in LENT for path in ROOT.glob(pattern)):
        (folder / path.name).symlink_to(path)


def lend_the_models(home: Path) -> None:
    """Let a FRONTDESK_HOME have the default model and the sentence encoder: nothing is fetched here."""
    shelf = Shelf(settings.load().home)
    try:
        model, encoder = shelf.find("active"), shelf.find(DEFAULT_ENCODER)
    except ModelError as error:
        pytest.fail(f"{error}. These tests need it: `make test` brings it.", pytrace=False)
    for each in (model, encoder):
        place = home / "models" / each.manifest.name / each.manifest.version
        shutil.copytree(each.folder.resolve(), place, copy_function=os.symlink)
    (home / "models" / "active").write_text(model.reference)


def free_ports(*written: str) -> dict[str, str]:
    """A free port of this machine for each."""
    return {each: str(free_port()) for each in written}
