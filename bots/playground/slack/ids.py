"""Identifiers in Slack's style, never repeated, so that a restarted emulator is not taken for a repeat."""

import secrets

ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 10


def new_id(prefix: str) -> str:
    """An id such as `U` or `Ev` followed by ten characters."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def secret(prefix: str) -> str:
    """A token or key nobody can guess."""
    return prefix + secrets.token_hex(16)
