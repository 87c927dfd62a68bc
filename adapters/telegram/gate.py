"""The door of the webhook: the secret is compared before anything is parsed, and bytes are counted."""

import hmac
import json

from aiohttp import web

from core.errors import UnreadableEvent

HEADER = "X-Telegram-Bot-Api-Secret-Token"


def has_secret(request: web.Request, secret: str) -> bool:
    """True where the request carries the secret that we gave to setWebhook."""
    given = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")
    return bool(secret) and hmac.compare_digest(given, secret.encode())


def parse(body: bytes) -> object:
    """Read a body as JSON.

    Raises:
        UnreadableEvent: it is none.
    """
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        raise UnreadableEvent("Telegram sent a body that is no JSON.") from None
    return value
