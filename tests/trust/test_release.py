"""What is handed out: locked dependencies, a container and a unit that run as nobody."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from core.engine.catalogue import CATALOGUE, ENCODERS
from core.media.speech_models import SPEECH_MODELS
from tests.trust import sbom
from tests.trust.page import Note

ROOT = Path(__file__).parents[2]
UNIT, CONTAINER = (ROOT / "examples" / "deploy" / each for each in ("frontdesk.service", "Containerfile"))
LOCKS = sorted(each.name for each in ROOT.glob("*.lock"))
EXPOSED = 2.0
"""Of ten, as `systemd-analyze security` counts: below it calls a service well confined."""


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_locked_to_one_version_and_its_hashes(name: str, record_property: Note) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    loose = [
        line for line in lines if not re.match(r"[\w.-]+(\[.*\])?==\S+.*--hash=sha256:[0-9a-f]{64}", line)
    ]
    assert lines and loose == []
    record_property("S4", f"{len(lines)} packages of {name} locked by hash")


def test_every_lock_takes_the_versions_of_the_tests() -> None:
    tested = _versions("requirements-dev.lock")
    assert [name for name in LOCKS if _versions(name) - tested] == []


def _versions(name: str) -> set[tuple[str, str]]:
    """Packages and their versions; some have one for each version of Python."""
    return set(re.findall(r"^([\w.-]+)(?:\[.*\])?==([^\s;]+)", (ROOT / name).read_text(), re.MULTILINE))


def test_a_release_lists_every_model_by_its_hashes(tmp_path: Path, record_property: Note) -> None:
    path = tmp_path / "sbom.json"
    path.write_text(json.dumps({"components": [{"type": "library", "name": "aiohttp"}]}))
    sbom.add(path)
    library, *models = json.loads(path.read_text())["components"]
    assert library["name"] == "aiohttp"
    known = {each.name for each in (*CATALOGUE, *ENCODERS, *SPEECH_MODELS)}
    assert {each["name"] for each in models} == known
    hashes = [each for model in models for file in model["components"] for each in file["hashes"]]
    assert hashes and all(re.fullmatch(r"[0-9a-f]{64}", each["content"]) for each in hashes)
    record_property("S4", f"{len(models)} models listed by the hashes of {len(hashes)} files")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_the_unit_is_confined(record_property: Note) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    found = re.search(r"Overall exposure level for frontdesk.service: ([\d.]+)", done.stdout)
    assert found is not None and float(found[1]) < EXPOSED
    record_property("S5", f"exposure of the systemd unit {found[1]} of 10")


def test_the_container_runs_as_nobody_and_installs_what_is_locked() -> None:
    lines = CONTAINER.read_text(encoding="utf-8").splitlines()
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users and all(re.fullmatch(r"[1-9]\d+:[1-9]\d+", user) for user in users)
    installs = [line for line in lines if "pip install" in line]
    assert installs and all("--require-hashes" in line or "--no-deps ." in line for line in installs)
    assert "--read-only" in "\n".join(lines) and "no-new-privileges" in "\n".join(lines)
    copied = [line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    assert ".env" not in copied and "." not in copied
