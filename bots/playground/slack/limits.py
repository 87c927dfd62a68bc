"""How often an app may call (docs.slack.dev/apis/web-api/rate-limits)."""

import math

from bots.playground.ratelimit import Limit, RateLimiter
from bots.playground.slack.errors import TooManyRequests

CALLS_PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
"""By tier, for each method in each workspace."""
POST = "chat.postMessage"
"""Once a second in each channel (docs.slack.dev/apis/web-api/rate-limits, "special rate limits")."""


def spend(limiter: RateLimiter, *, method: str, tier: int | None, team: str, channel: str) -> None:
    """Count a call.

    Raises:
        TooManyRequests: the method, or the channel, has had enough.
    """
    limits = []
    if tier is not None:
        limits.append(Limit(f"{team} {method}", CALLS_PER_MINUTE[tier], 60.0))
    if method == POST:
        limits.append(Limit(f"{team} posts {channel}", 1, 1.0))
    wait = limiter.check_all(*limits)
    if wait > 0:
        raise TooManyRequests(math.ceil(wait))
