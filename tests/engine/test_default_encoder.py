"""The default encoder as converted here, against transformers in float32 on the same weights.

`minilm_reference.json` holds real sentences, one longer than what counts, with their numbers of tokens and
their vectors.
"""

import base64
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from core.engine.encoder import LocalEncoder, Vectors

pytestmark = pytest.mark.model


class _Text(BaseModel):
    text: str
    tokens: int
    vector: str
    """Base64 of little-endian float16."""


class _Reference(BaseModel):
    texts: list[_Text]

    @property
    def vectors(self) -> Vectors:
        rows = [np.frombuffer(base64.b64decode(each.vector), dtype="<f2") for each in self.texts]
        return np.stack(rows).astype(np.float32)


REFERENCE = _Reference.model_validate_json(Path(__file__).with_name("minilm_reference.json").read_bytes())
TEXTS = [each.text for each in REFERENCE.texts]


async def test_texts_are_taken_apart_as_the_reference_does(default_encoder: LocalEncoder) -> None:
    assert await default_encoder.count(TEXTS) == [each.tokens for each in REFERENCE.texts]


async def test_vectors_point_where_the_reference_points(default_encoder: LocalEncoder) -> None:
    cosines = (await default_encoder.encode(TEXTS) * REFERENCE.vectors).sum(axis=1)
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.98


async def test_texts_are_as_alike_as_the_reference_says(default_encoder: LocalEncoder) -> None:
    vectors = await default_encoder.encode(TEXTS)
    assert np.abs(vectors @ vectors.T - REFERENCE.vectors @ REFERENCE.vectors.T).max() < 0.05


async def test_a_question_finds_its_passage(default_encoder: LocalEncoder) -> None:
    passages = [
        "The office closes at six.",
        "Parental leave is 14 weeks, paid in full.",
        "Bring your own laptop.",
    ]
    vectors = await default_encoder.encode(["How long may I stay at home with my baby?", *passages])
    assert (vectors[1:] @ vectors[0]).argmax() == 1
