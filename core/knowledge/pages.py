"""Pages of the web: fetched within limits, and never from our own network unless somebody allowed it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from yarl import URL

from core.egress.guard import Guard
from core.errors import Missing, Unreadable
from core.knowledge.files import LARGEST, too_large
from core.knowledge.reading.kinds import Kind, kind_of_page

SECONDS = 30.0
"""For one page, redirects included."""
REDIRECTS = 5
_ACCEPTED = (
    "text/html,application/xhtml+xml,text/markdown,text/plain,application/pdf,text/csv;q=0.9,*/*;q=0.5"
)
_HEADERS = {"User-Agent": "Frontdesk (reads this page for its knowledge base)", "Accept": _ACCEPTED}
_MOVED = frozenset((301, 302, 303, 307, 308))
_GONE = frozenset((404, 410))


@dataclass(frozen=True, kw_only=True)
class Page:
    """What stands at an address."""

    content: bytes
    kind: Kind
    charset: str
    """As the server says, or empty."""


def address_of(location: str) -> str:
    """The location where it is an address of the web; else nothing."""
    return location if location.startswith(("https://", "http://")) else ""


class Pages:
    """Fetches pages.

    Args:
        intranet: patterns of hosts that may be in a private network.
        seconds: that a page may take.
    """

    def __init__(
        self, intranet: Sequence[str] = (), *, guard: Guard | None = None, seconds: float = SECONDS
    ) -> None:
        self._guard = guard or Guard(intranet)
        self._seconds = seconds

    async def fetch(self, address: str) -> Page:
        """What stands at an address now.

        Raises:
            Missing: the server says that there is nothing any more.
            Unreadable: it cannot be reached, may not be reached, is too large or of a kind that is not read.
        """
        try:
            async with (
                asyncio.timeout(self._seconds),
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(resolver=self._guard, force_close=True),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    headers=_HEADERS,
                ) as session,
            ):
                return await self._followed(session, URL(address))
        except TimeoutError:
            raise Unreadable(f"did not come within {self._seconds:.0f} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreadable(f"cannot be reached ({type(error).__name__})") from None

    async def _followed(self, session: aiohttp.ClientSession, address: URL) -> Page:
        first = address.host or ""
        for _ in range(REDIRECTS + 1):
            if not _is_of(first, address.host or ""):
                raise Unreadable(f"leads to another site ({address.host}): add the page there")
            self._check(address)
            async with session.get(address, allow_redirects=False) as response:
                if response.status in _MOVED:
                    address = address.join(URL(response.headers.get("Location", "")))
                    continue
                if response.status in _GONE:
                    raise Missing(f"is not there (HTTP {response.status})")
                if response.status != 200:
                    raise Unreadable(f"is not given out (HTTP {response.status})")
                return await _page(response, address)
        raise Unreadable(f"leads on more than {REDIRECTS} times")

    def _check(self, address: URL) -> None:
        if address.scheme not in ("http", "https") or not address.host:
            raise Unreadable("is no address of the web")
        if address.user is not None or address.password is not None:
            raise Unreadable("has a password in its address, which would be kept and shown")
        self._guard.check(address.host)


def _is_of(first: str, host: str) -> bool:
    """Whether a page leads to its own site: the same host, with or without `www`, or one below it."""
    site = first.casefold().removeprefix("www.")
    return host.casefold() == site or host.casefold().endswith(f".{site}")


async def _page(response: aiohttp.ClientResponse, address: URL) -> Page:
    kind = kind_of_page(response.headers.get("Content-Type", ""), address.path)
    if kind is None:
        raise Unreadable(f"is of a kind that is not read ({response.content_type})")
    held = bytearray()
    async for piece in response.content.iter_chunked(65_536):
        held += piece
        if len(held) > LARGEST:
            raise Unreadable(too_large(len(held)))
    return Page(content=bytes(held), kind=kind, charset=response.charset or "")
