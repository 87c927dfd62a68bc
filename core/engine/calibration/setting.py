"""A way to run a model on a CPU, and the calibration that found it, kept beside the weights."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.engine.calibration.machine import Machine, cores, this_machine
from core.engine.scheduling.cost import PLAIN, CostModel

FILE = "calibration.json"
ISA = "CT2_FORCE_CPU_ISA"
"""CTranslate2 reads it once, before it first computes."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """How the model is laid over the processor. Which is best depends on model and machine."""

    replicas: int
    """Batches that are worked on at once; they share the weights."""
    threads: int
    """Threads per replica."""
    compute_type: str = ""
    """One of CTranslate2's; empty for the best that the device has."""
    isa: str = ""
    """Instruction set; empty for CTranslate2's own choice."""
    pinned: bool = False
    """Each replica keeps to a core of its own."""

    def __str__(self) -> str:
        extras = [self.compute_type, self.isa, "pinned" if self.pinned else ""]
        return " ".join([f"{self.replicas} x {self.threads} threads", *(extra for extra in extras if extra)])


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What was found for one machine."""

    machine: Machine
    setting: Setting
    batch: int
    """Answers written side by side on one replica."""
    cost: CostModel
    reason: str
    """Why this setting, in a sentence or two."""


_ADAPTER = TypeAdapter(list[Calibration])


def plain() -> Setting:
    """Before a calibration: two replicas, so that one long answer does not keep everybody waiting."""
    replicas = min(2, cores())
    return Setting(replicas=replicas, threads=cores() // replicas)


def read(folder: Path) -> list[Calibration]:
    """Every machine's calibration of the model in `folder`; a damaged file counts as none."""
    try:
        return _ADAPTER.validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValidationError):
        _log.warning("%s is damaged: run `frontdesk model calibrate` again", folder / FILE)
        return []


def write(folder: Path, found: Calibration) -> None:
    """Keep it, in place of an earlier one of the same machine."""
    others = [each for each in read(folder) if each.machine != found.machine]
    fresh = folder / f".{FILE}-{os.getpid()}"
    fresh.write_bytes(_ADAPTER.dump_json([*others, found], indent=2) + b"\n")
    fresh.replace(folder / FILE)


def of_this_machine(folder: Path) -> Calibration:
    """The saved calibration, or what goes without one. Says so in the log where the machine has changed."""
    machine, saved = this_machine(), read(folder)
    for each in saved:
        if each.machine == machine:
            return each
    if saved:
        _log.warning("the model was calibrated on another machine: run `frontdesk model calibrate`")
    return Calibration(machine=machine, setting=plain(), batch=16, cost=PLAIN, reason="not calibrated yet")
