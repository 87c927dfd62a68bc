"""Telling somebody who posted what is dangerous where others read along."""

from core import words
from core.message import Action, Arrival, Edit, Message, Platform, Relay
from core.policy import Policy
from core.privacy.masking import Kept
from core.translation import spoken

EXPOSED = "exposed"
"""Before the id of the message, in what the warning stands for."""
TAKE_AWAY = f"{EXPOSED}:delete"
"""The command of the button that has the message deleted."""
_DELETES = frozenset((Platform.TELEGRAM,))
"""Where a bot can delete what people wrote, if it is an administrator."""


def warning(kept: Kept, policy: Policy) -> Arrival | None:
    """What is to be said to the author alone, as far as the platform can; None where nothing is.

    It does not repeat what it warns of, and is said once for a message.
    """
    event = kept.arrival.event
    message = event.message if isinstance(event, Edit) else event
    if not kept.exposed or not isinstance(message, Message):
        return None
    place, can_delete = message.conversation, message.conversation.platform in _DELETES
    with spoken(message.sender.language, policy.language):
        relay = Relay(
            conversation=place,
            source=f"{EXPOSED}:{message.id}",
            text=words.exposed(sorted(kept.exposed)),
            actions=(Action(name=TAKE_AWAY, label=words.take_away()),) if can_delete else (),
            to=message.sender,
            answers=message.id,
        )
    return Arrival(key=f"{EXPOSED}:{place.key}:{message.id}", event=relay)
