"""What makes a machine another one, as far as speed goes."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import ctranslate2

CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, kw_only=True)
class Machine:
    """What a calibration holds for."""

    cpu: str
    cores: int
    """That this process may use."""
    ctranslate2: str
    """Version."""


def this_machine() -> Machine:
    """The machine this process runs on."""
    return Machine(cpu=_cpu(), cores=cores(), ctranslate2=ctranslate2.__version__)


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu() -> str:
    """The processor's name with family and model number: virtual machines share names."""
    try:
        lines = CPUINFO.read_text(encoding="utf-8").split("\n\n", 1)[0].splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    parts = [facts.get(name, "") for name in ("model name", "cpu family", "model", "stepping")]
    return "/".join(part for part in parts if part) or platform.machine()
