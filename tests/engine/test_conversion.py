"""Conversions compute what the source computes."""

from dataclasses import replace
from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from core.engine.conversion.from_gguf import convert_gguf
from core.engine.tokens import Vocabulary
from core.errors import ModelError
from tests.engine.tiny import (
    EXACT_INT8,
    LLAMA,
    QWEN2,
    QWEN3,
    TOKENS,
    Floats,
    Tiny,
    Weights,
    make_weights,
    reference_greedy,
    reference_logits,
    write_gguf,
)

PROMPT = [1, 60, 61, 200, 7, 7, 90, 130, 2, 1, 99]

SHAPES = {
    "llama": LLAMA,
    "llama with every head its own": replace(LLAMA, kv_heads=4),
    "llama tied": replace(LLAMA, tied=True),
    "llama with wide heads": replace(LLAMA, head_dim=12),
    "llama 3 rotary factors": replace(LLAMA, rotary_factors=(1.0, 2.5, 7.0, 8.0)),
    "llama with linear rotary scaling": replace(LLAMA, linear_factor=4.0),
    "qwen2": QWEN2,
    "qwen2 tied": replace(QWEN2, tied=True),
    "qwen3": QWEN3,
    "qwen3 untied": replace(QWEN3, tied=False),
}


def converted(weights: Weights, folder: Path, *, quantised: bool = False) -> Path:
    target = folder / "converted"
    target.mkdir()
    convert_gguf(write_gguf(folder / "tiny.gguf", weights, quantised=quantised), target)
    return target


def logits(folder: Path, ids: list[int], compute_type: str = "float32") -> Floats:
    generator = ctranslate2.Generator(str(folder), compute_type=compute_type, intra_threads=1)
    return np.asarray(np.array(generator.forward_batch([ids]))[0], dtype=np.float32)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_every_family_matches_the_float_reference(shape: Tiny, tmp_path: Path) -> None:
    weights = make_weights(shape)
    folder = converted(weights, tmp_path)
    np.testing.assert_allclose(
        logits(folder, PROMPT), reference_logits(weights, PROMPT), atol=2e-4, rtol=1e-4
    )


@pytest.mark.parametrize("shape", [LLAMA, QWEN2, QWEN3], ids=["llama", "qwen2", "qwen3"])
def test_greedy_answers_match_the_float_reference(shape: Tiny, tmp_path: Path) -> None:
    weights = make_weights(shape)
    generator = ctranslate2.Generator(str(converted(weights, tmp_path)), compute_type="float32")
    result = generator.generate_batch(
        [[TOKENS[number] for number in PROMPT]], max_length=12, include_prompt_in_result=False, end_token=[0]
    )
    assert result[0].sequences_ids[0] == reference_greedy(weights, PROMPT, 12)


@pytest.mark.parametrize("shape", [LLAMA, QWEN2, QWEN3], ids=["llama", "qwen2", "qwen3"])
@pytest.mark.parametrize(
    ("compute_type", "tolerance"), [("float32", 0.05), pytest.param("int8", 0.08, marks=EXACT_INT8)]
)
def test_int8_stays_close_where_it_must_round(
    shape: Tiny, compute_type: str, tolerance: float, tmp_path: Path
) -> None:
    """Relative error of the logits: int8 weights cost less than 5 %, int8 activations 3 % more."""
    weights = make_weights(replace(shape, exact=False))
    expected = reference_logits(weights, PROMPT)
    error = np.linalg.norm(logits(converted(weights, tmp_path), PROMPT, compute_type) - expected)
    assert error / np.linalg.norm(expected) < tolerance


def test_quantised_sources_are_read(tmp_path: Path) -> None:
    weights = make_weights(LLAMA)
    got = logits(converted(weights, tmp_path, quantised=True), PROMPT)
    expected = reference_logits(weights, PROMPT)
    assert np.linalg.norm(got - expected) / np.linalg.norm(expected) < 0.03


