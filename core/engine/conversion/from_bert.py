"""Sentence encoders of the BERT family, from a Hugging Face folder to CTranslate2 int8, without torch.

The layout is that of CTranslate2's own `BertLoader`, without the pooling layer, which sentence encoders leave
unused.
"""

import shutil
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from ctranslate2.specs import common_spec, transformer_spec
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open
from tokenizers import Tokenizer

from core.engine.manifest import Facts, Kind
from core.engine.tokens import TOKENIZER
from core.errors import ModelError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
LENGTH = "sentence_bert_config.json"
POOLING = "1_Pooling/config.json"
ACTIVATIONS = {
    "gelu": common_spec.Activation.GELU,
    "gelu_new": common_spec.Activation.GELUTanh,
    "relu": common_spec.Activation.RELU,
}

Floats = npt.NDArray[np.float32]


class _Described(BaseModel):
    """The part of config.json that is used here."""

    model_type: str
    num_hidden_layers: int
    num_attention_heads: int
    hidden_act: str
    layer_norm_eps: float
    max_position_embeddings: int
    vocab_size: int
    position_embedding_type: str = "absolute"


class _Length(BaseModel):
    max_seq_length: int | None = None


class _Pooling(BaseModel):
    pooling_mode_mean_tokens: bool
    pooling_mode_cls_token: bool = False
    pooling_mode_max_tokens: bool = False
    pooling_mode_mean_sqrt_len_tokens: bool = False


def is_sentence_encoder(source: Path) -> bool:
    """Whether the folder says that its model makes vectors of texts, as sentence-transformers writes it."""
    return (source / POOLING).is_file()


def convert_bert(source: Path, folder: Path) -> Facts:
    """Convert a sentence encoder of the BERT family with mean pooling.

    Args:
        source: holds config.json, model.safetensors, tokenizer.json and what sentence-transformers adds.
        folder: exists, and receives the model's files.

    Raises:
        ModelError: something is missing, or the model is of another family or pools otherwise; says which.
    """
    described = _read(_Described, source, CONFIG)
    _check(source, described)
    _Converter(_Tensors(source / WEIGHTS), described).write(_vocabulary(source, described), folder)
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    longest = described.max_position_embeddings
    if (source / LENGTH).is_file():
        longest = min(longest, _read(_Length, source, LENGTH).max_seq_length or longest)
    return Facts(
        kind=Kind.ENCODER,
        architecture=described.model_type,
        context_length=longest,
        quantisation="int8",
        chat_template="",
        end_ids=(),
    )


def _check(source: Path, described: _Described) -> None:
    if described.model_type != "bert" or described.position_embedding_type != "absolute":
        raise ModelError(
            f"Sentence encoders of the architecture '{described.model_type}' with "
            f"{described.position_embedding_type} positions are not supported; 'bert' with absolute ones is"
        )
    if described.hidden_act not in ACTIVATIONS:
        raise ModelError(f"The activation '{described.hidden_act}' is not supported")
    pooling = _read(_Pooling, source, POOLING)
    if pooling != _Pooling(pooling_mode_mean_tokens=True):
        raise ModelError(f"{source.name} does not pool by the mean of all tokens, which alone is supported")


_Shape = TypeVar("_Shape", bound=BaseModel)


def _read(shape: type[_Shape], source: Path, name: str) -> _Shape:
    try:
        return shape.model_validate_json((source / name).read_bytes())
    except OSError:
        raise ModelError(f"{source} has no {name}") from None
    except ValidationError as error:
        fault = error.errors()[0]
        raise ModelError(f"{source / name}: {'.'.join(map(str, fault['loc']))}: {fault['msg']}") from error


def _vocabulary(source: Path, described: _Described) -> list[str]:
    """The tokens in the order of their ids; the weights may have room for more."""
    try:
        tokenizer = Tokenizer.from_str((source / TOKENIZER).read_text(encoding="utf-8"))
    except OSError:
        raise ModelError(f"{source} has no {TOKENIZER}") from None
    except Exception as error:  # the library raises nothing narrower
        raise ModelError(f"{source / TOKENIZER} cannot be used: {error}") from error
    names = {number: token for token, number in tokenizer.get_vocab().items()}
    if max(names, default=0) >= described.vocab_size:
        raise ModelError("The tokenizer does not belong to the weights")
    return [names.get(number, f"<unused_{number}>") for number in range(described.vocab_size)]


class _Tensors:
    """The tensors of a safetensors file."""

    def __init__(self, path: Path) -> None:
        self._name = path.name
        if not path.is_file():
            raise ModelError(f"{path.parent} has no {path.name}")
        try:
            file: Any = safe_open(path, framework="numpy")
        except (SafetensorError, OSError) as error:
            raise ModelError(f"{path.name} is damaged: fetch it again ({error})") from error
        self._file, self._names = file, set(file.keys())

    def read(self, name: str) -> Floats:
        """As float32; some files put `bert.` before every name."""
        found = name if name in self._names else f"bert.{name}"
        if found not in self._names:
            raise ModelError(f"{self._name} has no tensor {name}")
        try:
            return np.ascontiguousarray(self._file.get_tensor(found), dtype=np.float32)
        except (SafetensorError, TypeError, ValueError) as error:
            raise ModelError(f"{self._name}: the tensor {found} cannot be read: {error}") from error


class _Converter:
    def __init__(self, tensors: _Tensors, described: _Described) -> None:
        self._tensors = tensors
        self._described = described

    def write(self, vocabulary: list[str], folder: Path) -> None:
        """Write model.bin, config.json and vocabulary.json into `folder`."""
        spec = self._spec()
        self._fill(spec.encoder)
        spec.register_vocabulary(vocabulary)
        spec.config.unk_token = vocabulary[0]  # texts come as ids, so that none is ever looked up
        spec.config.layer_norm_epsilon = self._described.layer_norm_eps
        try:
            spec.validate()
        except ValueError as error:
            raise ModelError(str(error)) from error
        spec.optimize("int8")
        spec.save(str(folder))

    def _spec(self) -> Any:
        return transformer_spec.TransformerEncoderModelSpec(
            transformer_spec.TransformerEncoderSpec(
                self._described.num_hidden_layers,
                self._described.num_attention_heads,
                pre_norm=False,
                activation=ACTIVATIONS[self._described.hidden_act],
                layernorm_embedding=True,
                num_source_embeddings=2,
                embeddings_merge=common_spec.EmbeddingsMerge.ADD,
            )
        )

    def _fill(self, encoder: Any) -> None:
        encoder.scale_embeddings = False
        encoder.embeddings[0].weight = self._tensors.read("embeddings.word_embeddings.weight")
        encoder.embeddings[1].weight = self._tensors.read("embeddings.token_type_embeddings.weight")
        encoder.position_encodings.encodings = self._tensors.read("embeddings.position_embeddings.weight")
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

    def _linear(self, linear: Any, *names: str) -> None:
        """Put the named layers, one below the other, into one."""
        linear.weight = np.concatenate([self._tensors.read(f"{name}.weight") for name in names])
        linear.bias = np.concatenate([self._tensors.read(f"{name}.bias") for name in names])

    def _norm(self, norm: Any, name: str) -> None:
        norm.gamma = self._tensors.read(f"{name}.weight")
        norm.beta = self._tensors.read(f"{name}.bias")
