"""A home of its own with the default model in it, and the commands of Frontdesk there."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from core import settings
from core.engine.catalogue import DEFAULT
from core.engine.shelf import Shelf


def furnish(home: Path, policy: str) -> str:
    """Make the home anew, with the default model of this installation.

    Args:
        home: what is there already is removed.
        policy: content of its `frontdesk.yaml`.

    Returns:
        The model's reference.
    """
    ours = settings.load().home.absolute()
    shutil.rmtree(home, ignore_errors=True)
    model = Shelf(ours).find(DEFAULT)
    place = home / "models" / model.manifest.name / model.manifest.version
    place.parent.mkdir(parents=True)
    place.symlink_to(model.folder)
    (home / "models" / ".downloads").symlink_to(Shelf(ours).downloads())
    Shelf(home).use(model)
    (home / "frontdesk.yaml").write_text(policy, encoding="utf-8")
    return model.reference


def frontdesk(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Give a command there."""
    return subprocess.run(
        [sys.executable, "-c", "from bots.cli import main; main()", *arguments],
        cwd=home,
        env=os.environ | {"FRONTDESK_HOME": str(home), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
    )


def told(home: Path, *arguments: str) -> Any:
    """What a command reports as JSON; ends everything where it fails."""
    done = frontdesk(home, *arguments, "--json")
    if done.returncode != 0:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def processor_minutes() -> float:
    """That this process and those it waited for have used."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used) / 60
