"""Who does what to whom, where the passage has others in these roles."""

from collections.abc import Sequence, Set

from core.knowledge.grounding.claims import Claim, Doing
from core.knowledge.grounding.support import Standing
from core.knowledge.grounding.verdict import Fault, Finding


def wrong_roles(claim: Claim, chosen: Sequence[Standing]) -> list[Finding]:
    """Who does what to whom, where the passage has others in these roles."""
    theirs = [doing for source in chosen for doing in source.claim.doings]
    return [
        Finding(fault=Fault.ROLE, about=doing.does) for doing in claim.doings if _is_turned(doing, theirs)
    ]


def _is_turned(doing: Doing, theirs: Sequence[Doing]) -> bool:
    same = [each for each in theirs if each.does == doing.does]
    if any(_agree(doing.who, each.who) and _agree(doing.whom, each.whom) for each in same):
        return False
    if any(_are_one(doing.who, each.whom) or _are_one(doing.whom, each.who) for each in same):
        return True
    elsewhere = any(_are_one(doing.who, each.who) or _are_one(doing.who, each.whom) for each in theirs)
    if elsewhere and any(_are_one(doing.whom, each.whom) and each.who for each in same):
        return True
    undone = [each for each in theirs if each.does != doing.does and _agree(doing.who, each.who)]
    others = any(_are_one(doing.whom, each.whom) for each in undone)
    return others and any(_are_one(doing.who, each.who) and each.whom for each in same)


def _agree(one: Set[str], other: Set[str]) -> bool:
    return not one or not other or one <= other or other <= one


def _are_one(one: Set[str], other: Set[str]) -> bool:
    return bool(one and other) and (one <= other or other <= one)
