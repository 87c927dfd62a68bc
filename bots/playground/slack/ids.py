"""Identifiers in Slack's style, never repeated, so that a restarted emulator is not taken for a repeat."""

import secrets

BYTES = 5


def new_id(prefix: str) -> str:
    """An id such as `U` or `Ev` followed by ten characters."""
    return prefix + secrets.token_hex(BYTES).upper()


def secret(prefix: str) -> str:
    """A token or key nobody can guess."""
    return prefix + secrets.token_hex(16)
