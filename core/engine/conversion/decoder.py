"""The weights of a GGUF decoder as a CTranslate2 int8 model, without torch.

Weights are quantised as they are read, a few thousand rows at a time, so that memory holds the int8 model and
little more. The formula is CTranslate2's own (`ModelSpec._quantize`): one scale per row, 127 / max|w|.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2.specs import attention_spec, common_spec, transformer_spec

from core.engine.conversion.gguf_file import Floats, GgufFile
from core.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class Family:
    """What tells one GGUF architecture from another."""

    rotary_interleave: bool
    """GGUF stores Llama's query and key rows permuted for interleaved rotary embeddings."""
    qk_norm: bool = False


FAMILIES = {
    "llama": Family(rotary_interleave=True),
    "qwen2": Family(rotary_interleave=False),
    "qwen3": Family(rotary_interleave=False, qk_norm=True),
}

INT8_FLOOR = np.float32(127) / np.finfo(np.float32).max
"""Smallest row maximum whose scale float32 can hold."""


def family_of(file: GgufFile) -> Family:
    """The family of `file`'s architecture.

    Raises:
        ModelError: it is not supported; names the architecture.
    """
    family = FAMILIES.get(file.architecture)
    if family is None:
        raise ModelError(
            f"The architecture '{file.architecture}' is not supported. Supported: {', '.join(FAMILIES)}."
        )
    if file.integer(f"{file.architecture}.expert_count", 0):
        raise ModelError(f"'{file.architecture}' with a mixture of experts is not supported")
    return family


def write_decoder(file: GgufFile, tokens: list[str], eos: str, unknown: str, folder: Path) -> None:
    """Write model.bin, config.json and vocabulary.json into `folder`.

    Args:
        file: its architecture decides the layout.
        tokens: the vocabulary, in the order of ids.
        eos: the token that ends an answer.
        unknown: the token CTranslate2 takes for strings outside the vocabulary.
        folder: exists.

    Raises:
        ModelError: unsupported architecture, missing or unexpected tensors.
    """
    family = family_of(file)
    spec = _spec(file, family)
    _fill(spec, file, family)
    if file.unread:
        raise ModelError(f"'{file.architecture}' with tensor {file.unread[0]} is not supported")
    spec.register_vocabulary(tokens)
    spec.config.bos_token = spec.config.eos_token = eos
    spec.config.unk_token = unknown
    spec.config.layer_norm_epsilon = file.number(f"{file.architecture}.attention.layer_norm_rms_epsilon")
    try:
        spec.validate()
    except ValueError as error:
        raise ModelError(str(error)) from error
    spec.optimize()
    spec.save(str(folder))


def _spec(file: GgufFile, family: Family) -> Any:
    arch = file.architecture
    heads = file.integer(f"{arch}.attention.head_count")
    kv_heads = file.integer(f"{arch}.attention.head_count_kv", heads)
    return transformer_spec.TransformerDecoderModelSpec.from_config(
        file.integer(f"{arch}.block_count"),
        heads,
        activation=common_spec.Activation.SWISH,
        pre_norm=True,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=_rotary_dim(file, heads),
        rotary_interleave=family.rotary_interleave,
        rotary_base=file.number(f"{arch}.rope.freq_base", 10000.0),
        num_heads_kv=None if kv_heads == heads else kv_heads,
        head_dim=_head_dim(file, heads),
        qk_norm=family.qk_norm,
        **_rotary_scaling(file),
    )


