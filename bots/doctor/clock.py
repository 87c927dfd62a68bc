"""The clock, held against that of the platforms."""

import asyncio
import time
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

import aiohttp

from adapters.loopback import is_loopback
from bots.doctor.finding import Finding, broken, doubtful, fine
from core.settings import Settings

ANSWER_SECONDS = 10.0
NOTABLE = 30.0
"""Seconds of difference that somebody should look at."""
WINDOW = 300.0
"""Seconds that a signature holds (docs.slack.dev/authentication/verifying-requests-from-slack)."""
_MEND = "Switch time synchronisation on: `timedatectl set-ntp true`."


async def clock(settings: Settings) -> Sequence[Finding]:
    """How far this machine's clock is from the platforms'."""
    addresses = {}
    if settings.slack_configured:
        addresses["Slack"] = urljoin(settings.slack_api_url, "api.test")
    if settings.telegram_configured:
        addresses["Telegram"] = settings.telegram_api_url
    skews = await asyncio.gather(*map(_skew, addresses.values()))
    known = {name: skew for name, skew in zip(addresses, skews, strict=True) if skew is not None}
    return [_judged(name, skew) for name, skew in known.items()]


async def _skew(url: str) -> float | None:
    """Seconds that our clock is ahead; None where the platform does not tell, which others report."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    trust_env = not is_loopback(url)
    started = time.time()
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=trust_env) as session,
            session.get(url, allow_redirects=False) as answer,
        ):
            there = parsedate_to_datetime(answer.headers.get("Date", "")).timestamp()
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError):
        return None
    return (started + time.time()) / 2 - there


def _judged(name: str, skew: float) -> Finding:
    way = "ahead of" if skew > 0 else "behind"
    sentence = f"This machine's clock is {abs(skew):.0f} s {way} {name}'s"
    if abs(skew) >= WINDOW:
        return broken(f"{sentence}: signatures count as forged.", _MEND)
    if abs(skew) >= NOTABLE:
        return doubtful(f"{sentence}.", _MEND)
    return fine(f"This machine's clock agrees with {name}'s.")
