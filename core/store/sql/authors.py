"""Whose words stand in what is kept of a conversation of several people: it is sealed with their keys, too.

What an author's erasure empties or deletes is sealed with their key: so it is gone from backups, too. In a
private conversation that is done by the conversation's own key, and there are no authors.
"""

from core.store.connection import Connection
from core.store.records import EXCHANGES

_IS_SHARED = (
    "EXISTS (SELECT 1 FROM conversations AS place WHERE place.key = said.conversation AND place.direct = 0)"
)
ENTRY = f"SELECT sender FROM inbox AS said WHERE said.id = {{0}} AND sender != '' AND {_IS_SHARED}"  # noqa: S608 - constants
"""Of a row of the inbox, by its id."""
TURN = f"SELECT sender FROM inbox AS said WHERE said.turn = {{0}} AND sender != '' AND {_IS_SHARED}"  # noqa: S608 - constants
"""Of what a turn answered and said, by its id."""
ASKED = "SELECT sender FROM inbox AS said WHERE said.turn = {0} AND sender != ''"
"""Likewise, where no conversation's key seals it."""
RUN = f"SELECT person AS sender FROM flow_runs AS said WHERE said.rowid = {{0}} AND {_IS_SHARED}"  # noqa: S608 - constants
"""Of where somebody stands in a flow, by the row's id."""
PLACE = """SELECT sender FROM inbox AS said
WHERE said.conversation = {0} AND type IN ('message', 'edit') AND sender != ''
    AND EXISTS (SELECT 1 FROM conversations AS place WHERE place.key = {0} AND place.direct = 0)
"""
"""Of what was made of a whole conversation, by its key."""
_CONTEXT = """
SELECT sender FROM inbox WHERE turn = :turn AND sender != ''
UNION SELECT sender FROM inbox WHERE sender != '' AND turn IN (
    SELECT id FROM turns WHERE conversation = :conversation AND seq > :after
        AND state IN ('answered', 'stopped') AND question IS NOT NULL
    ORDER BY seq DESC LIMIT :limit
) ORDER BY 1
"""
_BEGAN = "SELECT fresh_from, summary IS NOT NULL FROM conversations WHERE key = ?"


def authors_of(db: Connection, what: str, value: str | int) -> tuple[str, ...]:
    """Keys of people.

    Args:
        what: one of the queries above.
        value: what it looks for.
    """
    query = f"SELECT DISTINCT sender FROM ({what.format('?')}) AS authors ORDER BY 1"  # noqa: S608 - constants
    return tuple(sender for (sender,) in db.execute(query, [value] * what.count("{0}")).fetchall())


def authors_of_prompt(db: Connection, turn: str, conversation: str) -> tuple[str, ...]:
    """Keys of those whom the prompt of a turn may quote, in a conversation of several people."""
    fresh_from, is_summarised = db.execute(_BEGAN, [conversation]).fetchone()
    if is_summarised:
        return authors_of(db, PLACE, conversation)
    values = {"conversation": conversation, "after": fresh_from, "turn": turn, "limit": EXCHANGES}
    return tuple(sender for (sender,) in db.execute(_CONTEXT, values).fetchall())