def _head_dim(file: GgufFile, heads: int) -> int:
    arch = file.architecture
    return file.integer(f"{arch}.attention.key_length", file.integer(f"{arch}.embedding_length") // heads)


def _rotary_dim(file: GgufFile, heads: int) -> int:
    head_dim = _head_dim(file, heads)
    rotary_dim = file.integer(f"{file.architecture}.rope.dimension_count", head_dim)
    if rotary_dim != head_dim:
        raise ModelError(f"Rotary embeddings over {rotary_dim} of {head_dim} dimensions are not supported")
    return rotary_dim


def _rotary_scaling(file: GgufFile) -> dict[str, Any]:
    arch = file.architecture
    if file.has_tensor("rope_freqs.weight"):
        context = file.integer(f"{arch}.context_length")
        return {
            "rotary_scaling_type": attention_spec.RotaryScalingType.Su,
            "original_max_position_embeddings": context,
            "max_position_embeddings": context,
        }
    kind = file.text(f"{arch}.rope.scaling.type", "none")
    if kind == "linear":
        factor = file.number(f"{arch}.rope.scaling.factor")
        return {
            "rotary_scaling_type": attention_spec.RotaryScalingType.Linear,
            "rotary_scaling_factor": factor,
        }
    if kind != "none":
        raise ModelError(f"Rotary scaling of the type '{kind}' is not supported")
    return {}


def _fill(spec: Any, file: GgufFile, family: Family) -> None:
    decoder = spec.decoder
    decoder.scale_embeddings = False
    _set_linear(decoder.embeddings, file, "token_embd")
    decoder.layer_norm.gamma = file.read("output_norm.weight")
    if file.has_tensor("output.weight"):
        _set_linear(decoder.projection, file, "output")
    else:
        decoder.projection.weight = decoder.embeddings.weight
        decoder.projection.weight_scale = decoder.embeddings.weight_scale
    frequencies = file.read("rope_freqs.weight") if file.has_tensor("rope_freqs.weight") else None
    for number, layer in enumerate(decoder.layer):
        _fill_attention(layer.self_attention, file, f"blk.{number}", family)
        _fill_feed_forward(layer.ffn, file, f"blk.{number}")
        if frequencies is not None:
            layer.self_attention.rotary_scaling_long_factor = frequencies
            layer.self_attention.rotary_scaling_short_factor = frequencies


def _fill_attention(attention: Any, file: GgufFile, block: str, family: Family) -> None:
    attention.layer_norm.gamma = file.read(f"{block}.attn_norm.weight")
    if family.qk_norm:
        attention.q_norm.gamma = file.read(f"{block}.attn_q_norm.weight")
        attention.k_norm.gamma = file.read(f"{block}.attn_k_norm.weight")
    _set_linear(attention.linear[0], file, *(f"{block}.attn_{part}" for part in "qkv"))
    _set_linear(attention.linear[1], file, f"{block}.attn_output")


def _fill_feed_forward(ffn: Any, file: GgufFile, block: str) -> None:
    ffn.layer_norm.gamma = file.read(f"{block}.ffn_norm.weight")
    _set_linear(ffn.linear_0, file, f"{block}.ffn_gate")
    _set_linear(ffn.linear_0_noact, file, f"{block}.ffn_up")
    _set_linear(ffn.linear_1, file, f"{block}.ffn_down")


def _set_linear(linear: Any, file: GgufFile, *names: str) -> None:
    """Put the named layers, one below the other, into one."""
    pieces = [_int8(rows) for name in names for rows in file.rows(f"{name}.weight")]
    linear.weight = np.concatenate([weight for weight, _ in pieces])
    linear.weight_scale = np.concatenate([scale for _, scale in pieces])
    if any(file.has_tensor(f"{name}.bias") for name in names):
        linear.bias = np.concatenate([_bias(file, name) for name in names])


def _int8(rows: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    largest = np.abs(rows).max(axis=1)
    largest[largest == 0] = 127
    scale = np.float32(127) / np.maximum(largest, INT8_FLOOR)
    return np.rint(rows * scale[:, None]).astype(np.int8), scale


def _bias(file: GgufFile, name: str) -> Floats:
    if file.has_tensor(f"{name}.bias"):
        return file.read(f"{name}.bias")
    return np.zeros(file.shape(f"{name}.weight")[0], dtype=np.float32)
