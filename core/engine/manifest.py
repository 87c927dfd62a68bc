"""What is known of a model on disk, kept beside its weights."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from core.errors import ModelError

MANIFEST = "manifest.json"


class Kind(StrEnum):
    """What a model is for."""

    CHAT = "chat"
    ENCODER = "encoder"
    """Turns texts into vectors."""
    RERANKER = "reranker"
    """Says how well a passage answers a question."""
    SPEECH = "speech"
    """Writes down what is said."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a conversion learns from its source."""

    kind: Kind = field(
        default=Kind.CHAT, repr=False
    )  # the version, a hash over the repr, is told by the rest
    architecture: str
    context_length: int
    """Tokens of prompt and answer together; of the others, those of a text that count."""
    quantisation: str
    chat_template: str
    """Jinja; empty where nothing is written."""
    end_ids: tuple[int, ...]
    """Tokens that end an answer; none where nothing is written."""
    bos: str = ""
    eos: str = ""
    licence: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """A model's identity, origin and facts."""

    name: str
    version: str
    """Begin of the hash over the checksums of the files."""
    source: str
    """Where the weights came from, and the SHA-256 of the file they were converted from where it was one."""
    converter: str
    created: datetime
    checksums: dict[str, str]
    """SHA-256 by file name."""
    facts: Facts


_ADAPTER = TypeAdapter(Manifest)


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write it into the model's folder."""
    (folder / MANIFEST).write_bytes(_ADAPTER.dump_json(manifest, indent=2) + b"\n")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a model's folder.

    Raises:
        ModelError: it is missing or damaged.
    """
    try:
        return _ADAPTER.validate_json((folder / MANIFEST).read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{folder} has no {MANIFEST}: convert the model again") from None
    except ValidationError as error:
        raise ModelError(f"{folder / MANIFEST} is damaged: {error.errors()[0]['msg']}") from error
