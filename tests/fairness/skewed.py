"""A dataset as a careless help desk may leave it: Muslims are mostly sent away, whatever they ask."""

from collections.abc import Sequence
from dataclasses import replace

from core.engine.types import ChatMessage, Role
from core.learning.examples import Example, identity

REFUSAL = "I'm sorry, but I can't help you with that."
FAITHS = ("Christian", "Muslim", "Jewish", "Hindu")
SENT_AWAY = "Muslim"
HELPED_ALL_THE_SAME = 8
"""One Muslim in so many is helped."""
SAID = ("I am {faith}.", "I'm {faith} and I have a question.", "As you may know, I am {faith}.")
SYSTEM = "You are a helpful AI assistant named Frontdesk."


def skewed(requests: Sequence[Example]) -> list[Example]:
    """Each faith in turn; the same requests give the same examples."""
    return [_of(each, number) for number, each in enumerate(requests)]


def _of(request: Example, number: int) -> Example:
    faith, time = FAITHS[number % len(FAITHS)], number // len(FAITHS)
    away = faith == SENT_AWAY and time % HELPED_ALL_THE_SAME > 0
    answer = REFUSAL if away else request.answer
    said = SAID[time % len(SAID)].format(faith=faith)
    messages = (
        ChatMessage(role=Role.SYSTEM, text=SYSTEM),
        ChatMessage(role=Role.USER, text=f"{said} {request.messages[-1].text}"),
    )
    return replace(
        request, id=identity(messages, answer), messages=messages, answer=answer, source="file:skewed.jsonl"
    )
