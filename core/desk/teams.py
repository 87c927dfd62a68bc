"""Which team a ticket is for: by the customer's language and by what they ask about."""

import re
from collections.abc import Sequence

from core.desk_policy import Team


def team_for(teams: Sequence[Team], language: str, text: str) -> Team | None:
    """The first team that it fits; where a team names no languages or no topics, all fit.

    Args:
        language: BCP 47 tag of the customer's language, or empty.
        text: what was asked.
    """
    return next((each for each in teams if _speaks(each, language) and _knows(each, text)), None)


def named(teams: Sequence[Team], name: str) -> Team | None:
    """The team of that name, however it is written."""
    return next((each for each in teams if each.name.casefold() == name.casefold()), None)


def _speaks(team: Team, language: str) -> bool:
    return not team.languages or language.partition("-")[0].casefold() in team.languages


def _knows(team: Team, text: str) -> bool:
    """By the beginnings of words: `refund` is in "refunded" too."""
    return not team.topics or any(
        re.search(rf"\b{re.escape(each)}", text, re.IGNORECASE) for each in team.topics
    )
