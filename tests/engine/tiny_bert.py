"""A tiny random sentence encoder as sentence-transformers writes it, and what it must compute, in numpy.

The weights are whole multiples of one step per row with the largest at 127 steps, so that int8 holds them
exactly.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

Floats = npt.NDArray[np.float32]
NONE: Mapping[str, object] = {}

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "how",
    "long",
    "may",
    "i",
    "stay",
    "at",
    "home",
    "?",
    "leave",
    "##s",
]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
TOKENS = [
    *WORDS,
    *(letter for letter in LETTERS if letter not in WORDS),
    *(f"##{each}" for each in LETTERS[:18]),
]
LAYERS, WIDTH, HEADS, HIDDEN, EPSILON = 2, 32, 4, 64, 1e-12
LONGEST = 24
"""Tokens of a text that count."""


@dataclass(frozen=True, kw_only=True)
class TinyBert:
    """By the names of Hugging Face."""

    values: dict[str, Floats] = field(default_factory=dict)
    heads: int = HEADS

    def vector(self, ids: list[int]) -> Floats:
        """What it must compute for a text."""
        mean = self.hidden(ids, [0] * len(ids)).mean(axis=0)
        return np.asarray(mean / np.linalg.norm(mean), dtype=np.float32)

    def score(self, ids: list[int], types: list[int]) -> float:
        """What it must compute for two texts, where it has a pooling layer and a classifier."""
        pooled = np.tanh(self._linear(self.hidden(ids, types)[:1], "pooler.dense"))
        return float(self._linear(pooled, "classifier")[0, 0])

    def hidden(self, ids: list[int], types: list[int]) -> Floats:
        """Of every token, after the formulas of BERT (https://arxiv.org/abs/1810.04805)."""
        values = self.values
        hidden = values["embeddings.word_embeddings.weight"][ids]
        hidden = hidden + values["embeddings.token_type_embeddings.weight"][types]
        hidden = hidden + values["embeddings.position_embeddings.weight"][: len(ids)]
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        for number in range(LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{number}")
        return hidden

    def _layer(self, hidden: Floats, name: str) -> Floats:
        q, k, v = (
            self._linear(hidden, f"{name}.attention.self.{part}")
            .reshape(len(hidden), self.heads, -1)
            .swapaxes(0, 1)
            for part in ("query", "key", "value")
        )
        scores = q @ k.swapaxes(1, 2) / np.sqrt(WIDTH / self.heads)
        chances = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (chances / chances.sum(axis=-1, keepdims=True)) @ v
        joined = mixed.swapaxes(0, 1).reshape(len(hidden), WIDTH)
        attended = self._linear(joined, f"{name}.attention.output.dense")
        hidden = self._norm(hidden + attended, f"{name}.attention.output.LayerNorm")
        inner = self._linear(hidden, f"{name}.intermediate.dense")
        active = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
        return self._norm(hidden + self._linear(active, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def _linear(self, x: Floats, name: str) -> Floats:
        return np.asarray(x @ self.values[f"{name}.weight"].T + self.values[f"{name}.bias"], dtype=np.float32)

    def _norm(self, x: Floats, name: str) -> Floats:
        spread = np.sqrt(x.var(axis=-1, keepdims=True) + EPSILON)
        normed = (x - x.mean(axis=-1, keepdims=True)) / spread
        return np.asarray(
            normed * self.values[f"{name}.weight"] + self.values[f"{name}.bias"], dtype=np.float32
        )


def make_bert(seed: int = 0) -> TinyBert:
    random = np.random.default_rng(seed)
    made = TinyBert()

    def matrix(name: str, rows: int, columns: int) -> None:
        steps = random.integers(-127, 128, (rows, columns))
        steps[:, 0] = 127
        scale = 1.5 / np.sqrt(columns) / 64
        made.values[name] = np.asarray(steps * scale * random.uniform(0.5, 1, (rows, 1)), dtype=np.float32)

    def vector(name: str, size: int, centre: float) -> None:
        made.values[name] = (centre + random.normal(0, 0.3, size)).astype(np.float32)

    matrix("embeddings.word_embeddings.weight", len(TOKENS), WIDTH)
    matrix("embeddings.token_type_embeddings.weight", 2, WIDTH)
    matrix("embeddings.position_embeddings.weight", LONGEST + 8, WIDTH)
    norms = ["embeddings.LayerNorm"]
    for number in range(LAYERS):
        name = f"encoder.layer.{number}"
        for part, rows, columns in (
            ("attention.self.query", WIDTH, WIDTH),
            ("attention.self.key", WIDTH, WIDTH),
            ("attention.self.value", WIDTH, WIDTH),
            ("attention.output.dense", WIDTH, WIDTH),
            ("intermediate.dense", HIDDEN, WIDTH),
            ("output.dense", WIDTH, HIDDEN),
        ):
            matrix(f"{name}.{part}.weight", rows, columns)
            vector(f"{name}.{part}.bias", rows, 0)
        norms += [f"{name}.attention.output.LayerNorm", f"{name}.output.LayerNorm"]
    for name in norms:
        vector(f"{name}.weight", WIDTH, 1)
        vector(f"{name}.bias", WIDTH, 0)
    return made


def write_bert(
    folder: Path, bert: TinyBert, *, config: Mapping[str, object] = NONE, pooling: Mapping[str, object] = NONE
) -> Path:
    """Write the model's folder.

    Args:
        folder: is made.
        bert: what to write.
        config: values of config.json to write instead; None leaves one out.
        pooling: the same of 1_Pooling/config.json.
    """
    (folder / "1_Pooling").mkdir(parents=True)
    save_file(bert.values, folder / "model.safetensors")
    described: dict[str, object] = {
        "model_type": "bert",
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "hidden_act": "gelu",
        "layer_norm_eps": EPSILON,
        "max_position_embeddings": LONGEST + 8,
        "vocab_size": len(TOKENS),
    }
    _write(folder / "config.json", described | dict(config))
    _write(folder / "1_Pooling" / "config.json", {"pooling_mode_mean_tokens": True} | dict(pooling))
    _write(folder / "sentence_bert_config.json", {"max_seq_length": LONGEST})
    tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def tokenizer() -> Tokenizer:
    """WordPiece, as BERT's own; filled up to a length, as some are written."""
    made = Tokenizer(models.WordPiece({token: at for at, token in enumerate(TOKENS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.enable_padding(length=LONGEST)
    return made


def _write(path: Path, values: Mapping[str, object]) -> None:
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))
