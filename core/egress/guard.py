"""Whom pages may be fetched from on somebody's behalf: nobody in our own network."""

import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from core.egress import wall
from core.egress.addresses import is_public
from core.egress.wall import Allowed
from core.errors import Unreadable

PRIVATE = (
    "is at an address of a private network. If you mean it, name the host under `knowledge: intranet:` in "
    "frontdesk.yaml"
)


def _is_numeric(host: str) -> bool:
    """Whether aiohttp takes a host for an address, and does not ask the resolver."""
    return ":" in host or host.replace(".", "").isdigit()


def _open_wall(host: str, port: int | None, *, private: bool) -> None:
    """Whoever fetches a page on somebody's behalf has looked at its address."""
    if standing := wall.standing():
        standing.allow(Allowed(host=host.casefold().rstrip("."), port=port, private=private, why="a page"))


class Guard(AbstractResolver):
    """Resolves names, and refuses those that lead into a private network.

    The connection is made to the addresses that were looked at, so that a name cannot change in between.

    Args:
        intranet: patterns of names that may lead anywhere.
    """

    def __init__(self, intranet: Sequence[str] = (), resolver: AbstractResolver | None = None) -> None:
        self._intranet = tuple(pattern.casefold() for pattern in intranet)
        self._resolver = resolver or ThreadedResolver()

    def check(self, host: str) -> None:
        """Refuse a host that is a private address itself.

        Raises:
            Unreadable: it is one, and nobody allowed it.
        """
        if not _is_numeric(host):
            return  # `resolve` sees where a name leads
        try:
            public = is_public(host)
        except ValueError:
            public = False  # such as 2130706433, which some take for 127.0.0.1
        if not public and not self._allows(host):
            raise Unreadable(PRIVATE)
        _open_wall(host, None, private=self._allows(host))

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        _open_wall(host, port, private=self._allows(host))
        found = await self._resolver.resolve(host, port, family)
        if not self._allows(host) and not all(is_public(each["host"]) for each in found):
            raise Unreadable(PRIVATE)
        return found

    async def close(self) -> None:
        await self._resolver.close()

    def _allows(self, host: str) -> bool:
        return any(fnmatchcase(host.casefold().rstrip("."), pattern) for pattern in self._intranet)
