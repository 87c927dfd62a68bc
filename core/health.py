"""What a part of the running system says of itself; `/readyz` and `doctor` read it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Health:
    """One part's state."""

    part: str
    ok: bool
    detail: str = ""
    """One plain sentence; when not ok it names the mend."""
