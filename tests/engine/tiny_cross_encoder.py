"""A tiny random cross-encoder in ONNX int8, as PyTorch exports it and ONNX Runtime quantises it."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from tests.engine.tiny_bert import WIDTH, Floats, TinyBert, make_bert, tokenizer

_RAW_ZERO = 9
"""The field in which a tensor keeps its bytes."""


def make_cross_encoder(seed: int = 0) -> TinyBert:
    """One attention head, a pooling layer and a classifier; every matrix in whole steps of one size."""
    random = np.random.default_rng(seed)
    values = dict(make_bert(seed).values)
    for name, rows in (("pooler.dense", WIDTH), ("classifier", 1)):
        values[f"{name}.weight"] = random.normal(0, 1, (rows, WIDTH)).astype(np.float32)
        values[f"{name}.bias"] = random.normal(0, 0.3, rows).astype(np.float32)
    stepped = {
        name: each if each.ndim == 1 else (np.rint(each / _step(each)) * _step(each)).astype(np.float32)
        for name, each in values.items()
    }
    return TinyBert(values=stepped, heads=1)


def write_cross_encoder(folder: Path, bert: TinyBert) -> Path:
    """Write model.onnx and tokenizer.json into a folder that is made."""
    folder.mkdir(parents=True)
    graph = b"".join(_field(5, each) for each in _initializers(bert.values))
    graph += b"".join(_field(1, each) for each in _products(bert.values))
    (folder / "model.onnx").write_bytes(_number(1, 8) + _field(7, graph))
    tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def _initializers(values: Mapping[str, Floats]) -> Iterator[bytes]:
    yield _tensor("shape", np.array([1, 2], np.int64))
    for name, each in values.items():
        named = name if name.startswith("classifier") else f"bert.{name}"
        if each.ndim == 1:
            yield _tensor(named, each)
            continue
        kept = named if _keeps_its_name(name) else f"onnx::MatMul_{name}"
        whole = np.rint(each / _step(each)).astype(np.int8)
        # The zero point is not at zero, as it need not be.
        yield _tensor(f"{kept}_quantized", (whole if "embeddings" in name else whole.T) + np.int8(1))
        yield _tensor(f"{kept}_scale", np.array(_step(each), np.float32))
        yield _tensor(f"{kept}_zero_point", np.array(1, np.int8), raw=False)


def _products(values: Mapping[str, Floats]) -> Iterator[bytes]:
    yield _field(4, b"Add") + _field(1, b"a") + _field(2, b"b")
    for name, each in values.items():
        if each.ndim == 2 and "embeddings" not in name:
            kept = f"bert.{name}" if name.startswith("pooler") else name
            matrix = kept if _keeps_its_name(name) else f"onnx::MatMul_{name}"
            layer = name.removesuffix(".weight").replace(".", "/").replace("layer/", "layer.")
            product = "logits" if name.startswith("classifier") else f"/bert/{layer}/MatMul_output_0"
            inputs = (b"hidden", f"{matrix}_quantized".encode(), b"zero", b"zero")
            yield (
                b"".join(_field(1, each) for each in inputs)
                + _field(2, f"{product}_q".encode())
                + _field(4, b"MatMulInteger")
            )


def _keeps_its_name(name: str) -> bool:
    return name.startswith(("embeddings", "pooler", "classifier"))


def _step(values: Floats) -> float:
    return float(np.abs(values).max()) / 120


def _tensor(
    name: str, values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]", raw: bool = True
) -> bytes:
    kinds = {"float32": 1, "int8": 3, "int64": 7}
    shape = b"".join(_number(1, size) for size in values.shape)
    held = _field(_RAW_ZERO, values.tobytes()) if raw else _field(5, _varint(int(values)))
    return shape + _number(2, kinds[values.dtype.name]) + _field(8, name.encode()) + held


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _number(number: int, value: int) -> bytes:
    return _varint(number << 3) + _varint(value)


def _varint(value: int) -> bytes:
    digits = []
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*digits, value])
