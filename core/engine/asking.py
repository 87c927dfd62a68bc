"""Whose question is being answered: while two models answer, a conversation keeps to one of them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_CONVERSATION: ContextVar[str] = ContextVar("conversation", default="")


@contextmanager
def asking(key: str) -> Iterator[None]:
    """What the engine is asked within the block is for the conversation with this key."""
    token = _CONVERSATION.set(key)
    try:
        yield
    finally:
        _CONVERSATION.reset(token)


def conversation() -> str:
    """The conversation that asks; empty for nobody in particular."""
    return _CONVERSATION.get()


def is_within(share: float, salt: str) -> bool:
    """Whether the conversation that asks belongs to this share of all; nobody in particular never does.

    Args:
        share: between 0 and 1.
        salt: another one draws other conversations.
    """
    asks = conversation()
    drawn = int.from_bytes(hashlib.sha256(f"{salt}\n{asks}".encode()).digest()[:8], "big")
    return bool(asks) and drawn < share * 2**64