def test_tied_embeddings_are_stored_once(tmp_path: Path) -> None:
    (tmp_path / "tied").mkdir()
    (tmp_path / "untied").mkdir()
    sizes = {
        name: (converted(make_weights(replace(QWEN3, tied=name == "tied")), tmp_path / name) / "model.bin")
        .stat()
        .st_size
        for name in ("tied", "untied")
    }
    assert sizes["untied"] - sizes["tied"] > len(TOKENS) * QWEN3.width - 200


def test_facts_are_read_from_the_file(tmp_path: Path) -> None:
    facts = convert_gguf(write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA)), tmp_path)
    assert facts.architecture == "llama"
    assert facts.context_length == 4096
    assert facts.end_ids == (2, 0)
    assert (facts.bos, facts.eos) == ("<|im_start|>", "<|im_end|>")
    assert facts.licence == "apache-2.0"
    assert facts.languages == ("en",)
    assert "<|im_start|>" in facts.chat_template, "ChatML, since the file has no template of its own"


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        ({"general.architecture": "mamba"}, "'mamba' is not supported"),
        ({"tokenizer.ggml.pre": "tekken"}, "pre-tokenizer 'tekken'"),
        ({"tokenizer.ggml.model": "llama"}, "tokenizer 'llama'"),
        ({"llama.expert_count": 8}, "mixture of experts"),
        ({"llama.rope.scaling.type": "yarn"}, "'yarn'"),
        ({"llama.rope.dimension_count": 4}, "4 of 8 dimensions"),
        ({"llama.block_count": None}, "llama.block_count"),
        ({"llama.block_count": 3}, "blk.2.attn_norm.weight"),
        ({"llama.block_count": 1}, "blk.1."),
        ({"llama.block_count": "two"}, "llama.block_count is of the wrong type"),
        ({"tokenizer.ggml.tokens": ["a"] * len(TOKENS)}, "a token twice"),
        ({"tokenizer.ggml.tokens": [*TOKENS[:-1], "other"]}, "merge of 'i' and 'n'"),
        ({"tokenizer.ggml.merges": [], "tokenizer.ggml.tokens": TOKENS[:-1]}, "names 264 of 263 tokens"),
    ],
)
def test_what_is_not_supported_is_named(overrides: dict[str, object], complaint: str, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA), overrides=overrides)
    with pytest.raises(ModelError, match=complaint):
        convert_gguf(path, tmp_path)


def test_a_file_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole = write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA)).read_bytes()
    cut = tmp_path / "cut.gguf"
    for length in [0, 3, 4, 8, 23, 24, 40, *range(100, len(whole) - 64, len(whole) // 23)]:
        cut.write_bytes(whole[:length])
        with pytest.raises(ModelError):
            convert_gguf(cut, tmp_path)


def test_a_corrupt_length_is_refused_at_once(tmp_path: Path) -> None:
    whole = bytearray(write_gguf(tmp_path / "tiny.gguf", make_weights(LLAMA)).read_bytes())
    whole[16:24] = (2**62).to_bytes(8, "little")
    (tmp_path / "corrupt.gguf").write_bytes(whole)
    with pytest.raises(ModelError):
        convert_gguf(tmp_path / "corrupt.gguf", tmp_path)


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.gguf").write_bytes(b"\x89PNG" + bytes(200))
    with pytest.raises(ModelError, match="not a GGUF file"):
        convert_gguf(tmp_path / "other.gguf", tmp_path)
    with pytest.raises(ModelError, match="There is no file"):
        convert_gguf(tmp_path / "missing.gguf", tmp_path)


def test_the_rebuilt_tokenizer_merges_and_matches(tmp_path: Path) -> None:
    vocabulary = Vocabulary.load(converted(make_weights(LLAMA), tmp_path))
    ids = vocabulary.encode_prompt("<|im_start|> the<tool_call>in<|im_end|>")
    assert [TOKENS[number] for number in ids] == ["<|im_start|>", "Ġthe", "<tool_call>", "in", "<|im_end|>"]
