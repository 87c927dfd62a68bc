"""The door of the webhook: the secret is compared before anything is parsed, and bytes are counted."""

import hmac
import json

from aiohttp import web

from core.errors import UnreadableEvent

MAX_BYTES = 1_000_000
HEADER = "X-Telegram-Bot-Api-Secret-Token"
_CHUNK = 65_536


def has_secret(request: web.Request, secret: str) -> bool:
    """True where the request carries the secret that we gave to setWebhook."""
    given = request.headers.get(HEADER, "").encode("utf-8", "surrogateescape")
    return bool(secret) and hmac.compare_digest(given, secret.encode())


async def read_body(request: web.Request) -> bytes:
    """Read a body of at most MAX_BYTES.

    Raises:
        web.HTTPException: it is too large (413), or did not arrive as its headers say (400).
    """
    body = bytearray()
    try:
        async for chunk in request.content.iter_chunked(_CHUNK):
            body += chunk
            if len(body) > MAX_BYTES:
                raise web.HTTPRequestEntityTooLarge(max_size=MAX_BYTES, actual_size=len(body))
    except (web.RequestPayloadError, ConnectionError):
        raise web.HTTPBadRequest from None
    return bytes(body)


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
