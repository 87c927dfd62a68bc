"""Reading GGUF with errors a person can act on.

Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, TypeVar

import gguf
import numpy as np
import numpy.typing as npt

from core.errors import ModelError

ROWS_AT_ONCE = 4096
"""Rows de-quantised together: a row of the largest models has some 20,000 columns, so 330 MB at most."""

T = TypeVar("T")
Floats = npt.NDArray[np.float32]


class _BoundedReader(gguf.GGUFReader):
    """The library's reader, stopping at the file's end: a corrupt length would keep it busy for hours."""

    def _get(
        self,
        offset: int,
        dtype: npt.DTypeLike,
        count: int = 1,
        override_order: Literal["I", "S", "<"] | None = None,
    ) -> npt.NDArray[Any]:
        if offset + np.dtype(dtype).itemsize * int(count) > len(self.data):
            raise EOFError
        return super()._get(offset, dtype, count, override_order)


class GgufFile:
    """The metadata and tensors of one GGUF file.

    Raises:
        ModelError: the file is missing, cut off or not GGUF.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader = _open(path)
        self._tensors = {tensor.name: tensor for tensor in self._reader.tensors}
        self._unread = set(self._tensors)

    @property
    def name(self) -> str:
        return self._path.name

    @property
    def architecture(self) -> str:
        return self.text("general.architecture")

    @property
    def unread(self) -> list[str]:
        """Tensors nobody asked for yet."""
        return sorted(self._unread)

    def text(self, key: str, default: str | None = None) -> str:
        return self._value(key, str, default)

    def integer(self, key: str, default: int | None = None) -> int:
        return self._value(key, int, default)

    def number(self, key: str, default: float | None = None) -> float:
        return float(self._value(key, (float, int), default))

    def texts(self, key: str) -> list[str]:
        values: list[object] = self._value(key, list, None)
        return [self._as(key, value, str) for value in values]

    def integers(self, key: str) -> list[int]:
        values: list[object] = self._value(key, list, None)
        return [self._as(key, value, int) for value in values]

    def has(self, key: str) -> bool:
        return key in self._reader.fields

    def has_tensor(self, name: str) -> bool:
        return name in self._tensors

    def shape(self, name: str) -> tuple[int, ...]:
        """Rows first, as numpy counts."""
        return tuple(int(size) for size in reversed(self._tensor(name).shape))

    def read(self, name: str) -> Floats:
        """The whole tensor as float32."""
        return np.concatenate(list(self.rows(name)))

    def rows(self, name: str) -> Iterator[Floats]:
        """The tensor as float32, some rows at a time."""
        tensor = self._tensor(name)
        self._unread.discard(name)
        for start in range(0, len(tensor.data), ROWS_AT_ONCE):
            yield self._dequantised(name, tensor.data[start : start + ROWS_AT_ONCE], tensor.tensor_type)

    def _dequantised(self, name: str, data: npt.NDArray[Any], kind: gguf.GGMLQuantizationType) -> Floats:
        try:
            values = gguf.dequantize(data, kind)
        except NotImplementedError:
            raise ModelError(
                f"{self._path.name}: tensor {name} is quantised as {kind.name}, which cannot be read"
            ) from None
        return np.asarray(values, dtype=np.float32)

    def _tensor(self, name: str) -> gguf.gguf_reader.ReaderTensor:
        try:
            return self._tensors[name]
        except KeyError:
            raise ModelError(f"{self._path.name} has no tensor {name}") from None

    def _value(self, key: str, kind: type[T] | tuple[type[T], ...], default: T | None) -> T:
        field = self._reader.fields.get(key)
        if field is not None:
            return self._as(key, field.contents(), kind)
        if default is None:
            raise ModelError(f"{self._path.name} does not say its {key}")
        return default

    def _as(self, key: str, value: object, kind: type[T] | tuple[type[T], ...]) -> T:
        if not isinstance(value, kind):
            raise ModelError(f"{self._path.name}: {key} is of the wrong type")
        return value


def _open(path: Path) -> _BoundedReader:
    try:
        return _BoundedReader(path)
    except FileNotFoundError:
        raise ModelError(f"There is no file {path}") from None
    except EOFError:
        raise ModelError(f"{path.name} is cut off: fetch it again") from None
    except (ValueError, KeyError, IndexError, TypeError, OverflowError, struct.error) as error:
        raise ModelError(f"{path.name} is not a GGUF file that can be read: {error}") from error
