"""Refusals in the platform's own words (core.telegram.org/bots/api#making-requests)."""

from typing import Any


class TelegramError(Exception):
    """A call that Telegram refuses: HTTP status, description and parameters."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status = status
        self.parameters = parameters

    def body(self) -> dict[str, Any]:
        """The JSON that goes with the status."""
        body: dict[str, Any] = {"ok": False, "error_code": self.status, "description": str(self)}
        return body | {"parameters": self.parameters} if self.parameters else body


def bad_request(reason: str) -> TelegramError:
    """400 with the usual prefix."""
    return TelegramError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> TelegramError:
    """403 with the usual prefix."""
    return TelegramError(403, f"Forbidden: {reason}")


def conflict(reason: str) -> TelegramError:
    """409: two ways of getting updates at once (core.telegram.org/bots/api#getting-updates)."""
    return TelegramError(409, f"Conflict: {reason}")


def too_many_requests(retry_after: int) -> TelegramError:
    """429: wait so many seconds (core.telegram.org/bots/api#responseparameters)."""
    return TelegramError(429, f"Too Many Requests: retry after {retry_after}", retry_after=retry_after)


def not_modified() -> TelegramError:
    """400: an edit that changes nothing."""
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly the same as a "
        "current content and reply markup of the message"
    )
