"""What people are asked who judge an answer: why it is bad, and whether may be learnt from what they write.

It is asked once, through the inbox like everything that is said; the answers come back as pressed buttons.
Who was asked why is asked for consent when they have said so.
"""

from collections.abc import Sequence
from typing import Literal

from core import words
from core.message import Arrival, Choice, Conversation, Rating, Relay
from core.policy import Policies
from core.store.ports import Lessons
from core.translation import spoken

Reason = Literal["incorrect", "inappropriate", "incomplete", "outdated", "other"]
REASONS: tuple[Reason, ...] = ("incorrect", "inappropriate", "incomplete", "outdated", "other")
WHY = "why"
"""Before a reason, in the id of its button; and before the turn, in what the question stands for."""
CONSENT = "consent"
YES, NO = f"{CONSENT}.yes", f"{CONSENT}.no"
"""Ids of the buttons by which consent is given and refused."""


class Inquiry:
    """Finds out what is to be asked.

    Args:
        operator: in whose name people are asked.
    """

    def __init__(self, lessons: Lessons, policies: Policies, operator: str) -> None:
        self._lessons = lessons
        self._policies = policies
        self._operator = operator

    async def after(self, rating: Rating, turn_id: str) -> Sequence[Arrival]:
        """What is to be said where the answer of a turn was judged; the same judgement asks nothing twice."""
        standing = await self._lessons.standing(turn_id, rating.person.key)
        if not standing.is_answer:
            return []
        place, person = rating.conversation, rating.person
        with spoken(person.language, self._policies.for_conversation(place).language):
            if rating.verdict == "bad":
                return [_arrival(f"{WHY}:{turn_id}:{person.key}", _why(place, turn_id))]
            if rating.verdict == "good" and place.direct and not standing.has_decided:
                return [_arrival(f"{CONSENT}:{person.key}", _consent(place, person.key, self._operator))]
        return []


def consent_choices() -> tuple[Choice, ...]:
    """The buttons by which people decide."""
    return (Choice(id=YES, label=words.learn_yes()), Choice(id=NO, label=words.learn_no()))


def _why(place: Conversation, turn_id: str) -> Relay:
    choices = tuple(Choice(id=f"{WHY}.{reason}", label=words.bad_because(reason)) for reason in REASONS)
    return Relay(conversation=place, source=f"{WHY}:{turn_id}", text=words.why_bad(), choices=choices)


def _consent(place: Conversation, person: str, operator: str) -> Relay:
    return Relay(
        conversation=place,
        source=f"{CONSENT}:{person}",
        text=words.may_learn(operator),
        choices=consent_choices(),
    )


def _arrival(key: str, relay: Relay) -> Arrival:
    return Arrival(key=f"inquiry:{key}", event=relay)
