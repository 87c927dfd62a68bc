"""Getting models onto the shelf: pull, convert, check."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import ctranslate2
import numpy as np

from core.engine import hub
from core.engine.catalogue import CATALOGUE, CatalogueEncoder, choose, find_encoder
from core.engine.conversion.adapter import convert_adapted
from core.engine.conversion.from_bert import convert_bert, is_sentence_encoder
from core.engine.conversion.from_cross_encoder import convert_cross_encoder, is_cross_encoder
from core.engine.conversion.from_folder import WEIGHTS, convert_huggingface, copy_ctranslate2
from core.engine.conversion.from_gguf import convert_gguf
from core.engine.download import Progress, fetch, fetch_encoder
from core.engine.encoder import Texts, embed
from core.engine.manifest import Facts, Kind
from core.engine.reranker import Pairs, judge, read_head
from core.engine.shelf import Shelf, ShelvedModel, check_name, sha256
from core.engine.template import ChatTemplate
from core.engine.tokens import Vocabulary
from core.engine.types import ChatMessage, Role
from core.errors import ModelError

HUB = "hf:"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a model came from, and what is known of it besides the files."""

    source: str
    licence: str = ""
    languages: tuple[str, ...] = ()


def pull(reference: str, shelf: Shelf, progress: Progress) -> ShelvedModel:
    """Fetch a model and convert it.

    Args:
        reference: a name of the catalogue, or `hf:OWNER/NAME` or `hf:OWNER/NAME/FILE.gguf` of a hub.
        shelf: where it goes.
        progress: told how far the download is.

    Raises:
        ModelError: it cannot be had, or cannot be used; says why.
    """
    if reference.startswith(HUB):
        return _pull_from_hub(reference.removeprefix(HUB), shelf)
    if encoder := find_encoder(reference):
        return _pull_encoder(encoder, shelf, progress)
    model = choose(reference)
    file = fetch(model, shelf.downloads(), progress)
    origin = Origin(
        source=f"catalogue sha256:{model.sha256}", licence=model.licence, languages=model.languages
    )
    shelved = convert(file, shelf, name=model.name, origin=origin)
    file.unlink()
    return shelved


def convert(path: Path, shelf: Shelf, *, name: str, origin: Origin | None = None) -> ShelvedModel:
    """Convert what lies at `path` and put it on the shelf.

    Args:
        path: a GGUF file, a Hugging Face folder, or a CTranslate2 folder; a sentence encoder is known by its
            1_Pooling folder, a reranker by its model.onnx.
        shelf: where it goes.
        name: what it is to be called.
        origin: where it came from; the path itself by default.

    Raises:
        ModelError: it cannot be used; says why.
    """
    return _shelved(_converter(path), path, shelf, name, origin or Origin(source=_source(path)))


def adapt(
    path: Path, adapter: Path, shelf: Shelf, *, name: str, origin: Origin, check: Callable[[Path], None]
) -> ShelvedModel:
    """Convert a GGUF file with an adapter merged into it, and put it on the shelf.

    Args:
        path: the GGUF file of the base.
        adapter: a folder in the format of `peft`.
        shelf: where it goes.
        name: what it is to be called.
        origin: where it came from.
        check: raises where the converted model, in its folder, is not to be shelved.

    Raises:
        ModelError: it cannot be used; says why.
    """

    def converter(file: Path, folder: Path) -> Facts:
        facts = convert_adapted(file, adapter, folder)
        check(folder)
        return facts

    return _shelved(converter, path, shelf, name, origin)


def weights_of(model: ShelvedModel, shelf: Shelf, progress: Progress) -> Path:
    """The GGUF file that a model was converted from, fetched again where it is not here any more.

    Raises:
        ModelError: it was converted from something else, or cannot be had.
    """
    offer = next((each for each in CATALOGUE if each.sha256 in model.manifest.source), None)
    if offer is None:
        raise ModelError(
            f"{model.reference} does not come from the catalogue, so its weights cannot be fetched: "
            "name the GGUF file it was converted from"
        )
    return fetch(offer, shelf.downloads(), progress)


