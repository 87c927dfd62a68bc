"""Rerankers from ONNX onto the shelf, what they compute, and what they are refused for."""

from pathlib import Path

import numpy as np
import pytest

from core.engine.encoder import open_encoder
from core.engine.manifest import Kind
from core.engine.provision import convert
from core.engine.reranker import open_reranker
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError
from tests.engine.tiny_bert import tokenizer
from tests.engine.tiny_cross_encoder import make_cross_encoder, write_cross_encoder

QUESTION = "How long may I stay at home?"
PASSAGES = ["leaves", "a 1 b 2 zebra", "", "i may stay at home", "long leave"]


@pytest.fixture(scope="module")
def shelved(tmp_path_factory: pytest.TempPathFactory) -> ShelvedModel:
    folder = tmp_path_factory.mktemp("tiny-reranker")
    source = write_cross_encoder(folder / "onnx", make_cross_encoder())
    return convert(source, Shelf(folder), name="tiny-reranker")


async def test_a_converted_reranker_computes_what_its_weights_say(shelved: ShelvedModel) -> None:
    reranker = await open_reranker(shelved, "cpu")
    scores = await reranker.scores(QUESTION, PASSAGES)
    await reranker.close()
    plain = tokenizer()
    plain.no_padding()
    pairs = [plain.encode(QUESTION, passage) for passage in PASSAGES]
    expected = [make_cross_encoder().score(pair.ids, pair.type_ids) for pair in pairs]
    assert np.ptp(expected) > 3
    assert np.abs(scores - expected).max() < 0.3  # int8 of 32 random numbers is this rough


async def test_nothing_is_read_where_nothing_was_found(shelved: ShelvedModel) -> None:
    reranker = await open_reranker(shelved, "cpu")
    assert len(await reranker.scores(QUESTION, [])) == 0
    await reranker.close()


async def test_texts_longer_than_what_counts_are_read_by_their_beginning(shelved: ShelvedModel) -> None:
    reranker = await open_reranker(shelved, "cpu")
    scores = await reranker.scores("how long " * 500, ["stay at home " * 500, ""])
    await reranker.close()
    assert np.isfinite(scores).all()


def test_the_manifest_says_what_it_is(shelved: ShelvedModel) -> None:
    facts = shelved.manifest.facts
    assert (facts.kind, facts.architecture, facts.context_length) == (Kind.RERANKER, "bert", 32)


async def test_a_reranker_does_nothing_else(
    shelved: ShelvedModel, tiny_encoder: ShelvedModel, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=r"is a reranker.*Set FRONTDESK_ENCODER"):
        await open_encoder(shelved, "cpu")
    with pytest.raises(ModelError, match=r"is a sentence encoder.*Set FRONTDESK_RERANKER"):
        await open_reranker(tiny_encoder, "cpu")
    with pytest.raises(ModelError, match=r"is a reranker.*Choose a model that chats"):
        Shelf(tmp_path).use(shelved)


def test_a_damaged_file_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    source = write_cross_encoder(tmp_path / "onnx", make_cross_encoder())
    whole = (source / "model.onnx").read_bytes()
    for damaged in (b"", b"\xff" * 40, whole[:-100], whole[: len(whole) // 2], whole[20:]):
        (source / "model.onnx").write_bytes(damaged)
        with pytest.raises(ModelError, match=r"model\.onnx"):
            convert(source, Shelf(tmp_path), name="reranker")
    assert Shelf(tmp_path).models() == []


@pytest.mark.parametrize("name", ["classifier.weight", "encoder.layer.1.attention.self.key.bias"])
def test_what_is_missing_is_named(name: str, tmp_path: Path) -> None:
    bert = make_cross_encoder()
    del bert.values[name]
    source = write_cross_encoder(tmp_path / "onnx", bert)
    with pytest.raises(ModelError, match=f"no tensor {name}"):
        convert(source, Shelf(tmp_path), name="reranker")


def test_a_model_with_several_scores_is_refused(tmp_path: Path) -> None:
    bert = make_cross_encoder()
    bert.values["classifier.weight"] = np.repeat(bert.values["classifier.weight"], 3, axis=0)
    bert.values["classifier.bias"] = np.repeat(bert.values["classifier.bias"], 3)
    source = write_cross_encoder(tmp_path / "onnx", bert)
    with pytest.raises(ModelError, match="gives 3 scores"):
        convert(source, Shelf(tmp_path), name="reranker")
