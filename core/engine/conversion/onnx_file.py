"""The weights in an ONNX file in int8, as float32 under the names of the layers.

An ONNX file is a message of Protocol Buffers (https://protobuf.dev/programming-guides/encoding). A few of its
fields are needed, so that it is read here: the `onnx` package would be installed for nothing else.
`quantize_dynamic` of ONNX Runtime gives every matrix one scale and one zero point; the exporter of PyTorch
keeps the names of embeddings and biases, and names the products of matrices after their layers.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import ModelError

Floats = npt.NDArray[np.float32]

_VARINT, _EIGHT, _BYTES, _FOUR = 0, 1, 2, 5
"""Wire types."""
_GRAPH = 7
"""Of a model."""
_NODE, _INITIALIZER = 1, 5
"""Of a graph."""
_INPUT, _OUTPUT, _OPERATOR = 1, 2, 4
"""Of a node."""
_SHAPE, _TYPE, _FLOATS, _INTEGERS, _NAME, _RAW = 1, 2, 4, 5, 8, 9
"""Of a tensor."""
_TYPES: Mapping[int, np.dtype[Any]] = {1: np.dtype("<f4"), 2: np.dtype("u1"), 3: np.dtype("i1")}
_UNNAMED = "onnx::"
"""Begins the name of a matrix whose own name the exporter did not keep."""
_QUANTISED, _SCALE, _ZERO = "_quantized", "_scale", "_zero_point"

_Fields = Mapping[int, Sequence[int | memoryview]]


def read_weights(path: Path) -> Mapping[str, Floats]:
    """The weights by the names that PyTorch has for them; a matrix as `torch.nn.Linear` holds it.

    Raises:
        ModelError: the file is damaged, or its matrices are not quantised as described above.
    """
    try:
        graph = _fields(_view(_fields(memoryview(path.read_bytes()))[_GRAPH][0]))
        tensors = dict(_tensor(_fields(_view(each))) for each in graph[_INITIALIZER])
        layers = dict(_layers(_fields(_view(each)) for each in graph[_NODE]))
        weights: dict[str, Floats] = {
            name: each for name, each in tensors.items() if each.dtype == np.float32
        }
        for name in tensors:
            if name.endswith(_QUANTISED):
                plain = name.removesuffix(_QUANTISED)
                weights[plain] = _dequantised(plain, tensors)
        return weights | {layer: weights[name].T for layer, name in layers.items()}
    except (LookupError, ValueError) as error:
        raise ModelError(f"{path.name} is damaged, or no ONNX file in int8: {error}") from error


def _layers(nodes: Iterator[_Fields]) -> Iterator[tuple[str, str]]:
    """The name of each layer's weight, and of the matrix that it is."""
    for node in nodes:
        if _text(node[_OPERATOR][0]) == "MatMulInteger":
            product, matrix = _text(node[_OUTPUT][0]), _text(node[_INPUT][1])
            if matrix.endswith(_QUANTISED):
                name = matrix.removesuffix(_QUANTISED)
                layer = product.strip("/").rpartition("/")[0].replace("/", ".")
                yield f"{layer}.weight" if name.startswith(_UNNAMED) else name, name


def _dequantised(name: str, tensors: Mapping[str, npt.NDArray[Any]]) -> Floats:
    whole = tensors[f"{name}{_QUANTISED}"].astype(np.int16)
    zero = tensors[f"{name}{_ZERO}"].astype(np.int16)
    return np.asarray((whole - zero) * tensors[f"{name}{_SCALE}"].astype(np.float32), np.float32)


def _tensor(fields: _Fields) -> tuple[str, npt.NDArray[Any]]:
    name, shape = _text(fields[_NAME][0]), [int(each) for each in fields.get(_SHAPE, [])]
    kind = _TYPES.get(int(fields[_TYPE][0]))
    if kind is None:
        return name, np.zeros(0, np.int64)  # shapes and indices: no weights
    if _RAW in fields:
        return name, np.frombuffer(_view(fields[_RAW][0]), kind).reshape(shape)
    if _FLOATS in fields:
        return name, np.frombuffer(_view(fields[_FLOATS][0]), kind).reshape(shape)
    values = [number for each in fields.get(_INTEGERS, []) for number in _numbers(each)]
    return name, np.array(values, np.int64).astype(kind).reshape(shape)


def _fields(message: memoryview) -> _Fields:
    """What a message holds, by the number of the field."""
    found: dict[int, list[int | memoryview]] = defaultdict(list)
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        wire = key & 7
        if wire == _VARINT:
            value, at = _varint(message, at)
            found[key >> 3].append(value)
            continue
        size = {_EIGHT: 8, _FOUR: 4}.get(wire, 0)
        if wire == _BYTES:
            size, at = _varint(message, at)
        if (not size and wire != _BYTES) or at + size > len(message):
            raise ValueError("a field does not end")
        found[key >> 3].append(message[at : at + size])
        at += size
    return dict(found)


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number, and where it ends."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _numbers(packed: int | memoryview) -> Iterator[int]:
    if isinstance(packed, int):
        yield packed
        return
    at = 0
    while at < len(packed):
        value, at = _varint(packed, at)
        yield value


def _view(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise ValueError("a field is no message")  # noqa: TRY004 - of the file, not of the program
    return value


def _text(value: int | memoryview) -> str:
    return _view(value).tobytes().decode()
