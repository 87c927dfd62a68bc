"""An adapter is merged as the formula says: W + B A alpha / r, in every family."""

import json
from dataclasses import replace
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
from safetensors.numpy import save_file

from core.engine.conversion.adapter import LAYERS, convert_adapted
from core.errors import ModelError
from tests.engine.tiny import (
    LLAMA,
    QWEN2,
    QWEN3,
    Floats,
    Tiny,
    Weights,
    make_weights,
    reference_logits,
    write_gguf,
)

PROMPT = [1, 60, 61, 200, 7, 7, 90, 130, 2, 1, 99]
RANK, ALPHA = 4, 6.0


def make_adapter(folder: Path, weights: Weights) -> tuple[Path, Weights]:
    """A random adapter for every layer, and the weights with it."""
    random = np.random.default_rng(7)
    merged, saved = dict(weights.values), dict[str, Floats]()
    for layer in range(weights.shape.layers):
        for theirs, ours in LAYERS.items():
            name = f"blk.{layer}.{ours}.weight"
            rows, columns = merged[name].shape
            a = random.normal(0, 0.3, (RANK, columns)).astype(np.float32)
            b = random.normal(0, 0.3, (rows, RANK)).astype(np.float32)
            merged[name] = np.asarray(merged[name] + b @ a * (ALPHA / RANK), dtype=np.float32)
            for part, values in (("A", a), ("B", b)):
                saved[f"base_model.model.model.layers.{layer}.{theirs}.lora_{part}.weight"] = values
    folder.mkdir()
    save_file(saved, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({"r": RANK, "lora_alpha": ALPHA}))
    return folder, Weights(shape=weights.shape, values=merged)


def logits(folder: Path) -> Floats:
    generator = ctranslate2.Generator(str(folder), compute_type="float32", intra_threads=1)
    return np.asarray(np.array(generator.forward_batch([PROMPT]))[0], dtype=np.float32)


@pytest.mark.parametrize("shape", [LLAMA, QWEN2, QWEN3], ids=lambda shape: shape.architecture)
def test_the_merged_model_computes_what_the_formula_says(shape: Tiny, tmp_path: Path) -> None:
    weights = make_weights(replace(shape, exact=False))
    path = write_gguf(tmp_path / "tiny.gguf", weights)
    adapter, merged = make_adapter(tmp_path / "adapter", weights)
    (tmp_path / "merged").mkdir()
    convert_adapted(path, adapter, tmp_path / "merged")
    expected, base = reference_logits(merged, PROMPT), reference_logits(weights, PROMPT)
    got = logits(tmp_path / "merged")
    assert np.linalg.norm(got - expected) / np.linalg.norm(expected) < 0.08, "int8 weights cost so much"
    assert np.linalg.norm(base - expected) / np.linalg.norm(expected) > 0.3


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    adapter, _ = make_adapter(tmp_path / "adapter", make_weights(LLAMA))
    wide = write_gguf(tmp_path / "wide.gguf", make_weights(replace(LLAMA, width=64)))
    with pytest.raises(ModelError, match=r"does not belong to wide\.gguf"):
        convert_adapted(wide, adapter, tmp_path)


@pytest.mark.parametrize(
    ("config", "complaint"),
    [("{", "cannot be read"), ('{"r": 4, "lora_alpha": 8, "use_dora": true}', "only plain LoRA")],
)
def test_an_adapter_that_is_damaged_or_of_another_kind_is_refused(
    config: str, complaint: str, tmp_path: Path
) -> None:
    weights = make_weights(LLAMA)
    path = write_gguf(tmp_path / "tiny.gguf", weights)
    adapter, _ = make_adapter(tmp_path / "adapter", weights)
    (adapter / "adapter_config.json").write_text(config)
    with pytest.raises(ModelError, match=complaint):
        convert_adapted(path, adapter, tmp_path)


def test_a_layer_that_is_not_known_is_named(tmp_path: Path) -> None:
    weights = make_weights(LLAMA)
    path = write_gguf(tmp_path / "tiny.gguf", weights)
    adapter, _ = make_adapter(tmp_path / "adapter", weights)
    name = "base_model.model.model.embed_tokens.lora_A.weight"
    save_file({name: np.zeros((4, 32), np.float32)}, adapter / "adapter_model.safetensors")
    with pytest.raises(ModelError, match="embed_tokens"):
        convert_adapted(path, adapter, tmp_path)
