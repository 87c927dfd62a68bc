"""Which devices are chosen, with machines that ctranslate2 only pretends to see."""

import logging
from typing import Any

import ctranslate2
import pytest

from core.engine import processor
from core.engine.device import Placement, load, place
from core.engine.shelf import ShelvedModel
from core.errors import ModelError

AMPERE = {"int8", "int8_float16", "int8_bfloat16", "int8_float32", "float16", "bfloat16", "float32"}
PASCAL = {"int8", "int8_float32", "float32"}
KEPLER = {"float32"}
PROCESSOR = {"int8", "int8_float32", "float32"}


@pytest.fixture(autouse=True)
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor that multiplies int8 as it should."""
    monkeypatch.setattr(processor, "int8_overflows", lambda: False)


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[set[str]]:
    """The GPUs of this machine, by what they compute in."""
    seen: list[set[str]] = list(request.param)

    def supported(device: str, index: int = 0) -> set[str]:
        return seen[index] if device == "cuda" else PROCESSOR

    monkeypatch.setattr(ctranslate2, "get_cuda_device_count", lambda: len(seen))
    monkeypatch.setattr(ctranslate2, "get_supported_compute_types", supported)
    return seen


def on_gpus(*indexes: int, compute_type: str = "int8_float16") -> Placement:
    return Placement(device="cuda", indexes=indexes, compute_type=compute_type)


CPU = Placement(device="cpu", indexes=(0,), compute_type="int8")


@pytest.mark.parametrize(
    ("gpus", "expected"),
    [
        ([], CPU),
        ([AMPERE], on_gpus(0)),
        ([AMPERE, AMPERE, AMPERE], on_gpus(0, 1, 2)),
        ([PASCAL, AMPERE, AMPERE], on_gpus(1, 2)),
        ([PASCAL], on_gpus(0, compute_type="int8_float32")),
        ([KEPLER, KEPLER], on_gpus(0, 1, compute_type="float32")),
    ],
    indirect=["gpus"],
)
def test_auto_takes_the_gpus_that_compute_best(gpus: list[set[str]], expected: Placement) -> None:
    assert place("auto") == expected


@pytest.mark.parametrize("gpus", [[], [AMPERE]], indirect=True)
def test_cpu_is_the_cpu(gpus: list[set[str]]) -> None:
    assert place("cpu") == CPU


@pytest.mark.parametrize("gpus", [[]], indirect=True)
def test_a_processor_on_which_int8_overflows_computes_in_float32(
    gpus: list[set[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processor, "int8_overflows", lambda: True)
    assert place("cpu").compute_type == "float32"


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("vendor_id : AuthenticAMD\nflags : fpu avx avx2 fma\n", True),
        ("vendor_id : AuthenticAMD\nflags : fpu avx2 avx512f avx512_vnni\n", False),
        ("vendor_id : GenuineIntel\nflags : fpu avx avx2 fma\n", False),
        ("Features : fp asimd\n", False),
        ("", False),
    ],
)
def test_int8_overflows_on_amd_without_vnni(description: str, expected: bool) -> None:
    assert processor.overflows(description) is expected


@pytest.mark.parametrize("gpus", [[]], indirect=True)
def test_cuda_without_a_gpu_is_refused(gpus: list[set[str]]) -> None:
    with pytest.raises(ModelError, match="FRONTDESK_DEVICE is cuda"):
        place("cuda")


class Loads:
    """Stands in for `ctranslate2.Generator`: a GPU whose libraries are missing, or not."""

    def __init__(self, broken: bool) -> None:
        self.broken = broken
        self.asked: list[dict[str, Any]] = []

    def __call__(self, folder: str, **options: Any) -> Any:
        self.asked.append(options)
        return self

    def forward_batch(self, ids: Any) -> None:
        if self.broken:
            raise RuntimeError("Library libcublas.so.12 is not found or cannot be loaded")


@pytest.mark.parametrize("gpus", [[AMPERE, AMPERE]], indirect=True)
def test_every_gpu_gets_the_model(
    gpus: list[set[str]], tiny_model: ShelvedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = Loads(broken=False)
    monkeypatch.setattr(ctranslate2, "Generator", loads)
    load(tiny_model, "cuda", replicas=4, threads=2)
    (asked,) = loads.asked
    assert asked == {
        "device": "cuda",
        "device_index": [0, 1],
        "compute_type": "int8_float16",
        "inter_threads": 1,
        "intra_threads": 1,
        "max_queued_batches": -1,
    }


@pytest.mark.parametrize("gpus", [[AMPERE]], indirect=True)
def test_auto_falls_back_where_the_gpus_libraries_are_missing(
    gpus: list[set[str]],
    tiny_model: ShelvedModel,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    loads = Loads(broken=True)
    monkeypatch.setattr(ctranslate2, "Generator", loads)
    with caplog.at_level(logging.WARNING):
        load(tiny_model, "auto", replicas=4, threads=2)
    assert [asked["device"] for asked in loads.asked] == ["cuda", "cpu"]
    assert (loads.asked[1]["inter_threads"], loads.asked[1]["intra_threads"]) == (4, 2)
    assert "libcublas" in caplog.text
    with pytest.raises(ModelError, match="libcublas"):
        load(tiny_model, "cuda", replicas=4, threads=2)
