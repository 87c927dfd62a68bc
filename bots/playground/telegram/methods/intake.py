"""How the bot gets its updates: polling, or a webhook (core.telegram.org/bots/api#getting-updates)."""

import re
from urllib.parse import urlsplit

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.state import Payload
from bots.playground.telegram.updates import KINDS, OMITTED_BY_DEFAULT

PORTS = (443, 80, 88, 8443)
MOST_CONNECTIONS = 100
_SECRET = re.compile(r"[A-Za-z0-9_-]*")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def get_updates(call: Call) -> list[Payload]:
    """core.telegram.org/bots/api#getupdates"""
    _allow(call)
    arguments = call.arguments
    return await call.platform.updates.poll(
        arguments.number("offset"), arguments.number("limit", 100), arguments.number("timeout")
    )


async def set_webhook(call: Call) -> bool:
    """core.telegram.org/bots/api#setwebhook; an empty URL removes it."""
    arguments = call.arguments
    url, secret = arguments.text("url"), arguments.text("secret_token")
    if url:
        _check(url, secret)
        _allow(call)
    if arguments.flag("drop_pending_updates"):
        call.platform.updates.drop()
    call.platform.updates.interrupt("terminated by setWebhook request")
    connections = arguments.number("max_connections", 40)
    call.webhook.set(url, secret, max(1, min(connections, MOST_CONNECTIONS)))
    return True


async def delete_webhook(call: Call) -> bool:
    """core.telegram.org/bots/api#deletewebhook"""
    if call.arguments.flag("drop_pending_updates"):
        call.platform.updates.drop()
    call.webhook.set("")
    return True


async def get_webhook_info(call: Call) -> Payload:
    """core.telegram.org/bots/api#getwebhookinfo"""
    webhook, updates = call.webhook, call.platform.updates
    info: Payload = {
        "url": webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(updates.queue),
    }
    if webhook.url:
        info["max_connections"] = webhook.connections
    if webhook.last_error:
        info |= {"last_error_date": webhook.last_error_date, "last_error_message": webhook.last_error}
    if updates.allowed != KINDS - OMITTED_BY_DEFAULT:
        info["allowed_updates"] = sorted(updates.allowed)
    return info


def _check(url: str, secret: str) -> None:
    """Telegram wants HTTPS on four ports; a webhook on this machine may be anything."""
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        raise bad_request("invalid webhook URL specified") from None
    if parts.hostname in _LOOPBACK:
        return
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if port not in PORTS:
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


def _allow(call: Call) -> None:
    if call.arguments.nested("allowed_updates") is not None:
        call.platform.updates.allow([str(each) for each in call.arguments.items("allowed_updates")])


METHODS: dict[str, Method] = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
