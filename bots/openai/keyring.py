"""Who may ask under `/v1`, and how much."""

import hmac
import math
from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bots.openai import tally
from bots.openai.errors import ApiError, key_is_spent, over_budget
from core.api_key import ApiKey
from core.delivery.budgets import WINDOW_SECONDS, until_tomorrow
from core.delivery.pacing import Allowance, Rate
from core.delivery.tally import held_off
from core.engine.metering import Meter
from core.ports import Clock
from core.store.ports import Spending


@dataclass(frozen=True, kw_only=True)
class KeyLimits:
    """What each key may ask for; 0 is no limit."""

    requests: int = 0
    """In ten minutes."""
    tokens: int = 0
    """Read and written within a day of UTC."""


class Keyring:
    """Knows the keys, and counts what each asks for: requests in memory, so that a restart forgives them.

    Args:
        keys: each opens the endpoint.
        limits: of each.
        spending: knows the tokens of today.
        clock: tells the time.
    """

    def __init__(self, keys: Sequence[ApiKey], limits: KeyLimits, spending: Spending, clock: Clock) -> None:
        self._known = [(each, each.secret.get_secret_value().encode()) for each in keys]
        self._limits = limits
        self._spending = spending
        self._clock = clock
        self._allowance = Allowance(Rate(limits.requests, WINDOW_SECONDS), clock)

    def find(self, request: web.Request) -> ApiKey:
        """The key that a request brings.

        Raises:
            ApiError: it brings none of ours.
        """
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        shown = given.strip().encode("utf-8", "surrogateescape")
        # Every key is compared, in constant time: how long it takes tells nothing.
        fitting = [key for key, secret in self._known if hmac.compare_digest(shown, secret)]
        if scheme.lower() != "bearer" or not fitting:
            raise ApiError(
                "The API key is missing or wrong: send one of FRONTDESK_API_KEYS as a bearer token",
                status=401,
                code="invalid_api_key",
            )
        return fitting[0]

    async def spend(self, name: str) -> None:
        """Count a request of a key.

        Raises:
            ApiError: the key has nothing left; says when it has again.
        """
        limits = self._limits
        if limits.tokens and (await self._spending.today([_whose(name)]))[_whose(name)] >= limits.tokens:
            held_off("key_daily_tokens")
            raise key_is_spent(name, limits.tokens, math.ceil(until_tomorrow(self._clock.now())))
        if limits.requests and not self._allowance.take(name):
            held_off("key_budget")
            raise over_budget(name, limits.requests, math.ceil(self._allowance.wait(name)))

    async def charge(self, name: str, meter: Meter) -> None:
        """Count what was read and written for a key."""
        if self._limits.tokens and meter.tokens:
            await self._spending.charge({_whose(name): meter.tokens})
        tally.used(name, read=meter.read, written=meter.written)


def _whose(name: str) -> str:
    return f"key:{name}"
