"""Models that come as a folder."""

import json
import shutil
from importlib import util
from pathlib import Path

import pytest

from core.engine.provision import convert
from core.engine.shelf import Shelf, ShelvedModel
from core.errors import ModelError


@pytest.fixture
def exported(tiny_model: ShelvedModel, tmp_path: Path) -> Path:
    """A CTranslate2 folder as it may come from elsewhere, without our manifest."""
    folder = tmp_path / "exported"
    shutil.copytree(tiny_model.folder, folder)
    (folder / "manifest.json").unlink()
    described = {
        "eos_token": {"content": "<|im_end|>"},
        "bos_token": None,
        "chat_template": tiny_model.manifest.facts.chat_template,
        "max_position_embeddings": 512,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(described))
    return folder


def test_a_shelved_model_can_be_taken_over_with_its_manifest(
    tiny_model: ShelvedModel, tmp_path: Path
) -> None:
    taken = convert(tiny_model.folder, Shelf(tmp_path), name="taken")
    assert taken.manifest.facts == tiny_model.manifest.facts
    assert taken.manifest.checksums == tiny_model.manifest.checksums


def test_a_ctranslate2_folder_is_described_by_its_side_files(exported: Path, tmp_path: Path) -> None:
    facts = convert(exported, Shelf(tmp_path), name="taken").manifest.facts
    assert (facts.context_length, facts.end_ids, facts.eos, facts.bos) == (512, (0, 2), "<|im_end|>", "")


@pytest.mark.parametrize("name", ["tokenizer.json", "vocabulary.json", "config.json"])
def test_a_folder_that_lacks_a_file_is_refused(name: str, exported: Path, tmp_path: Path) -> None:
    (exported / name).unlink()
    with pytest.raises(ModelError, match=f"has no {name}"):
        convert(exported, Shelf(tmp_path), name="taken")
    assert Shelf(tmp_path).models() == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"chat_template": ""}, "names no chat template"),
        ({"max_position_embeddings": 0}, "max_position_embeddings"),
        ({"max_position_embeddings": "long"}, "integer"),
        ({"chat_template": "{% for %}"}, "cannot be read"),
    ],
)
def test_side_files_that_say_too_little_are_refused(
    change: dict[str, object], complaint: str, exported: Path, tmp_path: Path
) -> None:
    path = exported / "tokenizer_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=complaint):
        convert(exported, Shelf(tmp_path), name="taken")


def test_weights_that_cannot_be_loaded_are_refused(exported: Path, tmp_path: Path) -> None:
    (exported / "model.bin").write_bytes(b"not weights")
    with pytest.raises(ModelError, match="does not run"):
        convert(exported, Shelf(tmp_path), name="taken")


def test_a_vocabulary_of_another_model_is_refused(exported: Path, tmp_path: Path) -> None:
    (exported / "vocabulary.json").write_text(json.dumps(["<|im_end|>", "a"]))
    with pytest.raises(ModelError, match="does not belong"):
        convert(exported, Shelf(tmp_path), name="taken")


EXTRA = util.find_spec("transformers") is not None and util.find_spec("torch") is not None


@pytest.mark.skipif(not EXTRA, reason="needs the extra `convert`")
def test_a_hugging_face_folder_is_converted_by_ctranslate2(tiny_model: ShelvedModel, tmp_path: Path) -> None:
    import torch  # noqa: PLC0415 - there with the extra only
    import transformers  # noqa: PLC0415  # an extra

    torch.manual_seed(0)
    source = tmp_path / "source"
    shape = transformers.LlamaConfig(
        vocab_size=264,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=256,
    )
    transformers.LlamaForCausalLM(shape).save_pretrained(source)
    tokenizer = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(tiny_model.folder / "tokenizer.json"), eos_token="<|im_end|>", unk_token="!"
    )
    tokenizer.chat_template = tiny_model.manifest.facts.chat_template
    tokenizer.save_pretrained(source)
    facts = convert(source, Shelf(tmp_path), name="taken").manifest.facts
    assert (facts.architecture, facts.context_length, facts.eos) == ("llama", 256, "<|im_end|>")
    assert facts.end_ids == (0, 2)


@pytest.mark.skipif(EXTRA, reason="the extra is installed")
def test_a_hugging_face_folder_names_the_missing_extra(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"\.\[convert\]"):
        convert(tmp_path, Shelf(tmp_path), name="taken")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="neither a CTranslate2 nor a Hugging Face model"):
        convert(tmp_path, Shelf(tmp_path), name="taken")
