"""Rerankers of the BERT family, from ONNX in int8 to CTranslate2 int8, without torch.

A cross-encoder reads a question and a passage together. Its head is a product with one row of numbers, which
CTranslate2 has no place for: it lies beside the model, and numpy computes it.
"""

import itertools
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from core.engine.conversion.bert import Floats, Shape, read_vocabulary, write_bert
from core.engine.conversion.onnx_file import read_weights
from core.engine.manifest import Facts, Kind
from core.engine.tokens import TOKENIZER
from core.errors import ModelError

WEIGHTS = "model.onnx"
HEAD = "head.npy"
"""The row, and the bias after it."""
_HEAD_WIDTH = 32
"""Numbers of an attention head, in every MiniLM (Wang and others, 2020); an ONNX file does not say it."""
_NORM_EPSILON = 1e-12
"""BERT's."""
_EMBEDDINGS = "embeddings.{}_embeddings.weight"


def is_cross_encoder(source: Path) -> bool:
    """Whether the folder holds the files of such a model."""
    return (source / WEIGHTS).is_file()


def convert_cross_encoder(source: Path, folder: Path) -> Facts:
    """Convert a cross-encoder of MiniLM's shape with one score.

    Args:
        source: holds model.onnx and tokenizer.json.
        folder: exists, and receives the model's files.

    Raises:
        ModelError: something is missing, or the model is another; says which.
    """
    weights = {name.removeprefix("bert."): each for name, each in read_weights(source / WEIGHTS).items()}

    def read(name: str) -> Floats:
        if name not in weights:
            raise ModelError(f"{WEIGHTS} has no tensor {name}")
        return weights[name]

    words = read(_EMBEDDINGS.format("word"))
    write_bert(read, _shape(weights, words), read_vocabulary(source, len(words)), folder, pooled=True)
    np.save(folder / HEAD, _head(read("classifier.weight"), read("classifier.bias")))
    shutil.copyfile(source / TOKENIZER, folder / TOKENIZER)
    return Facts(
        kind=Kind.RERANKER,
        architecture="bert",
        context_length=len(read(_EMBEDDINGS.format("position"))),
        quantisation="int8",
        chat_template="",
        end_ids=(),
    )


def _shape(weights: Mapping[str, Floats], words: Floats) -> Shape:
    layers = next(
        each for each in itertools.count() if f"encoder.layer.{each}.output.dense.bias" not in weights
    )
    return Shape(
        layers=layers,
        heads=words.shape[1] // _HEAD_WIDTH,
        activation="gelu",
        norm_epsilon=_NORM_EPSILON,
    )


def _head(weight: Floats, bias: Floats) -> Floats:
    if len(weight) != 1:
        raise ModelError(f"{WEIGHTS} gives {len(weight)} scores, and a reranker gives one")
    return np.concatenate([weight[0], bias])
