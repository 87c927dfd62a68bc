"""Whose question is being answered: while two models answer, a conversation keeps to one of them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CONVERSATION: ContextVar[str] = ContextVar("conversation", default="")


@contextmanager
def asking(conversation: str) -> Iterator[None]:
    """What the engine is asked within the block is for this conversation."""
    token = _CONVERSATION.set(conversation)
    try:
        yield
    finally:
        _CONVERSATION.reset(token)


def is_within(share: float, salt: str) -> bool:
    """Whether the conversation that asks belongs to this share of all; nobody in particular never does.

    Args:
        share: between 0 and 1.
        salt: another one draws other conversations.
    """
    conversation = _CONVERSATION.get()
    drawn = int.from_bytes(hashlib.sha256(f"{salt}\n{conversation}".encode()).digest()[:8], "big")
    return bool(conversation) and drawn < share * 2**64
