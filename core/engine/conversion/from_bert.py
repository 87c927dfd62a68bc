"""Sentence encoders of the BERT family, from a Hugging Face folder to CTranslate2 int8, without torch."""

import shutil
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError, safe_open

from core.engine.conversion.bert import ACTIVATIONS, Floats, Shape, read_vocabulary, write_bert
from core.engine.manifest import Facts, Kind
from core.engine.tokens import TOKENIZER
from core.errors import ModelError

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
LENGTH = "sentence_bert_config.json"
POOLING = "1_Pooling/config.json"


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

    @property
    def shape(self) -> Shape:
        return Shape(
            layers=self.num_hidden_layers,
            heads=self.num_attention_heads,
            activation=self.hidden_act,
            norm_epsilon=self.layer_norm_eps,
        )


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
    vocabulary = read_vocabulary(source, described.vocab_size)
    write_bert(_Tensors(source / WEIGHTS).read, described.shape, vocabulary, folder)
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
