"""Tiny random models as GGUF files, and what they must compute: an independent float reference in numpy.

The weights are whole multiples of one step per row with the largest at 127 steps, so that int8 holds them
exactly and a conversion has no excuse for a difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt
import pytest

from core.engine.processor import int8_overflows

EXACT_INT8 = pytest.mark.skipif(int8_overflows(), reason="int8 overflows on this processor")

NONE: Mapping[str, object] = {}
Floats = npt.NDArray[np.float32]

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
USER_DEFINED = ("<tool_call>",)
MERGES = ("Ġ t", "h e", "Ġt he", "i n")


def byte_tokens() -> list[str]:
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + number) for number in range(len(others))]


TOKENS = [*SPECIAL, *USER_DEFINED, *byte_tokens(), *(merge.replace(" ", "") for merge in MERGES)]


@dataclass(frozen=True, kw_only=True)
class Tiny:
    """The shape of a tiny model."""

    architecture: str
    layers: int = 2
    width: int = 32
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 8
    hidden: int = 48
    rotary_base: float = 10000.0
    rotary_factors: tuple[float, ...] = ()
    """As Llama 3 has them in `rope_freqs.weight`."""
    linear_factor: float = 1.0
    tied: bool = False
    biases: bool = False
    qk_norm: bool = False
    exact: bool = True
    """Weights that int8 holds exactly."""
    epsilon: float = 1e-5
    context: int = 4096
    pre: str = "smollm"
    seed: int = 0


LLAMA = Tiny(architecture="llama")
QWEN2 = Tiny(architecture="qwen2", rotary_base=1e6, biases=True, epsilon=1e-6, pre="qwen2")
QWEN3 = Tiny(architecture="qwen3", rotary_base=1e6, head_dim=16, qk_norm=True, tied=True, pre="qwen2")


@dataclass(frozen=True, kw_only=True)
class Weights:
    """By GGUF name, as a Hugging Face model would hold them (query and key rows not permuted)."""

    shape: Tiny
    values: dict[str, Floats] = field(default_factory=dict)


def make_weights(shape: Tiny) -> Weights:
    random = np.random.default_rng(shape.seed)
    made = Weights(shape=shape)

    def matrix(name: str, rows: int, columns: int) -> None:
        made.values[f"{name}.weight"] = _matrix(random, rows, columns, exact=shape.exact)

    def vector(name: str, size: int, centre: float) -> None:
        made.values[name] = (centre + random.normal(0, 0.3, size)).astype(np.float32)

    matrix("token_embd", len(TOKENS), shape.width)
    if not shape.tied:
        matrix("output", len(TOKENS), shape.width)
        # Special tokens never win, so that only limits and stop strings end an answer.
        made.values["output.weight"][: len(SPECIAL)] = 0
    vector("output_norm.weight", shape.width, 1)
    for layer in range(shape.layers):
        block = f"blk.{layer}"
        queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
        for name, rows, columns in (
            ("attn_q", queries, shape.width),
            ("attn_k", keys, shape.width),
            ("attn_v", keys, shape.width),
            ("attn_output", shape.width, queries),
            ("ffn_gate", shape.hidden, shape.width),
            ("ffn_up", shape.hidden, shape.width),
            ("ffn_down", shape.width, shape.hidden),
        ):
            matrix(f"{block}.{name}", rows, columns)
        vector(f"{block}.attn_norm.weight", shape.width, 1)
        vector(f"{block}.ffn_norm.weight", shape.width, 1)
        if shape.biases:
            vector(f"{block}.attn_q.bias", queries, 0)
            vector(f"{block}.attn_k.bias", keys, 0)
            vector(f"{block}.attn_v.bias", keys, 0)
        if shape.qk_norm:
            vector(f"{block}.attn_q_norm.weight", shape.head_dim, 1)
            vector(f"{block}.attn_k_norm.weight", shape.head_dim, 1)
    return made


def _matrix(random: np.random.Generator, rows: int, columns: int, *, exact: bool) -> Floats:
    scale = 1.5 / np.sqrt(columns)
    if not exact:
        return np.asarray(random.normal(0, scale, (rows, columns)), dtype=np.float32)
    steps = random.integers(-127, 128, (rows, columns))
    steps[:, 0] = 127
    return np.asarray(steps * (scale / 64) * random.uniform(0.5, 1, (rows, 1)), dtype=np.float32)


def write_gguf(
    path: Path, weights: Weights, *, quantised: bool = False, overrides: Mapping[str, object] = NONE
) -> Path:
    """Write the model as llama.cpp's converter would.

    Args:
        path: the file to write.
        weights: what to write.
        quantised: matrices whose rows allow it as Q8_0.
        overrides: metadata to write instead, by key; None leaves it out.
    """
    shape = weights.shape
    writer = gguf.GGUFWriter(path, str(overrides.get("general.architecture", shape.architecture)))
    for key, value in {**_metadata(shape), **overrides}.items():
        _add(writer, key, value)
    for name, values in weights.values.items():
        _add_tensor(writer, name, _permuted(name, values, shape), quantised=quantised)
    if shape.rotary_factors:
        writer.add_tensor("rope_freqs.weight", np.array(shape.rotary_factors, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _metadata(shape: Tiny) -> dict[str, object]:
    arch = shape.architecture
    kinds = [3] * len(SPECIAL) + [4] * len(USER_DEFINED) + [1] * (len(TOKENS) - len(SPECIAL + USER_DEFINED))
    values: dict[str, object] = {
        f"{arch}.block_count": shape.layers,
        f"{arch}.context_length": shape.context,
        f"{arch}.embedding_length": shape.width,
        f"{arch}.feed_forward_length": shape.hidden,
        f"{arch}.attention.head_count": shape.heads,
        f"{arch}.attention.head_count_kv": shape.kv_heads,
        f"{arch}.attention.key_length": shape.head_dim,
        f"{arch}.attention.layer_norm_rms_epsilon": shape.epsilon,
        f"{arch}.rope.freq_base": shape.rotary_base,
        "general.license": "apache-2.0",
        "general.languages": ["en"],
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": shape.pre,
        "tokenizer.ggml.tokens": TOKENS,
        "tokenizer.ggml.token_type": kinds,
        "tokenizer.ggml.merges": list(MERGES),
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.bos_token_id": 1,
    }
    if shape.linear_factor != 1:
        values |= {f"{arch}.rope.scaling.type": "linear", f"{arch}.rope.scaling.factor": shape.linear_factor}
    return values


def _add(writer: gguf.GGUFWriter, key: str, value: object) -> None:
    match value:
        case str():
            if key != "general.architecture":
                writer.add_string(key, value)
        case int():
            writer.add_uint32(key, value)
        case float():
            writer.add_float32(key, value)
        case list():
            writer.add_array(key, value)


def _add_tensor(writer: gguf.GGUFWriter, name: str, values: Floats, *, quantised: bool) -> None:
    if quantised and values.ndim == 2 and values.shape[1] % 32 == 0:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quantize(values, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, values)


def _permuted(name: str, values: Floats, shape: Tiny) -> Floats:
    """Llama's query and key rows in the order of llama.cpp: halves of a head interleaved."""
    if shape.architecture != "llama" or not name.endswith(("attn_q.weight", "attn_k.weight")):
        return values
    heads = shape.heads if "attn_q" in name else shape.kv_heads
    rows, columns = values.shape
    halves = values.reshape(heads, 2, rows // heads // 2, columns)
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(rows, columns))


