"""What the processor can be trusted with."""

from functools import cache
from pathlib import Path

_DESCRIPTION = Path("/proc/cpuinfo")


@cache
def int8_overflows() -> bool:
    """Whether products of int8 numbers come out wrong on this processor.

    On AMD processors CTranslate2 multiplies with oneDNN. Without VNNI it adds products in 16 bits,
    which overflow (oneDNN guide: nuances of int8 computations): of the default model's likeliest tokens 23 %
    were others than in float32. MKL does not overflow, but wrote 3 tokens a second, not 18; float32 wrote 15.
    """
    if not _DESCRIPTION.is_file():
        return False
    return overflows(_DESCRIPTION.read_text(encoding="utf-8", errors="replace"))


def overflows(description: str) -> bool:
    """The same of a processor as /proc/cpuinfo describes it."""
    lines = description.splitlines()
    flags = next((line for line in lines if line.startswith("flags")), "").split()
    return "AuthenticAMD" in description and not {"avx_vnni", "avx512_vnni"} & set(flags)
