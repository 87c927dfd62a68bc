"""The default model as converted here, against transformers in float32 on the same GGUF file.

`smollm2_reference.json` holds token ids, greedy answers, and for every answer token the reference's
log-probability and how far it lay before the next best (its margin).
"""

import json
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
from pydantic import BaseModel

from core.engine.local import LocalEngine
from core.engine.shelf import ShelvedModel, damaged_files
from core.engine.tokens import Vocabulary
from core.engine.types import ChatMessage, Finish, Options, Role
from tests.engine.tiny import EXACT_INT8

pytestmark = pytest.mark.model


class Tokenisation(BaseModel):
    text: str
    ids: list[int]


class Answer(BaseModel):
    question: str
    prompt: str
    ids: list[int]
    answer_ids: list[int]
    answer: str
    log_probs: list[float]
    margins: list[float]


class Reference(BaseModel):
    tokenisation: list[Tokenisation]
    answers: list[Answer]


REFERENCE = Reference.model_validate_json(Path(__file__).with_name("smollm2_reference.json").read_bytes())


def test_token_ids_are_the_references(default_model: ShelvedModel) -> None:
    vocabulary = Vocabulary.load(default_model.folder)
    for each in REFERENCE.tokenisation:
        assert vocabulary.encode_prompt(each.text) == each.ids, each.text


async def test_prompts_are_the_references(default_engine: LocalEngine) -> None:
    for each in REFERENCE.answers:
        prompt = await default_engine.prepare([ChatMessage(role=Role.USER, text=each.question)])
        assert (prompt.text, list(prompt.ids)) == (each.prompt, each.ids)


@pytest.mark.parametrize(
    ("compute_type", "top", "mean", "sure"),
    [("float32", 0.93, 0.06, 0.5), pytest.param("int8", 0.88, 0.2, 1.5, marks=EXACT_INT8)],
)
def test_the_model_ranks_tokens_as_the_reference_does(
    compute_type: str, top: float, mean: float, sure: float, default_model: ShelvedModel
) -> None:
    """Over the reference's own answers: share of equal best tokens, mean difference of log-probabilities, and
    the margin above which the best token is always the same."""
    generator = ctranslate2.Generator(str(default_model.folder), compute_type=compute_type)
    same, differences = [], []
    for each in REFERENCE.answers:
        ids, start = each.ids + each.answer_ids, len(each.ids) - 1
        log_probs = np.array(generator.forward_batch([ids], return_log_probs=True))[0, start:-1]
        expected = np.array(each.answer_ids)
        agrees = log_probs.argmax(axis=-1) == expected
        assert agrees[np.array(each.margins) > sure].all()
        same.extend(agrees)
        chosen = log_probs[np.arange(len(expected)), expected]
        differences.extend(np.abs(chosen - np.array(each.log_probs[start:])))
    assert np.mean(same) >= top
    assert np.mean(differences) <= mean


async def test_greedy_answers_are_the_float32_models_choice_or_close_to_it(
    default_model: ShelvedModel, default_engine: LocalEngine
) -> None:
    """int8 rounds differently on every processor, and one other token sends a free answer another way. So the
    float32 model reads what the engine wrote: of its tokens, nearly all are the best or nearly as good."""
    vocabulary = Vocabulary.load(default_model.folder)
    judge = ctranslate2.Generator(str(default_model.folder), compute_type="float32")
    gaps: list[float] = []
    for each in REFERENCE.answers:
        prompt = await default_engine.prepare([ChatMessage(role=Role.USER, text=each.question)])
        options = Options(max_tokens=32, repetition_penalty=1.0)
        text = "".join([delta.text async for delta in default_engine.stream(prompt, options)])
        written = vocabulary.encode_prompt(text)
        log_probs = np.array(judge.forward_batch([[*prompt.ids, *written]], return_log_probs=True))[0]
        choices = log_probs[len(prompt.ids) - 1 : -1]
        gaps.extend(choices.max(axis=-1) - choices[np.arange(len(written)), written])
    assert len(gaps) > 50
    assert np.mean(np.array(gaps) < 0.5) >= 0.95


async def test_it_answers_a_question(default_engine: LocalEngine) -> None:
    prompt = await default_engine.prepare(
        [ChatMessage(role=Role.USER, text="What is the capital of France?")]
    )
    deltas = [delta async for delta in default_engine.stream(prompt, Options(max_tokens=100))]
    assert "Paris" in "".join(delta.text for delta in deltas)
    assert deltas[-1].finish is Finish.STOP


def test_its_files_are_whole_and_its_licence_is_known(default_model: ShelvedModel) -> None:
    assert damaged_files(default_model) == []
    assert default_model.manifest.facts.licence.lower() == "apache-2.0"
    assert json.loads((default_model.folder / "manifest.json").read_text())["name"] == "smollm2-135m"
