"""Telling tokens apart by how they begin; no token is ever shown."""

from pydantic import SecretStr

from adapters.telegram.adapter import TOKEN as TELEGRAM_TOKEN

_KINDS = (
    ("xoxb-", "a Slack bot token"),
    ("xapp-", "a Slack app-level token"),
    ("xoxp-", "the token of a Slack user"),
    ("xoxe.", "a Slack token that expires"),
    ("xoxe-", "a Slack refresh token"),
    ("xox", "a Slack token of an old kind"),
)


def reveal(secret: SecretStr | None) -> str:
    """The secret; empty where there is none."""
    return "" if secret is None else secret.get_secret_value()


def kind_of(token: str) -> str:
    """What a token is, in words."""
    for beginning, kind in _KINDS:
        if token.startswith(beginning):
            return kind
    return "a Telegram token" if TELEGRAM_TOKEN.fullmatch(token) else "no token that Frontdesk knows"
