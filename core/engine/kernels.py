"""Keeps int8 arithmetic exact on processors without VNNI.

On AMD processors CTranslate2 multiplies with oneDNN. Without VNNI it adds pairs of int8 products in 16
bits, which overflow (oneDNN guide, "Nuances of int8 computations"): logits of tiny models were 30 % off.
MKL does not overflow.
"""

import os
from pathlib import Path

_PROCESSOR = Path("/proc/cpuinfo")


def choose() -> None:
    """Let CTranslate2 use MKL where oneDNN would overflow; to be called before it first multiplies.

    A setting of CT2_USE_MKL in the environment stands.
    """
    if _PROCESSOR.is_file() and _overflows(_PROCESSOR.read_text(encoding="utf-8", errors="replace")):
        os.environ.setdefault("CT2_USE_MKL", "1")


def _overflows(processor: str) -> bool:
    flags = next((line for line in processor.splitlines() if line.startswith("flags")), "").split()
    return "avx2" in flags and not {"avx_vnni", "avx512_vnni"} & set(flags)
