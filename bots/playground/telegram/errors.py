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


def too_many_requests(retry_after: int) -> TelegramError:
    """429: wait so many seconds."""
    description = f"Too Many Requests: retry after {retry_after}"
    return TelegramError(429, description, retry_after=retry_after)
