"""What a rule of the conformance suite is made of."""

from dataclasses import dataclass, field
from typing import Any

from bots.playground.telegram.seed import MINA


@dataclass(frozen=True)
class Rule:
    """What is asked, and how it is refused.

    Before it is asked, Mina has started the bot (message 101), the bot has written "First" to her (102), and
    she has written to the group (103).
    """

    name: str
    method: str
    arguments: dict[str, Any] = field(default_factory=dict)
    status: int = 400
    says: str = ""
    """How the description begins."""


def text(content: str, **more: Any) -> dict[str, Any]:
    """A text for Mina."""
    return {"chat_id": MINA, "text": content, **more}
