"""How often a bot may call (core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this)."""

import math

from bots.playground.ratelimit import Limit, RateLimiter
from bots.playground.telegram.errors import too_many_requests
from bots.playground.telegram.state import Chat

OVERALL = Limit("overall", 30, 1)
CHAT_CALLS, CHAT_SECONDS = 5, 5
"""One message a second to one chat, of which short bursts go through."""
GROUP_CALLS, GROUP_SECONDS = 20, 60


def spend(limiter: RateLimiter, chat: Chat) -> None:
    """Count a message or an edit.

    Raises:
        TelegramError: 429, with the seconds to wait.
    """
    limits = [OVERALL, Limit(f"chat {chat.id}", CHAT_CALLS, CHAT_SECONDS)]
    if chat.type != "private":
        limits.append(Limit(f"group {chat.id}", GROUP_CALLS, GROUP_SECONDS))
    _refuse(limiter.check_all(*limits))


def spend_sign(limiter: RateLimiter) -> None:
    """Count a draft or a chat action: they leave nothing behind, and only the overall limit is documented.

    Raises:
        TelegramError: 429, with the seconds to wait.
    """
    _refuse(limiter.check_all(OVERALL))


def _refuse(wait: float) -> None:
    if wait > 0:
        raise too_many_requests(math.ceil(wait))
