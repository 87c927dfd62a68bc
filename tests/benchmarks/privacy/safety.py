"""How often the rules on topics that want care are right: on labelled sentences, and on others'."""

import json
from collections.abc import Sequence
from pathlib import Path

from core.safety.topics import Topic, topics_of
from tests.benchmarks.privacy.detection import share

LABELLED = Path(__file__).parent / "safety.txt"


def labelled() -> Sequence[tuple[str, str, str]]:
    """Language, topic (or "none") and sentence."""
    lines = LABELLED.read_text("utf-8").splitlines()
    return [(parts[0], parts[1], parts[2]) for parts in (line.split(" ", 2) for line in lines)]


def main(others: Path | None = None, *, show_faults: bool = False) -> None:
    """Print recall and false alarms of each topic.

    Args:
        others: a file of JSON lines or plain lines, one ordinary text each, in which nothing should be found.
    """
    texts = labelled()
    print("\n| topic | sentences | found (95 %) | false alarms among all others (95 %) |\n|---|---|---|---|")
    for topic in Topic:
        its_own = [text for _, label, text in texts if label == topic]
        rest = [text for _, label, text in texts if label != topic]
        hits = sum(topic in topics_of(each) for each in its_own)
        alarms = sum(topic in topics_of(each) for each in rest)
        print(f"| {topic} | {len(its_own)} | {share(hits, len(its_own))} | {share(alarms, len(rest))} |")
        if show_faults:
            print("missed", [each for each in its_own if topic not in topics_of(each)])
            print("wrong", [each for each in rest if topic in topics_of(each)])
    if others is not None:
        ordinary = [_text(line) for line in others.read_text("utf-8").splitlines() if line.strip()]
        print(f"\nOf {len(ordinary)} other texts:")
        for topic in Topic:
            found = [each for each in ordinary if topic in topics_of(each)]
            print(f"- {topic}: {len(found)}, {share(len(found), len(ordinary))}")
            if show_faults:
                print(found[:12])


def _text(line: str) -> str:
    if not line.startswith("{"):
        return line
    row = json.loads(line)
    return str(row.get("question") or row.get("text") or "")
