"""What people ask and the documents do not say, gathered into topics: which page to write next."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.language.topics import OTHER
from core.store.records import Gap

EXAMPLES = 3
"""Of each topic, the newest."""
NAMED = 10
"""Topics that a metric names at most: each is a time series of its own."""
ASKED = 3
"""Questions from which on a metric names a topic: what one person asked is nobody else's."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """Questions that belong together."""

    name: str
    count: int
    reasons: tuple[tuple[str, int], ...]
    """Why they had no answer, the commonest first."""
    examples: tuple[str, ...]
    """Questions without names, numbers and addresses."""
    last_asked: datetime


def topics(gaps: Sequence[Gap]) -> list[Topic]:
    """The topics, the most asked first.

    A topic of several words belongs to the one whose words it has all of: "refund" takes in "refund period".
    What has no topic stands together at the end.
    """
    groups: dict[str, list[Gap]] = {}
    for gap in sorted(gaps, key=lambda gap: (len(gap.topic.split()), gap.asked_at)):
        groups.setdefault(_home(gap.topic, list(groups)), []).append(gap)
    found = [_topic(name, members) for name, members in groups.items()]
    return sorted(found, key=lambda topic: (topic.name == OTHER, -topic.count, topic.name))


def counted(gaps: Sequence[Gap]) -> Mapping[str, int]:
    """How many questions had no answer, by topic, fit for metrics: the commonest by name, the rest as one."""
    found: Counter[str] = Counter({OTHER: 0})
    for number, each in enumerate(topics(gaps)):
        is_named = number < NAMED and each.count >= ASKED
        found[each.name if is_named else OTHER] += each.count
    return found


def _home(topic: str, known: Sequence[str]) -> str:
    words = set(topic.split())
    fitting = [name for name in known if name != OTHER and set(name.split()) <= words]
    return max(fitting, key=len, default=topic)


def _topic(name: str, members: Sequence[Gap]) -> Topic:
    newest = sorted(members, key=lambda gap: gap.asked_at, reverse=True)
    examples = dict.fromkeys(gap.example for gap in newest if gap.example)
    return Topic(
        name=name,
        count=len(members),
        reasons=tuple(Counter(gap.reason for gap in members).most_common()),
        examples=tuple(examples)[:EXAMPLES],
        last_asked=newest[0].asked_at,
    )
