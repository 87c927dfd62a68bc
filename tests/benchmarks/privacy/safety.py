"""How often the rules on topics that want care are right: on labelled sentences, and on others'.

German and Spanish sentences come with others that are nearly on a topic and are not. On those that are known
the rules were written; by those that are unseen no rule was mended: keep it so, or write others.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.safety.topic import ADVICE, Topic
from core.safety.topics import topics_of
from tests.benchmarks.privacy.detection import share

HERE = Path(__file__).parent
KINDS: Mapping[str, frozenset[Topic]] = {
    "self_harm": frozenset((Topic.SELF_HARM,)),
    "abuse": frozenset((Topic.ABUSE,)),
    "advice": ADVICE,
}
"""Topics that are counted together."""
NEAR = "near_"
"""Before the name of a kind: what is nearly on it."""


@dataclass(frozen=True, kw_only=True)
class Rates:
    """How often the rules said that a sentence is on a topic."""

    hits: int
    own: int
    """Sentences that are."""
    alarms: int
    near: int
    """Sentences that nearly are."""


def labelled(name: str = "safety.txt") -> Sequence[tuple[str, str, str]]:
    """Language, topic (or "none", or what it is near to) and sentence."""
    lines = (HERE / name).read_text("utf-8").splitlines()
    return [(parts[0], parts[1], parts[2]) for parts in (line.split(" ", 2) for line in lines)]


def rates(which: Literal["known", "unseen"]) -> Mapping[tuple[str, str], Rates]:
    """By language and kind of topic."""
    texts = labelled(f"safety_{which}.txt")
    return {
        (language, kind): _rates(kind, [(label, text) for code, label, text in texts if code == language])
        for language in ("de", "es")
        for kind in KINDS
    }


def _rates(kind: str, texts: Sequence[tuple[str, str]]) -> Rates:
    topics = KINDS[kind]
    own = [bool(topics & topics_of(text)) for label, text in texts if label in topics]
    near = [bool(topics & topics_of(text)) for label, text in texts if label == f"{NEAR}{kind}"]
    return Rates(hits=sum(own), own=len(own), alarms=sum(near), near=len(near))


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
    print("\n| language | topic | sentences | found (95 %) | near ones | false alarms (95 %) |")
    print("|---|---|---|---|---|---|")
    sets: tuple[Literal["known", "unseen"], ...] = ("known", "unseen")
    for which in sets:
        for (language, kind), each in rates(which).items():
            own = f"{each.own} | {share(each.hits, each.own)}"
            print(f"| {language}, {which} | {kind} | {own} | {each.near} | {share(each.alarms, each.near)} |")
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
