"""What `frontdesk.yaml` says of the help desk."""

import re
from collections.abc import Container
from datetime import date, time
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from core.translation import LANGUAGES, SOURCE

_GROUP = re.compile(r"-100[0-9]{1,15}")
"""core.telegram.org/api/bots/ids: groups with topics are supergroups."""
_MENTIONS = {"slack": re.compile(r"[USW][A-Z0-9]{2,20}"), "telegram": re.compile(r"@\w{4,32}", re.ASCII)}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hours(_Part):
    """When agents are there."""

    timezone: str = "UTC"
    """A name such as Europe/Berlin."""
    days: dict[Day, tuple[str, ...]] = {}
    """From and to, as 09:00-17:00; a day that is not named is closed."""
    holidays: str = ""
    """Whose public holidays agents have: a country, and a part of it where parts differ, as DE or DE-BY (ISO
    3166); empty: nobody's."""
    closed_on: tuple[date, ...] = ()
    """Further days on which nobody is there."""

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone {name!r}; write it as Europe/Berlin") from None
        return name

    @field_validator("holidays")
    @classmethod
    def _kept(cls, where: str) -> str:
        public_holidays(where)
        return where

    @field_validator("days")
    @classmethod
    def _readable(cls, days: dict[Day, tuple[str, ...]]) -> dict[Day, tuple[str, ...]]:
        for spans in days.values():
            for span in spans:
                read_span(span)
        return days


class Team(_Part):
    """Agents who know some things better, or speak some languages."""

    name: Annotated[str, Field(pattern=r"^\w[\w-]{0,39}$")]
    languages: tuple[str, ...] = ()
    """ISO 639-1 codes of customers' languages; empty: all."""
    topics: tuple[str, ...] = ()
    """Beginnings of words in what customers ask; empty: everything."""
    mention: str = ""
    """Whom to call: in Slack the id of a person or a user group, in Telegram a @name."""


class DeskSection(_Part):
    """Where agents work, and when."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    platform: Literal["slack", "telegram"]
    channel: Annotated[str, Field(min_length=1)]
    """Id of the Slack channel, or of the Telegram group, which has topics."""
    reopen_days: Annotated[int, Field(ge=0, le=365)] = 7
    """Whoever needs people again within so many days gets the same ticket and thread."""
    unknown_answers: Annotated[int, Field(ge=0, le=10)] = 2
    """Questions in a row without an answer in the documents, after which people take over; 0: never."""
    language: str = SOURCE
    """What agents are spoken to in."""
    teams: tuple[Team, ...] = ()
    """Who is called for a ticket: the first team that it fits."""
    hours: Hours | None = None
    """When agents are there; None: always."""
    first_response_minutes: Annotated[int, Field(ge=0)] = 0
    """Within how many minutes of opening time an agent should answer first; 0: no target."""
    resolution_hours: Annotated[int, Field(ge=0)] = 0
    """Within how many hours of opening time a ticket should be resolved; 0: no target."""
    canned: dict[str, str] = {}
    """Replies by a name: an agent who writes `!name` sends the text. `{name}`, `{agent}` and `{ticket}` in
    it are replaced."""

    @model_validator(mode="after")
    def _is_of_its_platform(self) -> Self:
        if self.platform == "telegram" and not _GROUP.fullmatch(self.channel):
            raise ValueError("the id of a Telegram group is a number that begins with -100")
        for team in self.teams:
            if team.mention and not _MENTIONS[self.platform].fullmatch(team.mention):
                raise ValueError(f"{team.mention!r} is nobody to be mentioned in {self.platform}")
        return self

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, language: str) -> str:
        if language not in LANGUAGES:
            raise ValueError(f"there are phrases in {', '.join(LANGUAGES)}")
        return language


@cache
def public_holidays(where: str) -> Container[date]:
    """The public holidays of a country (`DE`) or of a part of it (`DE-BY`), by the library of that name.

    Raises:
        ValueError: they are not known.
    """
    country, _, part = where.partition("-")
    try:
        return holidays.country_holidays(country, part or None) if where else ()
    except NotImplementedError:
        raise ValueError(f"no public holidays are known of {where!r}; write it as DE or DE-BY") from None


def read_span(span: str) -> tuple[time, time | None]:
    """From when to when, on one day; None for its end.

    Raises:
        ValueError: it is no such span.
    """
    begin, _, end = span.partition("-")
    try:
        opened, closed = time.fromisoformat(begin.strip()), _end(end.strip())
    except ValueError:
        raise ValueError(f"{span!r} is not of the form 09:00-17:00") from None
    if closed is not None and opened >= closed:
        raise ValueError(f"{span!r} ends before it begins")
    return opened, closed


def _end(text: str) -> time | None:
    return None if text in ("24:00", "00:00") else time.fromisoformat(text)
