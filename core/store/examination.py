"""What can be seen of a database from outside, while the service runs or not."""

from dataclasses import dataclass, field

from core.store.connection import Connection
from core.store.sql.leases import LEASE_SECONDS

_HELD = "SELECT l.name FROM leases l JOIN owners o ON o.id = l.owner WHERE o.seen_at BETWEEN ? AND ?"


@dataclass(frozen=True, kw_only=True)
class Examination:
    """What was seen."""

    damage: str = ""
    """What the database says of it; empty when it is whole."""
    heard: frozenset[str] = field(default_factory=frozenset)
    """Platforms from which something has ever arrived."""
    leases: frozenset[str] = field(default_factory=frozenset)
    """Names of the leases that living processes hold."""


def examination_of(db: Connection, now: float) -> Examination:
    """What a database holds that is whole.

    Args:
        now: on the clock of its leases, seconds.
    """
    heard = db.execute("SELECT DISTINCT platform FROM conversations").fetchall()
    held = db.execute(_HELD, [now - LEASE_SECONDS, now + LEASE_SECONDS]).fetchall()
    return Examination(
        heard=frozenset(platform for (platform,) in heard), leases=frozenset(name for (name,) in held)
    )