def _shelved(
    converter: Callable[[Path, Path], Facts], path: Path, shelf: Shelf, name: str, origin: Origin
) -> ShelvedModel:
    check_name(name)
    with shelf.incoming() as folder:
        facts = _completed(converter(path, folder), origin)
        prove(folder, facts)
        return shelf.add(
            folder,
            name=name,
            source=origin.source,
            converter=f"frontdesk {version('frontdesk')}, ctranslate2 {ctranslate2.__version__}",
            facts=facts,
        )


def prove(folder: Path, facts: Facts) -> None:
    """Render, tokenise and generate once, so that what cannot work is refused now and not in a conversation.

    An encoder makes a vector, a reranker a score.

    Raises:
        ModelError: it cannot work; says why.
    """
    if facts.kind is not Kind.CHAT:
        _prove_encoder(folder, facts)
        return
    vocabulary = Vocabulary.load(folder)
    template = ChatTemplate(facts.chat_template, special=vocabulary.special, bos=facts.bos, eos=facts.eos)
    ids = vocabulary.encode_prompt(template.render([ChatMessage(role=Role.USER, text="Hello!")]))
    if not ids or max(ids) >= len(vocabulary.tokens):
        raise ModelError("The tokenizer does not belong to the weights")
    try:
        generator = ctranslate2.Generator(str(folder), compute_type="int8")
        generator.generate_batch(
            [[vocabulary.tokens[number] for number in ids]], max_length=1, include_prompt_in_result=False
        )
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"The converted model does not run: {error}") from error


def _prove_encoder(folder: Path, facts: Facts) -> None:
    try:
        encoder = ctranslate2.Encoder(str(folder), compute_type="int8")
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"The converted model does not run: {error}") from error
    if facts.kind is Kind.ENCODER:
        computed = embed(encoder, Texts(folder, facts.context_length).encode(["Hello!"]))
    else:
        pairs = Pairs(folder, facts.context_length).encode("Hello?", ["Hello!"])
        computed = judge(encoder, read_head(folder), pairs)
    if not np.isfinite(computed).all():
        raise ModelError("The converted model computes no numbers: its weights are damaged")


def _pull_encoder(model: CatalogueEncoder, shelf: Shelf, progress: Progress) -> ShelvedModel:
    folder = fetch_encoder(model, shelf.downloads(), progress)
    weights = next(checksum for name, checksum in model.files.items() if name.startswith("model."))
    origin = Origin(source=f"catalogue sha256:{weights}", licence=model.licence, languages=model.languages)
    shelved = convert(folder, shelf, name=model.name, origin=origin)
    shutil.rmtree(folder)
    return shelved


def _pull_from_hub(path: str, shelf: Shelf) -> ShelvedModel:
    owner, _, rest = path.partition("/")
    name, _, file = rest.partition("/")
    if not owner or not name:
        raise ModelError(f"'{HUB}{path}' is not of the form hf:OWNER/NAME or hf:OWNER/NAME/FILE.gguf")
    repository = f"{owner}/{name}"
    folder = shelf.downloads() / f"{owner}--{name}"
    wanted = file or hub.gguf_of(repository)
    here = hub.fetch_file(repository, wanted, folder) if wanted else hub.fetch_repository(repository, folder)
    return convert(here, shelf, name=name.lower(), origin=Origin(source=f"{HUB}{path} {_source(here)}"))


def _completed(facts: Facts, origin: Origin) -> Facts:
    return replace(
        facts, licence=origin.licence or facts.licence, languages=origin.languages or facts.languages
    )


def _converter(path: Path) -> Callable[[Path, Path], Facts]:
    if (path / WEIGHTS).is_file():
        return copy_ctranslate2
    if is_sentence_encoder(path):
        return convert_bert
    if is_cross_encoder(path):
        return convert_cross_encoder
    if (path / "config.json").is_file():
        return convert_huggingface
    if path.is_dir():
        raise ModelError(f"{path} holds neither a CTranslate2 nor a Hugging Face model")
    return convert_gguf


def _source(path: Path) -> str:
    return f"{path.name} sha256:{sha256(path)}" if path.is_file() else path.name
