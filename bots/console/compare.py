"""Comparing two models' answers, without knowing whose is whose."""

import asyncio
from dataclasses import dataclass

from aiohttp import web

from bots.console.visit import Absent, Section, View, Visit, go
from core.learning.evaluation import pairs
from core.learning.evaluation.pairs import Match, Pair, Score, Side, Verdict, Winner
from core.privacy.audit import Action

_OTHER: dict[Side, Side] = {"serving": "candidate", "candidate": "serving"}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A match in the list."""

    match: Match
    score: Score
    mine: int
    """Pairs that the visitor has judged."""


async def look(visit: Visit) -> View:
    """List the matches, with what people and local judges think."""
    return View(template="compare.html", values={"standings": await asyncio.to_thread(_standings, visit)})


async def blind(visit: Visit) -> View:
    """Show the next pair that the visitor has not judged."""
    match = await _match(visit)
    said = await asyncio.to_thread(pairs.verdicts, visit.core.settings.home, match)
    mine = {each.pair for each in said if each.reviewer == visit.name}
    pair = next((each for each in match.pairs if each.id not in mine), None)
    if pair:
        await visit.note(Action.READ, f"pair:{match.name}/{pair.id}")
    values = {
        "match": match,
        "pair": pair,
        "answers": _in_order(pair, visit.name) if pair else (),
        "done": len(mine),
        "score": None if pair else pairs.score(said),
    }
    return View(template="pair.html", values=values)


async def decide(visit: Visit) -> web.Response:
    """Keep which answer is better, and show the next pair."""
    match = await _match(visit)
    pair = next((each for each in match.pairs if each.id == visit.text("pair")), None)
    if pair is None:
        raise Absent("There is no such pair any more: the models were evaluated again.")
    first = pair.first(visit.name)
    better: dict[str, Winner] = {"first": first, "second": _OTHER[first], "same": "tie"}
    if visit.text("better") not in better:
        raise Absent("Choose the first, the second, or that they are as good.")
    verdict = Verdict(
        pair=pair.id, winner=better[visit.text("better")], reviewer=visit.name, at=visit.core.clock.now()
    )
    await asyncio.to_thread(pairs.decide, visit.core.settings.home, match, verdict)
    return go(f"/compare/{match.name}")


def _in_order(pair: Pair, reviewer: str) -> tuple[str, str]:
    both = (pair.serving, pair.candidate)
    return both if pair.first(reviewer) == "serving" else both[::-1]


def _standings(visit: Visit) -> list[Standing]:
    home = visit.core.settings.home
    found = []
    for match in pairs.matches(home):
        said = pairs.verdicts(home, match)
        mine = sum(each.reviewer == visit.name for each in said)
        found.append(Standing(match=match, score=pairs.score(said), mine=mine))
    return found


async def _match(visit: Visit) -> Match:
    every = await asyncio.to_thread(pairs.matches, visit.core.settings.home)
    name = visit.request.match_info["name"]
    for match in every:
        if match.name == name:
            return match
    raise Absent("There is no such comparison.")


SECTION = Section(
    title="Compare", path="/compare", looks={"": look, "/{name}": blind}, deeds={"/{name}": decide}
)
