"""Reading a request for embeddings, and the shape of the answer."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel

from bots.openai.errors import ApiError, unsupported
from bots.openai.request import LABELS, json_object, validated
from bots.openai.shapes import Json
from core.engine.encoder import Vectors

INPUTS = 2048
"""Texts of one request; OpenAI's own limit.
https://platform.openai.com/docs/api-reference/embeddings/create"""


class _Body(BaseModel, strict=True):
    """The parameters that are honoured, `input` apart."""

    model: str
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: int | None = None


@dataclass(frozen=True, kw_only=True)
class EmbeddingsRequest:
    """What a client asks for."""

    model: str
    texts: tuple[str, ...]
    base64: bool
    """Vectors come as base64 of little-endian float32 rather than as numbers."""


def parse(body: bytes, dimensions: int) -> EmbeddingsRequest:
    """Read a request's body.

    Args:
        body: JSON.
        dimensions: of the encoder's vectors.

    Raises:
        ApiError: names the parameter that is wrong or cannot be honoured.
    """
    raw = json_object(body)
    texts = _texts(raw.pop("input", None))
    for name in raw:
        if name not in _Body.model_fields and name not in LABELS:
            raise ApiError(f"'{name[:80]}' is not a parameter", param=name[:80], code="unknown_parameter")
    asked = validated(_Body, {key: value for key, value in raw.items() if key in _Body.model_fields})
    if asked.dimensions not in (None, dimensions):
        raise unsupported("dimensions", f"vectors have {dimensions} numbers and cannot be shortened")
    return EmbeddingsRequest(model=asked.model, texts=texts, base64=asked.encoding_format == "base64")


def answer(model: str, vectors: Vectors, tokens: int, *, as_base64: bool) -> Json:
    """The vectors in OpenAI's shape.

    Args:
        model: NAME@VERSION of the encoder.
        vectors: one row per text.
        tokens: of all texts, as far as they were read.
        as_base64: as the client asked.
    """
    data = [
        {"object": "embedding", "index": at, "embedding": _base64(row) if as_base64 else row.tolist()}
        for at, row in enumerate(vectors)
    ]
    usage: Mapping[str, int] = {"prompt_tokens": tokens, "total_tokens": tokens}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def _base64(row: Vectors) -> str:
    return base64.b64encode(np.asarray(row, dtype="<f4").tobytes()).decode()


def _texts(raw: object) -> tuple[str, ...]:
    given: Sequence[object] = raw if isinstance(raw, list) else [raw]
    if raw is None or not given:
        raise ApiError(
            "'input' takes a text or a list of at least one",
            param="input",
            code="missing_required_parameter" if raw is None else "invalid_value",
        )
    if all(isinstance(each, int | list) for each in given):
        raise unsupported("input", "send text; token ids are of another model's vocabulary")
    texts = tuple(each for each in given if isinstance(each, str) and each)
    if len(texts) < len(given) or len(texts) > INPUTS:
        raise ApiError(
            f"'input' takes a text or a list of up to {INPUTS:,}, none empty",
            param="input",
            code="invalid_value",
        )
    return texts
