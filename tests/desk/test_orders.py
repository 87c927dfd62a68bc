"""What agents write behind `//`: orders, and notes that only look like them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.desk import orders
from core.desk.orders import FollowUp, Order
from core.desk.teams import named, team_for
from core.desk_policy import Team

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("//tag refund", Order(name="tag", argument="refund")),
        (" //TAG  refund", Order(name="tag", argument="refund")),
        ("//snooze 2d call\nthem", Order(name="snooze", argument="2d call\nthem")),
        ("//snooze", Order(name="snooze", argument="")),
        ("// tag refund", None),
        ("//tags are nice", None),
        ("tag refund", None),
        ("//", None),
    ],
)
def test_an_order_stands_right_behind_the_mark(text: str, order: Order | None) -> None:
    assert orders.read(text) == order


def test_tags_are_kept_in_one_way() -> None:
    assert orders.labels("Refund, #VIP refund ,") == ("refund", "vip")
    assert orders.labels(" , ") == ()


@pytest.mark.parametrize(
    ("argument", "until", "note"),
    [
        ("30m", NOW + timedelta(minutes=30), ""),
        ("2 h call  them", NOW + timedelta(hours=2), "call them"),
        ("1w", NOW + timedelta(weeks=1), ""),
        ("14:30", datetime(2026, 11, 27, 13, 30, tzinfo=UTC), ""),
        ("9:00 early", datetime(2026, 11, 28, 8, 0, tzinfo=UTC), "early"),
        ("2026-12-01", datetime(2026, 12, 1, 8, 0, tzinfo=UTC), ""),
        ("2026-12-01 17:15 ask again", datetime(2026, 12, 1, 16, 15, tzinfo=UTC), "ask again"),
    ],
)
def test_times_are_the_agents_own(argument: str, until: datetime, note: str) -> None:
    assert orders.follow_up(argument, NOW, BERLIN) == FollowUp(until=until, note=note)


@pytest.mark.parametrize(
    "argument", ["", "soon", "0m", "25:00", "2026-13-01", "2020-01-01", "2026-11-27 9:00"]
)
def test_what_names_no_time_to_come_is_not_understood(argument: str) -> None:
    assert orders.follow_up(argument, NOW, BERLIN) is None


TEAMS = (
    Team(name="german", languages=("de",)),
    Team(name="returns", topics=("refund",)),
    Team(name="both", languages=("es",), topics=("invoice",)),
)


@pytest.mark.parametrize(
    ("language", "text", "team"),
    [
        ("de-AT", "whatever", "german"),
        ("en", "I want to be Refunded", "returns"),
        ("", "a prefund", None),
        ("es", "hola", None),
        ("es", "the invoices", "both"),
        ("en", "the invoices", None),
    ],
)
def test_the_first_team_that_fits_in_all_is_chosen(language: str, text: str, team: str | None) -> None:
    found = team_for(TEAMS, language, text)
    assert (found.name if found else None) == team


def test_a_team_without_wishes_takes_what_is_left() -> None:
    found = team_for((*TEAMS, Team(name="all")), "fr", "bonjour")
    assert found is not None
    assert found.name == "all"


def test_a_team_is_found_by_its_name_in_any_case() -> None:
    assert named(TEAMS, "Returns") == TEAMS[1]
    assert named(TEAMS, "nobody") is None
