"""What a process that reads what strangers made may not do: set by itself, before it sees the first of it.

Limits of the system bound memory, processor time and files. On Linux (x86-64 and arm64) a filter of system
calls takes away files, sockets and other programs as well, without being root: whoever takes the process over
through a fault in a parser reaches nothing but what it was given to read.
Source: docs.kernel.org/userspace-api/seccomp_filter.html
"""

import ctypes
import platform
import resource
import sys
from dataclasses import dataclass

_X86_64 = {
    **{"open": 2, "openat": 257, "openat2": 437, "creat": 85, "truncate": 76, "memfd_create": 319},
    **{"unlink": 87, "unlinkat": 263, "rename": 82, "renameat": 264, "renameat2": 316, "mkdir": 83},
    **{"link": 86, "linkat": 265, "symlink": 88, "symlinkat": 266, "mkdirat": 258, "chmod": 90},
    **{"socket": 41, "connect": 42, "io_uring_setup": 425, "bpf": 321, "userfaultfd": 323},
    **{"clone": 56, "fork": 57, "vfork": 58, "clone3": 435, "execve": 59, "execveat": 322},
    **{"kill": 62, "tkill": 200, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311},
}
_ARM64 = {
    **{"openat": 56, "openat2": 437, "truncate": 45, "memfd_create": 279, "unlinkat": 35, "renameat": 38},
    **{"renameat2": 276, "linkat": 37, "symlinkat": 36, "mkdirat": 34, "fchmodat": 53},
    **{"socket": 198, "connect": 203, "io_uring_setup": 425, "bpf": 280, "userfaultfd": 282},
    **{"clone": 220, "clone3": 435, "execve": 221, "execveat": 281},
    **{"kill": 129, "tkill": 130, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271},
}
"""The calls that are refused (asm/unistd_64.h, asm-generic/unistd.h); tgkill is not: abort() needs it."""
_DENIED = {
    "x86_64": (0xC000003E, tuple(_X86_64.values())),
    "aarch64": (0xC00000B7, tuple(_ARM64.values())),
}
"""By machine: the kernel's number for its architecture (linux/audit.h), and the calls that are refused."""
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_X32 = 0x40000000
"""Calls from here on are those of another interface of x86-64, which the numbers above do not name."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a process may take."""

    memory: int
    """Bytes of address space, its libraries included."""
    seconds: int
    """Of processor time for one request."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_ushort),
        ("yes", ctypes.c_ubyte),
        ("no", ctypes.c_ubyte),
        ("k", ctypes.c_uint),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def confine(memory: int) -> bool:
    """Bind this process for good; True where it can open nothing any more, False where only limits hold.

    Args:
        memory: bytes of address space.
    """
    _limit(resource.RLIMIT_AS, memory)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, 16)
    return _filter_calls()


def allow_seconds(seconds: int) -> None:
    """Let this process take so much more processor time; then the system ends it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds, hard))


def can_filter() -> bool:
    """Whether this system has the filter of calls."""
    return sys.platform == "linux" and platform.machine() in _DENIED


def _limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    lowest = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (lowest, lowest))


def _filter_calls() -> bool:
    if not can_filter():
        return False
    architecture, denied = _DENIED[platform.machine()]
    instructions = _program(architecture, denied)
    array = (_Instruction * len(instructions))(*instructions)
    program = _Program(len(instructions), array)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _program(architecture: int, denied: tuple[int, ...]) -> list[_Instruction]:
    """Of another architecture: end the process. Of the denied: refuse. Else: allow."""
    # each jumps over the checks behind it and over the permission
    checks = [_Instruction(_AT_LEAST, len(denied) + 1, 0, _X32)]
    checks += [_Instruction(_EQUAL, len(denied) + 1 - at, 0, call) for at, call in enumerate(denied, 1)]
    return [
        _Instruction(_LOAD, 0, 0, 4),
        _Instruction(_EQUAL, 1, 0, architecture),
        _Instruction(_RETURN, 0, 0, _KILL),
        _Instruction(_LOAD, 0, 0, 0),
        *checks,
        _Instruction(_RETURN, 0, 0, _ALLOW),
        _Instruction(_RETURN, 0, 0, _REFUSE),
    ]
