"""A low-rank adapter (LoRA, https://arxiv.org/abs/2106.09685) merged into its base while that is converted.

Read in the format of `peft`: weights in safetensors, rank and scale in JSON. Needs no torch.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load_file

from core.engine.conversion.decoder import family_of
from core.engine.conversion.from_gguf import convert_file
from core.engine.conversion.gguf_file import Floats, GgufFile
from core.engine.manifest import Facts
from core.errors import ModelError

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
LAYERS: Mapping[str, str] = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
"""What GGUF calls the layers that an adapter may change, by what Hugging Face calls them."""
_NAME = re.compile(r"(?:.*\.)?layers\.(\d+)\.(.+)\.lora_([AB])\.weight")


@dataclass(frozen=True, kw_only=True)
class LowRank:
    """What an adapter adds to a matrix: `b` times `a`."""

    a: Floats
    b: Floats

    def rows(self, start: int, count: int) -> Floats:
        return np.asarray(self.b[start : start + count] @ self.a, dtype=np.float32)


class _Config(BaseModel):
    """The part of adapter_config.json that is used here."""

    r: int
    lora_alpha: float
    use_rslora: bool = False
    use_dora: bool = False
    modules_to_save: list[str] | None = None


class AdaptedFile(GgufFile):
    """A GGUF file whose tensors are read with an adapter added.

    Args:
        path: the GGUF file.
        changes: by the tensor's name, rows in the file's order.

    Raises:
        ModelError: the file cannot be read, or the adapter does not fit it.
    """

    def __init__(self, path: Path, changes: Mapping[str, LowRank]) -> None:
        super().__init__(path)
        self._changes = changes
        for name, change in changes.items():
            if self.shape(name) != (len(change.b), change.a.shape[1]):
                raise ModelError(f"The adapter does not belong to {path.name}: {name} has another shape")

    def rows(self, name: str) -> Iterator[Floats]:
        change, start = self._changes.get(name), 0
        for rows in super().rows(name):
            yield rows if change is None else rows + change.rows(start, len(rows))
            start += len(rows)


def convert_adapted(path: Path, adapter: Path, folder: Path) -> Facts:
    """Convert a GGUF file with an adapter merged into it to CTranslate2 int8.

    Args:
        path: the GGUF file of the base.
        adapter: holds adapter_model.safetensors and adapter_config.json.
        folder: exists, and receives the model's files.

    Raises:
        ModelError: one of them cannot be read, or they do not belong together.
    """
    base = GgufFile(path)
    return convert_file(AdaptedFile(path, _changes(base, adapter)), folder)


def _changes(base: GgufFile, adapter: Path) -> dict[str, LowRank]:
    factors: dict[str, dict[str, Floats]] = {}
    for name, values in _weights(adapter).items():
        found = _NAME.fullmatch(name)
        layer = LAYERS.get(found[2]) if found else None
        if found is None or layer is None:
            raise ModelError(f"The adapter changes {name}, which is not supported")
        factors.setdefault(f"blk.{found[1]}.{layer}.weight", {})[found[3]] = values.astype(np.float32)
    if not all(pair.keys() == {"A", "B"} for pair in factors.values()):
        raise ModelError(f"{adapter / WEIGHTS} is damaged: it lacks half of a layer")
    scale = _scale(adapter)
    return {
        name: LowRank(a=pair["A"], b=_in_file_order(base, name, pair["B"] * scale))
        for name, pair in factors.items()
    }


def _weights(adapter: Path) -> dict[str, Any]:
    try:
        return load_file(adapter / WEIGHTS)
    except (OSError, SafetensorError, ValueError) as error:
        raise ModelError(f"{adapter / WEIGHTS} cannot be read: {error}") from None


def _scale(adapter: Path) -> np.float32:
    try:
        config = _Config.model_validate(json.loads((adapter / CONFIG).read_bytes()))
    except (OSError, ValueError, ValidationError) as error:
        raise ModelError(f"{adapter / CONFIG} cannot be read: {error}") from None
    if config.use_dora or config.modules_to_save:
        raise ModelError("Of adapters, only plain LoRA is supported")
    return np.float32(config.lora_alpha / (config.r**0.5 if config.use_rslora else config.r))


def _in_file_order(base: GgufFile, name: str, rows: Floats) -> Floats:
    """GGUF stores Llama's query and key rows with the halves of each head interleaved."""
    heads_of = {"attn_q": "head_count", "attn_k": "head_count_kv"}
    part = name.split(".")[2]
    if part not in heads_of or not family_of(base).rotary_interleave:
        return rows
    arch = base.architecture
    heads = base.integer(f"{arch}.attention.{heads_of[part]}", base.integer(f"{arch}.attention.head_count"))
    halves = rows.reshape(heads, 2, len(rows) // heads // 2, -1)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows.shape))
