"""Who may ask under `/v1`, and how often."""

import hmac
import math
from collections.abc import Sequence

from aiohttp import web

from bots.openai.errors import ApiError, over_budget
from core.api_key import ApiKey
from core.delivery.budgets import WINDOW_SECONDS
from core.delivery.pacing import Allowance, Rate
from core.ports import Clock


class Keyring:
    """Knows the keys, and counts in memory what each has asked for: a restart forgives what was spent.

    Args:
        keys: each opens the endpoint.
        budget: requests that each may bring in ten minutes; 0 is no limit.
        clock: tells the time.
    """

    def __init__(self, keys: Sequence[ApiKey], budget: int, clock: Clock) -> None:
        self._known = [(each.name, each.secret.get_secret_value().encode()) for each in keys]
        self._budget = budget
        self._allowance = Allowance(Rate(budget, WINDOW_SECONDS), clock)

    def name(self, request: web.Request) -> str:
        """What the key is called that a request brings.

        Raises:
            ApiError: it brings none of ours.
        """
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        shown = given.strip().encode("utf-8", "surrogateescape")
        # Every key is compared, in constant time: how long it takes tells nothing.
        fitting = [name for name, secret in self._known if hmac.compare_digest(shown, secret)]
        if scheme.lower() != "bearer" or not fitting:
            raise ApiError(
                "The API key is missing or wrong: send one of FRONTDESK_API_KEYS as a bearer token",
                status=401,
                code="invalid_api_key",
            )
        return fitting[0]

    def spend(self, name: str) -> None:
        """Count a request of a key.

        Raises:
            ApiError: the key has nothing left; says when it has again.
        """
        if self._budget and not self._allowance.take(name):
            raise over_budget(name, self._budget, math.ceil(self._allowance.wait(name)))
