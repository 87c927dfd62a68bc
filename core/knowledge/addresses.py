"""Which addresses of the network may be reached on somebody's behalf: none of our own network's."""

import ipaddress
import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from core.errors import Unreadable

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""Where IPv6 leads to IPv4: how a network without IPv4 reaches the rest (RFC 6052)."""
_TRANSLATED_HERE = ipaddress.IPv6Network("64:ff9b:1::/48")
"""The same, within a network of one's own (RFC 8215)."""
_COMPATIBLE = ipaddress.IPv6Network("::/96")
"""IPv4 in IPv6 as it once was written (RFC 4291)."""
PRIVATE = (
    "is at an address of a private network. If you mean it, name the host under `knowledge: intranet:` in "
    "frontdesk.yaml"
)


def is_public(address: str) -> bool:
    """Whether an address is on the open internet, IPv4 within IPv6 included.

    Raises:
        ValueError: it is no address.
    """
    parsed = ipaddress.ip_address(address.partition("%")[0])
    within = _within(parsed)
    return (parsed in _TRANSLATED or _is_public(parsed)) and all(map(_is_public, within))


def _is_public(address: _Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and address not in _TRANSLATED_HERE
    )


def _within(address: _Address) -> Sequence[_Address]:
    """The IPv4 addresses to which an IPv6 address leads."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found: list[_Address] = []
    if address.ipv4_mapped:
        found.append(address.ipv4_mapped)
    if address.sixtofour:
        found.append(address.sixtofour)
    if address.teredo:
        found += address.teredo
    if address in _COMPATIBLE or address in _TRANSLATED:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def _is_numeric(host: str) -> bool:
    """Whether aiohttp takes a host for an address, and does not ask the resolver."""
    return ":" in host or host.replace(".", "").isdigit()


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
        if self._allows(host) or not _is_numeric(host):
            return  # `resolve` sees where a name leads
        try:
            public = is_public(host)
        except ValueError:
            public = False  # such as 2130706433, which some take for 127.0.0.1
        if not public:
            raise Unreadable(PRIVATE)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        if not self._allows(host) and not all(is_public(each["host"]) for each in found):
            raise Unreadable(PRIVATE)
        return found

    async def close(self) -> None:
        await self._resolver.close()

    def _allows(self, host: str) -> bool:
        return any(fnmatchcase(host.casefold().rstrip("."), pattern) for pattern in self._intranet)
