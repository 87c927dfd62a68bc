"""Models of the BERT family as CTranslate2 int8 holds them, without torch.

The layout is that of CTranslate2's own `BertLoader`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from ctranslate2.specs import common_spec, transformer_spec
from tokenizers import Tokenizer

from core.engine.tokens import TOKENIZER
from core.errors import ModelError

ACTIVATIONS = {
    "gelu": common_spec.Activation.GELU,
    "gelu_new": common_spec.Activation.GELUTanh,
    "relu": common_spec.Activation.RELU,
}

Floats = npt.NDArray[np.float32]
Read = Callable[[str], Floats]
"""Gives a tensor by the name that Hugging Face has for it, without `bert.` before it.

Raises:
    ModelError: there is none, or it cannot be read.
"""


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the tensors do not say of themselves."""

    layers: int
    heads: int
    activation: str
    """A key of `ACTIVATIONS`."""
    norm_epsilon: float


def write_bert(
    read: Read, shape: Shape, vocabulary: list[str], folder: Path, *, pooled: bool = False
) -> None:
    """Write model.bin, config.json and vocabulary.json into `folder`.

    Args:
        read: gives the tensors.
        shape: of the model.
        vocabulary: the tokens in the order of their ids.
        folder: exists.
        pooled: with the pooling layer over the first token; sentence encoders leave theirs unused.

    Raises:
        ModelError: a tensor is missing or has another size.
    """
    spec = _spec(shape, pooled)
    _Filling(read).fill(spec, pooled)
    spec.register_vocabulary(vocabulary)
    spec.config.unk_token = vocabulary[0]  # texts come as ids, so that none is ever looked up
    spec.config.layer_norm_epsilon = shape.norm_epsilon
    try:
        spec.validate()
    except ValueError as error:
        raise ModelError(str(error)) from error
    spec.optimize("int8")
    spec.save(str(folder))


def read_vocabulary(source: Path, size: int) -> list[str]:
    """The tokens of the tokenizer in a folder, in the order of their ids.

    Args:
        source: the folder.
        size: tokens that the weights have room for; there may be fewer.

    Raises:
        ModelError: it is missing or damaged, or has more tokens than the weights.
    """
    try:
        tokenizer = Tokenizer.from_str((source / TOKENIZER).read_text(encoding="utf-8"))
    except OSError:
        raise ModelError(f"{source} has no {TOKENIZER}") from None
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"{source / TOKENIZER} cannot be used: {error}") from error
    names = {number: token for token, number in tokenizer.get_vocab().items()}
    if max(names, default=0) >= size:
        raise ModelError("The tokenizer does not belong to the weights")
    return [names.get(number, f"<unused_{number}>") for number in range(size)]


def _spec(shape: Shape, pooled: bool) -> Any:
    return transformer_spec.TransformerEncoderModelSpec(
        transformer_spec.TransformerEncoderSpec(
            shape.layers,
            shape.heads,
            pre_norm=False,
            activation=ACTIVATIONS[shape.activation],
            layernorm_embedding=True,
            num_source_embeddings=2,
            embeddings_merge=common_spec.EmbeddingsMerge.ADD,
        ),
        pooling_layer=pooled,
        pooling_activation=common_spec.Activation.Tanh,
    )


class _Filling:
    """Puts tensors where they belong."""

    def __init__(self, read: Read) -> None:
        self._read = read

    def fill(self, spec: Any, pooled: bool) -> None:
        encoder = spec.encoder
        encoder.scale_embeddings = False
        encoder.embeddings[0].weight = self._read("embeddings.word_embeddings.weight")
        encoder.embeddings[1].weight = self._read("embeddings.token_type_embeddings.weight")
        encoder.position_encodings.encodings = self._read("embeddings.position_embeddings.weight")
        self._norm(encoder.layernorm_embedding, "embeddings.LayerNorm")
        for number, layer in enumerate(encoder.layer):
            name = f"encoder.layer.{number}"
            self._linear(
                layer.self_attention.linear[0],
                *(f"{name}.attention.self.{part}" for part in ("query", "key", "value")),
            )
            self._linear(layer.self_attention.linear[1], f"{name}.attention.output.dense")
            self._norm(layer.self_attention.layer_norm, f"{name}.attention.output.LayerNorm")
            self._linear(layer.ffn.linear_0, f"{name}.intermediate.dense")
            self._linear(layer.ffn.linear_1, f"{name}.output.dense")
            self._norm(layer.ffn.layer_norm, f"{name}.output.LayerNorm")
        if pooled:
            self._linear(spec.pooler_dense, "pooler.dense")

    def _linear(self, linear: Any, *names: str) -> None:
        """Put the named layers, one below the other, into one."""
        linear.weight = np.concatenate([self._read(f"{name}.weight") for name in names])
        linear.bias = np.concatenate([self._read(f"{name}.bias") for name in names])

    def _norm(self, norm: Any, name: str) -> None:
        norm.gamma = self._read(f"{name}.weight")
        norm.beta = self._read(f"{name}.bias")
