"""Ports that nobody else takes before the one they are for does, or while a service is away."""

import os
import random
import socket
from collections.abc import Iterator
from itertools import cycle

_FIRST, _EACH, _WORKERS = 10_000, 1_000, 20
"""Each worker of a test run has so many of its own, from the first on.

All are below those that a system gives to whoever listens anywhere or calls somebody (Linux: from 32,768 on,
`net.ipv4.ip_local_port_range`): one of these, picked and let go, may be another's before it is bound.
"""


def free_port() -> int:
    """A port of this machine at which nobody listens, and which is given once in a long while."""
    return next(_ports)


def _free_ports() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    first, begun = _FIRST + worker * _EACH, random.randrange(_EACH)  # another run begins elsewhere
    for number in cycle(range(_EACH)):
        port = first + (begun + number) % _EACH
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        yield port


_ports = _free_ports()
