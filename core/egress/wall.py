"""One wall around the process: whatever library opens a connection, it goes where it may, or nowhere.

It stands in `socket.getaddrinfo`, where names become addresses, and in an audit hook of the interpreter
(PEP 578), through which every connection of every Python library passes and which nothing can take out again.
Code in C that opens sockets by itself, and other processes, are not held by it.
"""

import logging
import socket
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from core.egress.addresses import is_public

_CONNECTING = frozenset(("socket.connect", "socket.sendto", "socket.sendmsg"))
_log = logging.getLogger(__name__)


class Forbidden(PermissionError):
    """This process may not connect there; nothing was sent."""


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """Somewhere that may be connected to."""

    host: str
    """A name, `*.name` for everything below a name, or an address; in lower case."""
    port: int | None = None
    """None: any."""
    private: bool = False
    """Whether it may be in a private network, or on this machine."""
    why: str

    def names(self, host: str) -> bool:
        """Whether it means this name or address."""
        return host.endswith(self.host[1:]) if self.host.startswith("*.") else host == self.host


class Wall:
    """What is allowed, and which addresses allowed names were found to have.

    A name is looked up once for each connection, and the connection goes to what was looked at: that a name
    leads elsewhere a moment later changes nothing.
    """

    def __init__(self, allowed: Iterable[Allowed]) -> None:
        self._allowed = list(dict.fromkeys(allowed))
        self._found: dict[str, list[Allowed]] = defaultdict(list)
        self._lock = threading.Lock()
        self.connected = 0
        """How often it let somebody through."""
        self.refused = 0

    def allow(self, more: Allowed) -> None:
        """Let one more place be connected to, which somebody has looked at."""
        with self._lock:
            if more not in self._allowed:
                self._allowed.append(more)

    def look_up(self, host: str, found: list[Any]) -> list[Any]:
        """What a name was found to mean, as far as it may be.

        Raises:
            Forbidden: the name is not allowed, or leads into a private network.
        """
        name = host.casefold().rstrip(".")
        rules = [each for each in self._allowed if each.names(name)]
        for address in {each[4][0] for each in found}:
            fitting = [each for each in rules if each.private or is_public(address)]
            if not fitting:
                self._refuse(f"{name}, which leads into a private network")
            with self._lock:
                self._found[address] += [each for each in fitting if each not in self._found[address]]
        return found

    def check_name(self, host: str) -> None:
        """Refuse a name before anybody is asked what it means.

        Raises:
            Forbidden: it is not allowed.
        """
        name = host.casefold().rstrip(".")
        if not any(each.names(name) for each in self._allowed):
            self._refuse(name)

    def check(self, address: str, port: int) -> None:
        """Refuse a connection.

        Raises:
            Forbidden: it goes where it may not.
        """
        rules = self._found.get(address, ())
        literal = [each for each in self._allowed if each.host == address]
        if not any(each.port in (None, port) for each in (*rules, *literal)):
            self._refuse(f"{address} port {port}")
        self.connected += 1

    def _refuse(self, what: str) -> None:
        self.refused += 1
        _log.warning("refused to connect to %s: nothing in the configuration needs it", what)
        raise Forbidden(f"Frontdesk does not connect to {what}.")


_look_up = socket.getaddrinfo
_standing: Wall | None = None
_hooked = False


@contextmanager
def raised(allowed: Iterable[Allowed]) -> Iterator[Wall]:
    """Hold this process to what is allowed for as long as the block runs."""
    global _standing, _hooked
    if not _hooked:
        sys.addaudithook(_watch)
        _hooked = True
    before, _standing = _standing, Wall(allowed)
    socket.getaddrinfo = _guarded
    try:
        yield _standing
    finally:
        _standing = before
        if before is None:
            socket.getaddrinfo = _look_up


def standing() -> Wall | None:
    """The wall around this process; None where none was raised."""
    return _standing


def _guarded(
    host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
) -> list[Any]:
    wall = _standing
    named = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if wall is None or not named or flags & socket.AI_PASSIVE or _is_numeric(named):
        return _look_up(host, port, family, type, proto, flags)
    wall.check_name(named)
    return wall.look_up(named, _look_up(host, port, family, type, proto, flags))


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event not in _CONNECTING or _standing is None:
        return
    address = arguments[1]
    if isinstance(address, tuple) and len(address) > 1:  # others stay on this machine, or go where connected
        _standing.check(str(address[0]), int(address[1]))


def _is_numeric(host: str) -> bool:
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, host.partition("%")[0])
        except OSError:
            continue
        return True
    return False
