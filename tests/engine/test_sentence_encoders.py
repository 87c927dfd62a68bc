"""Sentence encoders from a folder onto the shelf, and what they are refused for."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from core.engine.encoder import open_encoder
from core.engine.local import open_engine
from core.engine.manifest import Kind
from core.engine.provision import convert
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError
from tests.engine.tiny_bert import LONGEST, make_bert, tokenizer, write_bert

TEXTS = ["How long may I stay at home?", "leaves", "a 1 b 2 zebra", ""]


async def test_a_converted_encoder_computes_what_its_weights_say(tiny_encoder: ShelvedModel) -> None:
    encoder = await open_encoder(tiny_encoder, "cpu")
    vectors = await encoder.encode(TEXTS)
    await encoder.close()
    plain = tokenizer()
    plain.no_padding()
    expected = np.stack([make_bert().vector(plain.encode(text).ids) for text in TEXTS])
    assert (vectors * expected).sum(axis=1).min() > 0.995


def test_the_manifest_says_what_it_is(tiny_encoder: ShelvedModel) -> None:
    facts = tiny_encoder.manifest.facts
    assert (facts.kind, facts.architecture, facts.context_length) == (Kind.ENCODER, "bert", LONGEST)


def test_an_encoder_never_becomes_the_model_that_answers(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    encoder = convert(write_bert(tmp_path / "bert", make_bert()), shelf, name="encoder")
    assert shelf.active() is None
    with pytest.raises(ModelError, match="is a sentence encoder: it finds passages and writes no answers"):
        shelf.use(encoder)
    assert shelf.active() is None


async def test_each_kind_of_model_is_opened_for_what_it_is(
    tiny_encoder: ShelvedModel, tiny_model: ShelvedModel
) -> None:
    with pytest.raises(ModelError, match="is a sentence encoder"):
        await open_engine(tiny_encoder, "cpu")
    with pytest.raises(ModelError, match="Set FRONTDESK_ENCODER to a sentence encoder"):
        await open_encoder(tiny_model, "cpu")


def test_an_encoder_on_the_shelf_can_be_taken_over(tiny_encoder: ShelvedModel, tmp_path: Path) -> None:
    taken = convert(tiny_encoder.folder, Shelf(tmp_path), name="taken")
    assert taken.manifest.facts == tiny_encoder.manifest.facts
    assert taken.manifest.checksums == tiny_encoder.manifest.checksums


async def test_weights_under_the_name_of_the_model_are_found_and_half_precision_is_read(
    tmp_path: Path,
) -> None:
    source = write_bert(tmp_path / "bert", make_bert())
    values = load_file(source / "model.safetensors")
    save_file(
        {f"bert.{name}": value.astype(np.float16) for name, value in values.items()},
        source / "model.safetensors",
    )
    encoder = await open_encoder(convert(source, Shelf(tmp_path), name="half"), "cpu")
    assert (await encoder.encode(TEXTS)).shape == (len(TEXTS), 32)
    await encoder.close()


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_folder_that_lacks_a_file_is_refused(name: str, tmp_path: Path) -> None:
    source = write_bert(tmp_path / "bert", make_bert())
    (source / name).unlink()
    with pytest.raises(ModelError, match=f"has no {name}"):
        convert(source, Shelf(tmp_path), name="encoder")
    assert Shelf(tmp_path).models() == []


@pytest.mark.parametrize(
    ("config", "pooling", "complaint"),
    [
        ({"model_type": "mpnet"}, {}, "architecture 'mpnet'"),
        ({"position_embedding_type": "relative_key"}, {}, "relative_key positions"),
        ({"hidden_act": "mish"}, {}, "activation 'mish'"),
        ({"num_hidden_layers": 3}, {}, r"no tensor encoder\.layer\.2"),
        ({"num_hidden_layers": "two"}, {}, r"config\.json: num_hidden_layers"),
        ({"vocab_size": 5}, {}, "tokenizer does not belong to the weights"),
        (
            {},
            {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True},
            "does not pool by the mean",
        ),
        ({}, {"pooling_mode_max_tokens": True}, "does not pool by the mean"),
        ({}, {"pooling_mode_mean_tokens": None}, "pooling_mode_mean_tokens"),
    ],
)
def test_what_is_not_supported_is_named(
    config: dict[str, object], pooling: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    source = write_bert(tmp_path / "bert", make_bert(), config=config, pooling=pooling)
    with pytest.raises(ModelError, match=complaint):
        convert(source, Shelf(tmp_path), name="encoder")
    assert Shelf(tmp_path).models() == []


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_a_damaged_file_is_named(name: str, tmp_path: Path) -> None:
    source = write_bert(tmp_path / "bert", make_bert())
    whole = (source / name).read_bytes()
    (source / name).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match=name):
        convert(source, Shelf(tmp_path), name="encoder")


def test_weights_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    bert = make_bert()
    bert.values["embeddings.LayerNorm.bias"][:] = np.nan
    with pytest.raises(ModelError, match="its weights are damaged"):
        convert(write_bert(tmp_path / "bert", bert), Shelf(tmp_path), name="encoder")
