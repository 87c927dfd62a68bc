"""What goes wrong when Telegram is called, in the core's words. The one place that knows its error texts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)

from core.errors import (
    Gone,
    Moved,
    PlatformError,
    RateLimited,
    Refused,
    TooLarge,
    Uncertain,
    Unreachable,
    Vanished,
)


class BadToken(Gone):
    """Telegram does not know the bot's token."""


class MethodMissing(Refused):
    """This server does not have the method; Telegram answers a malformed token in the same way."""


class Contested(Refused):
    """Something else receives the updates of this bot."""


class NotModified(Refused):
    """It is so already."""


class NoSuchPost(Vanished):
    """The post is not there (any more)."""


_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_SENTENCES: dict[str, type[Refused]] = {
    "message is not modified": NotModified,
    "topic_not_modified": NotModified,
    "chat_not_modified": NotModified,
    "message to edit not found": NoSuchPost,
    "message to delete not found": NoSuchPost,
    "message_id_invalid": NoSuchPost,
    "file is too big": TooLarge,
    "chat not found": Gone,
    "peer_id_invalid": Gone,
    "user is deactivated": Gone,
    "group chat was deactivated": Gone,
    "message thread not found": Gone,
    "topic_closed": Gone,
    "topic_deleted": Gone,
    "chat_write_forbidden": Gone,
    "not enough rights to send": Gone,
    "business_connection_invalid": Gone,
    "business connection not found": Gone,
}


@contextmanager
def mapped(*, repeatable: bool) -> Iterator[None]:
    """Raise the core's errors for the library's.

    Args:
        repeatable: the call may be made twice without harm, so that an unknown outcome counts as none.
    """
    try:
        yield
    except TelegramError as error:
        raise _meaning(error, Unreachable if repeatable else Uncertain) from None
    except (AttributeError, KeyError, TypeError):
        # python-telegram-bot takes any answer of status 200 for a success: a proxy stands between us.
        unknown = Unreachable if repeatable else Uncertain
        raise unknown("The answer was not Telegram's.") from None


def _meaning(error: TelegramError, unknown: type[PlatformError]) -> PlatformError:
    match error:
        case RetryAfter():
            return RateLimited(retry_after=_seconds(error.retry_after))
        case ChatMigrated():
            return Moved(channel=str(error.new_chat_id))
        case Forbidden():
            return Gone(f"Telegram refused the call: {error.message}.")
        case InvalidToken() if "Unauthorized" in error.message:
            return BadToken()
        case InvalidToken() | EndPointNotFound():
            return MethodMissing()
        case Conflict():
            return Contested(f"Telegram refused the call: {error.message}.")
        case BadRequest():
            return _refusal(error.message)
    if isinstance(error.__cause__, _NOT_SENT):
        return Unreachable("Telegram could not be reached.")
    return unknown("The connection to Telegram broke, or Telegram failed.")


def _refusal(description: str) -> Refused:
    known = description.lower()
    for sentence, kind in _SENTENCES.items():
        if sentence in known:
            return kind(f"Telegram refused the call: {description}.")
    return Refused(f"Telegram refused the call: {description}.")


def _seconds(period: int | timedelta) -> float:
    return period.total_seconds() if isinstance(period, timedelta) else float(period)
