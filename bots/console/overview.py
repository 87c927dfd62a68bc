"""How the service fares: volume, speed, feedback, people, and what the answers cost in compute."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bots.console.visit import Section, View, Visit
from core import charts
from core.desk.report import report
from core.store.records import Day, Judged

PERIODS = (7, 30, 90)
"""Days that can be looked at."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A day in the tables."""

    date: date
    answers: int
    failed: int
    median: float | None
    """Seconds, like `slow`."""
    slow: float | None
    good: int
    bad: int
    model_seconds: float
    tokens: int


@dataclass(frozen=True, kw_only=True)
class People:
    """Who was answered, where there is no help desk that tells how they fared."""

    answered: int
    judging: int
    """Of these, those who judged an answer."""
    satisfied: int
    """Of these, those who found more good than bad."""


async def look(visit: Visit) -> View:
    """Show the days that were chosen, today as the last."""
    period = visit.number("days", PERIODS[1])
    period = period if period in PERIODS else PERIODS[1]
    core, today = visit.core, visit.core.clock.now().astimezone(UTC).date()
    dates = [today - timedelta(days=back) for back in reversed(range(period))]
    begin = datetime.combine(dates[0], time.min, UTC)
    days, judged = await core.store.archive.days(begin), await core.store.archive.judged(begin)
    rows = _rows(dates, days, judged)
    whole = _row(today, days, judged)
    desk = await _desk(visit, begin)
    return View(
        template="overview.html",
        values={
            "periods": PERIODS,
            "period": period,
            "rows": rows,
            "whole": whole,
            "platforms": _platforms(days),
            "desk": desk,
            "people": None if desk else await _people(visit, begin),
            "load": core.engine.load(),
            "model": core.engine.card().reference,
            "waiting": core.admission.waiting,
            "volume": charts.columns(dates, _volume(dates, days), "Answers per day and platform"),
            "speed": charts.lines(
                dates,
                {"median": [each.median for each in rows], "slow": [each.slow for each in rows]},
                "Seconds to the whole answer per day",
            ),
            "feedback": charts.columns(
                dates,
                {"good": [each.good for each in rows], "bad": [each.bad for each in rows]},
                "Judgements per day",
            ),
            "compute": charts.columns(
                dates,
                {"minutes": [each.model_seconds / 60 for each in rows]},
                "Minutes of the model per day",
            ),
        },
    )


async def _desk(visit: Visit, begin: datetime) -> object:
    """The help desk's figures, as `frontdesk desk report` has them; None where there is no help desk."""
    section = visit.core.policies.desk
    if section is None:
        return None
    tickets = visit.core.store.tickets
    found = report(
        await tickets.since(begin),
        await tickets.contacts(begin),
        await tickets.verdicts(begin),
        section.hours,
    )
    return found["all"]


async def _people(visit: Visit, begin: datetime) -> People:
    served = await visit.core.store.archive.served(begin)
    return People(
        answered=sum(each.people for each in served),
        judging=sum(each.judging for each in served),
        satisfied=sum(each.satisfied for each in served),
    )


def _platforms(days: Sequence[Day]) -> list[tuple[str, int, int]]:
    """Each platform with its answers, and how many of them failed."""
    names = sorted({each.platform for each in days})
    return [
        (
            name,
            sum(each.answers for each in days if each.platform == name),
            sum(each.failed for each in days if each.platform == name),
        )
        for name in names
    ]


def _volume(dates: Sequence[date], days: Sequence[Day]) -> dict[str, list[float]]:
    found = {(each.platform, each.date): each.answers for each in days}
    return {name: [found.get((name, when), 0) for when in dates] for name, _, _ in _platforms(days)}


def _rows(dates: Sequence[date], days: Sequence[Day], judged: Sequence[Judged]) -> list[Row]:
    by_date: defaultdict[date, list[Day]] = defaultdict(list)
    for each in days:
        by_date[each.date].append(each)
    verdicts = {each.date: each for each in judged}
    return [_row(when, by_date[when], [verdicts[when]] if when in verdicts else []) for when in dates]


def _row(when: date, days: Sequence[Day], judged: Sequence[Judged]) -> Row:
    seconds = sorted(second for each in days for second in each.seconds)
    return Row(
        date=when,
        answers=sum(each.answers for each in days),
        failed=sum(each.failed for each in days),
        median=_quantile(seconds, 0.5),
        slow=_quantile(seconds, 0.95),
        good=sum(each.good for each in judged),
        bad=sum(each.bad for each in judged),
        model_seconds=sum(each.model_seconds for each in days),
        tokens=sum(each.tokens for each in days),
    )


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value that a share of them does not exceed (nearest rank); None where there is none."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)] if ordered else None


SECTION = Section(title="Overview", path="", looks={"": look}, deeds={})
