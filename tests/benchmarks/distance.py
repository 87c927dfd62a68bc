"""A line to a server of this machine on which everything takes longer, as over a network.

Threads that sleep, in a process of its own: timers of an event loop are no finer than a millisecond.
"""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

_HOST = "127.0.0.1"
_PIECE = 65_536


@dataclass
class Line:
    """One that stands."""

    port: int
    processor: float = 0.0
    """Seconds of processor time that it took, once it is gone."""


@contextmanager
def line_to(port: int, seconds: float) -> Iterator[Line]:
    """Another port that leads to this one, everything at least so many seconds later each way."""
    command = [sys.executable, "-m", "tests.benchmarks.distance", str(port), str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    line = Line(int(process.stdout.readline()))
    try:
        yield line
    finally:
        process.kill()
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0  # it was waited for
        line.processor = used.ru_utime + used.ru_stime


def _carry(near: socket.socket, far: socket.socket, seconds: float) -> None:
    with suppress(OSError):
        while piece := near.recv(_PIECE):
            time.sleep(seconds)
            far.sendall(piece)
    for each in (near, far):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)


def _serve(port: int, seconds: float) -> None:
    with socket.create_server((_HOST, 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        while True:
            near, _ = listening.accept()
            far = socket.create_connection((_HOST, port))
            for each in (near, far):
                each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for way in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(*way, seconds), daemon=True).start()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), float(sys.argv[2]))
