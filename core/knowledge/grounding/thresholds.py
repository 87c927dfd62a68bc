"""The calibrated numbers of the check, kept in `thresholds.json`."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

KEPT = Path(__file__).with_name("thresholds.json")
"""Where they are kept, by the name of the encoder; under the empty name those of words alone."""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Calibrated numbers; `make bench-kb` prints what they achieve."""

    support: float
    """The least support of a sentence."""
    margin: float
    """By how much better than the right number or name a wrong one must fit to count as confused."""
    likeness: float = 0.0
    """The share of the encoder's cosine in the support; 0 without an encoder."""


@cache
def thresholds(encoder: str = "") -> Thresholds:
    """Those for an encoder, by the name of its model; for none, of words alone."""
    kept = json.loads(KEPT.read_text(encoding="utf-8"))
    return Thresholds(**kept["thresholds"].get(encoder, kept["thresholds"][""]))
