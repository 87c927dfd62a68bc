"""What Prometheus counts of turns; labels come from small sets, and are never an id or a word of anybody."""

from prometheus_client import Counter, Histogram

from core.message import Platform
from core.store.records import Outcome

ROUTES = frozenset(
    {
        *("chat", "knowledge", "clarify", "unknown", "flow"),
        *("command", "notice", "hand_off", "desk", "relay", "colleague", "heard"),
    }
)
OTHER = "other"
_SECONDS = (0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 120, 300)
"""Bounds up to the time a turn may take (`core.delivery.worker.TURN_SECONDS`)."""

_ANSWERS = Counter("frontdesk_answers", "Turns that ended", ["platform", "route", "state"])
_FIRST = Histogram(
    "frontdesk_first_word_seconds", "From taking a turn up to its first word", ["platform"], buckets=_SECONDS
)
_WHOLE = Histogram(
    "frontdesk_answer_seconds", "From taking a turn up to its whole answer", ["platform"], buckets=_SECONDS
)
_SET_ASIDE = Counter("frontdesk_posts_set_aside", "Posts that a platform refused for good", ["platform"])
_REPEATED = Counter("frontdesk_calls_repeated", "Calls that a platform did not take, and that are repeated")
_HELD_OFF = Counter(
    "frontdesk_held_off", "Questions and requests that a budget held off, by its setting", ["budget"]
)
_TOKENS = Counter("frontdesk_tokens", "Tokens that models read and wrote for answers", ["platform", "kind"])
_RATINGS = Counter(
    "frontdesk_ratings", "Judgements of answers; none: one was taken back", ["platform", "verdict"]
)


def answered(platform: Platform, outcome: Outcome) -> None:
    """Count a turn that ended."""
    route = outcome.route if outcome.route in ROUTES else OTHER
    _ANSWERS.labels(platform=platform, route=route, state=outcome.state).inc()


def set_aside(platform: Platform) -> None:
    """Count a post that became a dead letter."""
    _SET_ASIDE.labels(platform=platform).inc()


def repeated() -> None:
    """Count a call that will be made again: the platform cannot be reached, or is in trouble."""
    _REPEATED.inc()


def took(platform: Platform, first_word: float | None, whole: float) -> None:
    """Note how long an answer took.

    Args:
        first_word: seconds until there was a word of it to show; None where there was none before the whole.
        whole: seconds until it was written down.
    """
    _FIRST.labels(platform=platform).observe(whole if first_word is None else first_word)
    _WHOLE.labels(platform=platform).observe(whole)


def used(platform: Platform, *, read: int, written: int) -> None:
    """Count what models did for an answer.

    Args:
        read: tokens of prompts.
        written: tokens that came of them.
    """
    _TOKENS.labels(platform=platform, kind="read").inc(read)
    _TOKENS.labels(platform=platform, kind="written").inc(written)


def held_off(budget: str) -> None:
    """Count a question or a request that was refused, as its budget is spent.

    Args:
        budget: its setting.
    """
    _HELD_OFF.labels(budget=budget).inc()


def rated(platform: Platform, verdict: str) -> None:
    """Count a judgement: "good", "bad" or "none"."""
    _RATINGS.labels(platform=platform, verdict=verdict).inc()
