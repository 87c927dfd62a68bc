"""Which addresses are on the open internet."""

import ipaddress
from collections.abc import Sequence

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
"""Where IPv6 leads to IPv4: how a network without IPv4 reaches the rest (RFC 6052)."""
_TRANSLATED_HERE = ipaddress.IPv6Network("64:ff9b:1::/48")
"""The same, within a network of one's own (RFC 8215)."""
_COMPATIBLE = ipaddress.IPv6Network("::/96")
"""IPv4 in IPv6 as it once was written (RFC 4291)."""


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
