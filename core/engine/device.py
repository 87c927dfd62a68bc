"""Which devices the model is put on, and in which numbers it computes there."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import ctranslate2

from core.engine import processor
from core.engine.manifest import Kind
from core.engine.shelf import ShelvedModel
from core.errors import ModelError

Device = Literal["auto", "cpu", "cuda"]
PREFERRED: Mapping[str, Sequence[str]] = {
    "cpu": ("int8", "int8_float32", "float32"),
    "cuda": ("int8_float16", "int8_bfloat16", "int8_float32", "float16", "float32"),
}
"""Compute types, best first. int8 weights halve what a token must read from memory against float16."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a model goes."""

    device: Literal["cpu", "cuda"]
    indexes: tuple[int, ...]
    """Of the devices; each gets a copy of the weights and its own share of the requests."""
    compute_type: str


def place(wanted: Device) -> Placement:
    """Choose devices: for `auto` and `cuda` every GPU that this process sees, where there is one.

    Of several GPUs, those are taken that compute in the best type any of them has: a slower kind would keep
    the requests that fall to it waiting. `CUDA_VISIBLE_DEVICES` narrows what is seen.

    Raises:
        ModelError: a GPU is wanted and there is none.
    """
    if wanted != "cpu" and (count := ctranslate2.get_cuda_device_count()):
        types = {index: _best_of_gpu(index) for index in range(count)}
        best = min(types.values(), key=PREFERRED["cuda"].index)
        indexes = tuple(index for index, found in types.items() if found == best)
        return Placement(device="cuda", indexes=indexes, compute_type=best)
    if wanted == "cuda":
        raise ModelError("FRONTDESK_DEVICE is cuda, but there is no CUDA device: set it to cpu or auto")
    return Placement(device="cpu", indexes=(0,), compute_type=cpu_types()[0])


def load(model: ShelvedModel, wanted: Device, *, replicas: int, threads: int, compute_type: str = "") -> Any:
    """Load a model as a `ctranslate2.Generator`, others as a `ctranslate2.Encoder`.

    Args:
        model: from the shelf.
        wanted: `auto` falls back to the CPU where the GPU's libraries are missing.
        replicas: batches worked on at once by the CPU; a GPU works on one.
        threads: of the CPU, per replica.
        compute_type: for the CPU; the best it has by default.

    Raises:
        ModelError: the model or the device cannot be used.
    """
    placement = place(wanted)
    if placement.device == "cpu":
        chosen = replace(placement, compute_type=compute_type or placement.compute_type)
        return _loaded(model, chosen, replicas, threads)
    try:
        loaded = _loaded(model, placement, 1, 1)
        _prove(loaded)
    except ModelError as error:
        if wanted == "cuda":
            raise
        _log.warning("the GPU cannot be used, the CPU is: %s", error)
        return load(model, "cpu", replicas=replicas, threads=threads, compute_type=compute_type)
    return loaded


def cpu_types() -> Sequence[str]:
    """What the CPU may compute in, best first: float32 alone where int8 comes out wrong."""
    preferred = ("float32",) if processor.int8_overflows() else PREFERRED["cpu"]
    supported = ctranslate2.get_supported_compute_types("cpu")
    return [found for found in preferred if found in supported] or ["float32"]


def _best_of_gpu(index: int) -> str:
    supported = ctranslate2.get_supported_compute_types("cuda", index)
    return next(found for found in (*PREFERRED["cuda"], "float32") if found in supported)


def _loaded(model: ShelvedModel, placement: Placement, replicas: int, threads: int) -> Any:
    writes = model.manifest.facts.kind is Kind.CHAT
    try:
        return (ctranslate2.Generator if writes else ctranslate2.Encoder)(
            str(model.folder),
            device=placement.device,
            device_index=list(placement.indexes),
            compute_type=placement.compute_type,
            inter_threads=replicas,
            intra_threads=threads,
            max_queued_batches=-1,
        )
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"The model {model.reference} cannot be loaded: {error}") from error


def _prove(loaded: Any) -> None:
    """Compute once: CUDA's libraries are looked for only when they are first needed."""
    try:
        loaded.forward_batch([[0]])
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"CUDA cannot compute ({error})") from error
