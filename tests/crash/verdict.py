"""Was every question answered once, whole, in order and in its place?"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from tests.crash.crowd import Question
from tests.crash.sight import Shown

AFTER_ALL = "(no kill)"


class Wrong(StrEnum):
    """What can be wrong."""

    LOST = "lost"
    """Acknowledged or not, it is neither answered nor in the inbox."""
    UNANSWERED = "unanswered"
    """It is in the inbox, and no whole answer to it stands."""
    DOUBLED = "doubled"
    """More than one post names it."""
    MISPLACED = "misplaced"
    """Its answer stands in another conversation."""
    OUT_OF_ORDER = "out of order"
    """An earlier question, handed over before it was asked, was answered later."""
    STRAY = "stray placeholders"
    """A post that was put up and never filled."""


@dataclass(frozen=True, kw_only=True)
class Kill:
    """A death of the service."""

    at: float
    """On the emulators' clock."""
    point: str


@dataclass
class Verdict:
    """What was found, by the point at which the service died before it."""

    kills: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: dict[Wrong, dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    piled_up: int = 0
    """Stray placeholders beyond one for each death and conversation, as one post is on its way in each."""
    asked: int = 0
    notes: list[str] = field(default_factory=list)
    back: dict[str, float] = field(default_factory=dict)
    """Seconds at most until something asked afterwards was answered, by the point of the death before."""
    caught_up: dict[str, float] = field(default_factory=dict)
    """The same, until everything was answered that was written down before."""

    def total(self, kind: Wrong) -> int:
        return sum(self.wrong[kind].values())

    @property
    def broken_promises(self) -> int:
        """Everything wrong but strays, which a kill may leave."""
        return sum(self.total(kind) for kind in Wrong if kind is not Wrong.STRAY)

    @property
    def all_kills(self) -> int:
        return sum(self.kills.values())

    @property
    def is_kept(self) -> bool:
        """The promise: nothing wrong, and at most one stray placeholder per kill and conversation."""
        return self.broken_promises == 0 and self.piled_up == 0

    def add(self, other: "Verdict") -> None:
        """Take the findings of another round in."""
        self.piled_up += other.piled_up
        self.asked += other.asked
        self.notes += other.notes
        for ours, theirs in ((self.back, other.back), (self.caught_up, other.caught_up)):
            for point, seconds in theirs.items():
                ours[point] = max(ours.get(point, 0.0), seconds)
        for point, number in other.kills.items():
            self.kills[point] += number
        for kind, found in other.wrong.items():
            for point, number in found.items():
                self.wrong[kind][point] += number


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What a round leaves behind."""

    asked: Mapping[int, Question]
    shown: Sequence[Shown]
    """In the order in which they stand, conversation by conversation."""
    kept: set[int]
    """Questions in the inbox."""
    handed_over: Mapping[int, float]
    """When the platform was told that a question had arrived, on its clock."""
    kills: Sequence[Kill]


def judge(evidence: Evidence) -> Verdict:
    """Hold what people see against what they asked."""
    return _Judge(evidence).verdict()


class _Judge:
    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._verdict = Verdict(asked=len(evidence.asked))
        self._naming: dict[int, list[Shown]] = defaultdict(list)
        for post in evidence.shown:
            for number in post.names:
                self._naming[number].append(post)

    def verdict(self) -> Verdict:
        for kill in self._evidence.kills:
            self._verdict.kills[kill.point] += 1
        for question in self._evidence.asked.values():
            self._judge(question)
        for place, numbers in self._by_place().items():
            self._judge_order(place, numbers)
        for post in self._evidence.shown:
            if not post.is_placeholder and not post.names:
                self._verdict.notes.append(f"instead of an answer in {post.place}: {post.text}")
        self._judge_strays()
        return self._verdict

    def _judge_strays(self) -> None:
        strays = Counter(
            (post.place, self._next_kill(post.at)) for post in self._evidence.shown if post.is_placeholder
        )
        for (place, point), number in strays.items():
            self._verdict.wrong[Wrong.STRAY][point] += number
            self._verdict.notes.append(f"{Wrong.STRAY} after {point}: {number} in {place}")
            self._verdict.piled_up += max(0, number - max(1, self._verdict.kills.get(point, 0)))

    def _judge(self, question: Question) -> None:
        number, posts = question.number, self._naming[question.number]
        if not any(post.is_whole for post in posts):
            kind = Wrong.UNANSWERED if number in self._evidence.kept else Wrong.LOST
            self._note(kind, self._next_kill(question.at), f"{question}: {[post.text for post in posts]}")
        if len(posts) > 1:
            self._note(Wrong.DOUBLED, self._last_kill(posts[-1].at), f"{question}: {posts}")
        if any(post.place != question.place for post in posts):
            self._note(Wrong.MISPLACED, self._last_kill(posts[-1].at), f"{question}: {posts}")

    def _by_place(self) -> dict[object, list[int]]:
        """The questions of each conversation, in the order in which they were answered."""
        found: dict[object, list[int]] = defaultdict(list)
        for post in self._evidence.shown:
            known = [number for number in post.names if number in self._evidence.asked]
            found[post.place] += [number for number in known if number not in found[post.place]]
        return found

    def _judge_order(self, place: object, numbers: Sequence[int]) -> None:
        for index, number in enumerate(numbers):
            overtaken = [late for late in numbers[index + 1 :] if self._was_overtaken(late, number)]
            if overtaken:
                late = self._naming[overtaken[0]][0]
                self._note(Wrong.OUT_OF_ORDER, self._last_kill(late.at), f"{place}: {numbers}")

    def _was_overtaken(self, late: int, number: int) -> bool:
        """Whether `late`, asked before `number`, had been handed over by then.

        Slack delivers an event that failed again a minute later, behind what was written since.
        """
        handed_over = self._evidence.handed_over.get(late, float("inf"))
        return late < number and handed_over < self._evidence.asked[number].at

    def _next_kill(self, at: float) -> str:
        return next((kill.point for kill in self._evidence.kills if kill.at >= at), AFTER_ALL)

    def _last_kill(self, at: float) -> str:
        # a post is stamped to the second on Telegram
        before = [kill.point for kill in self._evidence.kills if kill.at <= at + 1.0]
        return before[-1] if before else AFTER_ALL

    def _note(self, kind: Wrong, point: str, what: str) -> None:
        self._verdict.wrong[kind][point] += 1
        self._verdict.notes.append(f"{kind} after {point}: {what}")


def numbers_of(posts: Iterable[Shown]) -> set[int]:
    """The questions that a whole answer names."""
    return {number for post in posts if post.is_whole for number in post.names}
