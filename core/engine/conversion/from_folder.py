"""Models that come as a folder: Hugging Face's (through CTranslate2's own converter) or CTranslate2's."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

from ctranslate2.converters import TransformersConverter
from pydantic import BaseModel, BeforeValidator, TypeAdapter, ValidationError

from core.engine.conversion.from_gguf import END_TOKENS
from core.engine.manifest import MANIFEST, Facts, read_manifest
from core.engine.tokens import TOKENIZER, VOCABULARY
from core.errors import ModelError

WEIGHTS = "model.bin"


def _content(value: object) -> object:
    """Special tokens are written as text or as an object that holds it."""
    return value.get("content", "") if isinstance(value, dict) else value or ""


TokenText = Annotated[str, BeforeValidator(_content)]


class _Described(BaseModel):
    """The part of config.json, tokenizer_config.json and CTranslate2's config.json that is used here."""

    model_type: str = ""
    max_position_embeddings: int = 0
    bos_token: TokenText = ""
    eos_token: TokenText = ""
    chat_template: str = ""


def convert_huggingface(source: Path, folder: Path) -> Facts:
    """Convert a local Hugging Face folder to CTranslate2 int8.

    Args:
        source: holds config.json, safetensors and tokenizer.json.
        folder: exists, and receives the model's files.

    Raises:
        ModelError: the extra is missing, or the model is not supported.
    """
    if find_spec("torch") is None or find_spec("transformers") is None:
        raise ModelError(
            "Hugging Face folders need the extra `convert`: "
            "run `.venv/bin/pip install --editable '.[convert]'` in Frontdesk's folder"
        )
    try:
        TransformersConverter(str(source)).convert(str(folder), quantization="int8", force=True)
    except (OSError, RuntimeError, ValueError, NotImplementedError) as error:
        raise ModelError(f"CTranslate2 cannot convert {source.name}: {error}") from error
    _copy(source, folder, [TOKENIZER])
    _name_missing_tokens(folder / "config.json")
    return _facts(source, folder)


def _name_missing_tokens(config: Path) -> None:
    """The runtime refuses `null`, which the converter writes for tokens the tokenizer does not have."""
    values = json.loads(config.read_text(encoding="utf-8"))
    for key in ("bos_token", "unk_token"):
        values[key] = values[key] or values["eos_token"]
    config.write_text(json.dumps(values, indent=2), encoding="utf-8")


def copy_ctranslate2(source: Path, folder: Path) -> Facts:
    """Take over a model that is in CTranslate2's format already.

    Its facts come from a manifest of ours, or else from the Hugging Face files beside it.

    Args:
        source: holds model.bin, config.json, vocabulary.json and tokenizer.json.
        folder: exists, and receives copies.

    Raises:
        ModelError: something is missing; names it.
    """
    _copy(source, folder, [WEIGHTS, "config.json", VOCABULARY, TOKENIZER])
    if (source / MANIFEST).is_file():
        return read_manifest(source).facts
    return _facts(source, folder)


def _copy(source: Path, folder: Path, names: list[str]) -> None:
    for name in names:
        if not (source / name).is_file():
            raise ModelError(f"{source} has no {name}")
        shutil.copyfile(source / name, folder / name)


def _facts(source: Path, folder: Path) -> Facts:
    described = _described(source)
    tokens = TypeAdapter(list[str]).validate_json((folder / VOCABULARY).read_bytes())
    ends = [number for number, token in enumerate(tokens) if token in {described.eos_token, *END_TOKENS}]
    for what, value in (("a chat template", described.chat_template), ("an end token", ends)):
        if not value:
            raise ModelError(f"{source} names no {what.removeprefix('a ').removeprefix('an ')}")
    if not described.max_position_embeddings:
        raise ModelError(f"{source} does not say max_position_embeddings, the length of the context")
    return Facts(
        architecture=described.model_type,
        context_length=described.max_position_embeddings,
        quantisation="int8",
        chat_template=described.chat_template,
        end_ids=tuple(ends),
        bos=described.bos_token,
        eos=described.eos_token,
    )


def _described(source: Path) -> _Described:
    values: dict[str, object] = {}
    for name in ("config.json", "tokenizer_config.json"):
        if (source / name).is_file():
            values |= json.loads((source / name).read_text(encoding="utf-8"))
    if (source / "chat_template.jinja").is_file():
        values["chat_template"] = (source / "chat_template.jinja").read_text(encoding="utf-8")
    try:
        return _Described.model_validate(values)
    except ValidationError as error:
        raise ModelError(f"{source}: {error.errors()[0]['msg']}") from error
