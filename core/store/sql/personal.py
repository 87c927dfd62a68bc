"""Which rows hold something of a person: one place for telling, handing out, keeping and erasing them.

In the conditions, `:person` is a person's key, `:own` a JSON list of the conversations that are theirs alone,
`:tickets` one of the numbers of their tickets, and `:turns` one of the turns elsewhere that answer them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

_OWN = "conversation IN (SELECT value FROM json_each(:own))"
_OWN_TURNS = f"turn IN (SELECT id FROM turns WHERE {_OWN})"  # noqa: S608 - a constant
_TURNS = "turn IN (SELECT value FROM json_each(:turns))"
_NUMBERS = "(SELECT CAST(value AS INTEGER) FROM json_each(:tickets))"
_TICKETS = f"ticket IN {_NUMBERS}"
EMPTY = "NULL"
"""What a column becomes that held text."""


def _key(column: str) -> str:
    """The key of the person whose JSON a column holds."""
    parts = (f"json_extract({column}, '$.{part}')" for part in ("platform", "tenant", "id"))
    return " || ':' || ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Personal:
    """How the rows of a table belong to a person."""

    table: str
    own: str = ""
    """Condition for rows that go with the person's own conversations."""
    shared: str = ""
    """Condition for rows that hold something of theirs among others'."""
    emptied: Mapping[str, str] = field(default_factory=dict)
    """What columns of shared rows become when the person is erased; with none, the row goes."""
    withheld: tuple[str, ...] = ()
    """Columns of shared rows in which other people's words stand."""
    at: str = ""
    """Column with the time, for those that are kept for a period."""

    @property
    def condition(self) -> str:
        """For all rows of the person."""
        return " OR ".join(f"({each})" for each in (self.own, self.shared) if each)


PERSONAL = (
    Personal(table="ratings", own=_OWN_TURNS, shared="person = :person"),
    Personal(table="reviews", own=_OWN_TURNS, shared=_TURNS),
    Personal(table="signals", own=_OWN_TURNS, shared=_TURNS),
    Personal(table="gaps", own=_OWN_TURNS, shared=_TURNS),
    Personal(table="drafts", own=_TICKETS, shared=_TURNS),
    Personal(table="joins", own=_TICKETS),
    Personal(
        table="tickets",
        own=f"number IN {_NUMBERS}",
        shared=f"{_key('agent')} = :person",
        emptied={"agent": "'null'"},
        withheld=("person", "brief", "customer", "desk", "muted"),
    ),
    Personal(table="consents", shared="person = :person"),
    Personal(table="preferences", shared="person = :person"),
    Personal(table="spending", shared="whose = :person"),
    Personal(table="flow_runs", own=_OWN, shared="person = :person"),
    Personal(table="feed", own=_OWN, at="put_at"),
    Personal(
        table="outbox",
        own=_OWN,
        shared=f"{_TURNS} OR {_key('recipient')} = :person",
        emptied={
            **dict.fromkeys(("body", "citations", "choices", "chosen", "extras"), EMPTY),
            "recipient": "'null'",
        },
        at="created_at",
    ),
    Personal(
        table="turns",
        own=_OWN,
        shared="id IN (SELECT value FROM json_each(:turns))",
        emptied=dict.fromkeys(("prompt", "question", "reply"), EMPTY),
        withheld=("prompt", "question"),
        at="began_at",
    ),
    Personal(
        table="inbox",
        own=_OWN,
        # what asked the person for a judgement has them in its key
        shared="sender = :person OR (key LIKE 'inquiry:%' "
        "AND substr(key, length(key) - length(:person) + 1) = :person)",
        at="received_at",
    ),
    Personal(table="conversations", own="key IN (SELECT value FROM json_each(:own))"),
)
"""In the order in which they can be erased: what a condition looks at comes after what it finds."""
IMPERSONAL = frozenset(
    {"audit", "cabinet", "erasures", "flow_versions", "leases", "moves", "numbers", "owners", "unlearnt"}
)
"""Tables in which nothing is a person's who writes to the assistant."""
