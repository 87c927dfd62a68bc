"""Fetching a file from a platform's own host: one request, nowhere else, within limits."""

from collections.abc import Mapping

import aiohttp

from adapters.loopback import is_loopback
from core.errors import RateLimited, Refused, TooLarge, Unreachable

TIMEOUT = aiohttp.ClientTimeout(total=120, sock_connect=5, sock_read=20)
"""Seconds; 64 MB within them take 5 Mbit/s."""
_PIECE = 65_536
_WAIT = 30.0
"""Seconds to wait when a 429 names no time."""


async def download(url: str, *, limit: int, headers: Mapping[str, str] | None = None) -> bytes:
    """What stands at `url`. Redirects are not followed: they lead to a sign-in page, or to another host.

    Args:
        url: may hold a token; no error quotes it.
        limit: bytes at most.

    Raises:
        TooLarge: there are more.
        RateLimited, Unreachable, Refused: it is not given out.
    """
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, trust_env=not is_loopback(url)) as session,
            session.get(url, headers=headers, allow_redirects=False) as response,
        ):
            _check(response)
            held = bytearray()
            async for piece in response.content.iter_chunked(_PIECE):
                held += piece
                if len(held) > limit:
                    raise TooLarge
            return bytes(held)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        raise Unreachable("The file could not be fetched.") from None


def _check(response: aiohttp.ClientResponse) -> None:
    if response.status == 429:
        told = response.headers.get("Retry-After", "")
        raise RateLimited(retry_after=float(told) if told.isdecimal() else _WAIT)
    if response.status >= 500:
        raise Unreachable(f"The file was not given out: status {response.status}.")
    if response.status != 200:
        raise Refused(f"The file is not given out: status {response.status}.")
