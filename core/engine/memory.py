"""How much memory there is, and giving freed memory back to the system."""

import ctypes
import os
from pathlib import Path

_LIBC = ctypes.CDLL(None)
_CONTAINER = Path("/sys/fs/cgroup/memory.max")
"""https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files"""


def machine() -> int:
    """Bytes of memory this process may use: the machine's, or its container's where that is less."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = _CONTAINER.read_text().strip()
    except OSError:
        return physical
    return min(physical, int(limit)) if limit.isdigit() else physical


def release() -> None:
    """Return what is free in the heap; a prompt of 1,500 tokens leaves 200 MB there otherwise.

    Does nothing where the C library is not glibc.
    """
    if hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