def reference_logits(weights: Weights, ids: list[int]) -> Floats:
    """What the model must compute for every position, after the papers' formulas, in float32."""
    shape = weights.shape
    hidden = weights.values["token_embd.weight"][ids]
    for layer in range(shape.layers):
        hidden = hidden + _attention(weights, f"blk.{layer}", hidden)
        hidden = hidden + _feed_forward(weights, f"blk.{layer}", hidden)
    hidden = _rms_norm(hidden, weights.values["output_norm.weight"], shape.epsilon)
    projection = weights.values["token_embd.weight" if shape.tied else "output.weight"]
    return np.asarray(hidden @ projection.T, dtype=np.float32)


def reference_greedy(weights: Weights, ids: list[int], count: int) -> list[int]:
    answer: list[int] = []
    for _ in range(count):
        answer.append(int(reference_logits(weights, ids + answer)[-1].argmax()))
    return answer


def _attention(weights: Weights, block: str, hidden: Floats) -> Floats:
    shape, values = weights.shape, weights.values
    normed = _rms_norm(hidden, values[f"{block}.attn_norm.weight"], shape.epsilon)
    q, k, v = (
        _heads(weights, f"{block}.attn_{part}", normed, heads)
        for part, heads in (("q", shape.heads), ("k", shape.kv_heads), ("v", shape.kv_heads))
    )
    if shape.qk_norm:
        q = _rms_norm(q, values[f"{block}.attn_q_norm.weight"], shape.epsilon)
        k = _rms_norm(k, values[f"{block}.attn_k_norm.weight"], shape.epsilon)
    q, k = _rotated(q, shape), _rotated(k, shape)
    k, v = (np.repeat(each, shape.heads // shape.kv_heads, axis=0) for each in (k, v))
    scores = q @ k.swapaxes(1, 2) / np.sqrt(shape.head_dim)
    scores = np.where(np.tri(len(hidden), dtype=bool), scores, -np.inf)
    chances = np.exp(scores - scores.max(axis=-1, keepdims=True))
    mixed = (chances / chances.sum(axis=-1, keepdims=True)) @ v
    joined = mixed.swapaxes(0, 1).reshape(len(hidden), -1)
    return np.asarray(joined @ values[f"{block}.attn_output.weight"].T, dtype=np.float32)


def _heads(weights: Weights, name: str, normed: Floats, heads: int) -> Floats:
    projected = normed @ weights.values[f"{name}.weight"].T + weights.values.get(f"{name}.bias", 0)
    return np.asarray(projected.reshape(len(normed), heads, -1).swapaxes(0, 1), dtype=np.float32)


def _rotated(x: Floats, shape: Tiny) -> Floats:
    """RoPE on the halves of a head, https://arxiv.org/abs/2104.09864."""
    half = shape.head_dim // 2
    frequencies = shape.rotary_base ** (-np.arange(half) / half)
    if shape.rotary_factors:
        frequencies = frequencies / np.array(shape.rotary_factors)
    angles = np.outer(np.arange(x.shape[1]) / shape.linear_factor, frequencies)
    left, right = x[..., :half], x[..., half:]
    turned = [left * np.cos(angles) - right * np.sin(angles), right * np.cos(angles) + left * np.sin(angles)]
    return np.concatenate(turned, axis=-1).astype(np.float32)


def _feed_forward(weights: Weights, block: str, hidden: Floats) -> Floats:
    values = weights.values
    normed = _rms_norm(hidden, values[f"{block}.ffn_norm.weight"], weights.shape.epsilon)
    gate = normed @ values[f"{block}.ffn_gate.weight"].T
    gated = gate / (1 + np.exp(-gate)) * (normed @ values[f"{block}.ffn_up.weight"].T)
    return np.asarray(gated @ values[f"{block}.ffn_down.weight"].T, dtype=np.float32)


def _rms_norm(x: Floats, gamma: Floats, epsilon: float) -> Floats:
    return np.asarray(x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + epsilon) * gamma, dtype=np.float32)
