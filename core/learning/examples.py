"""Datasets on disk, `FRONTDESK_HOME/datasets/NAME@HASH`: what a model learns from and what it is tried on."""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.engine.types import ChatMessage, Role
from core.errors import DatasetError

FOLDER = "datasets"
"""Under the home folder."""
CARD = "dataset.json"
TRAIN = "train.jsonl"
HELD_OUT = "held_out.jsonl"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Example:
    """A conversation, and the answer it should get."""

    id: str
    """SHA-256, in hexadecimal."""
    messages: tuple[ChatMessage, ...]
    """The prompt: ends with what the person wrote."""
    answer: str
    rejected: str = ""
    """An answer that is worse than `answer`; empty where none is known."""
    language: str = ""
    """ISO 639-1; empty where it is not known."""
    source: str = ""
    """`feedback`, or `file:NAME`."""
    group: str = ""
    """Hash of the person, or of the row: examples of one group are never parted."""

    @property
    def kind(self) -> Literal["answer", "preference"]:
        return "preference" if self.rejected else "answer"


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One version of a dataset; never changed once it is there."""

    folder: Path

    @property
    def reference(self) -> str:
        """`NAME@HASH`."""
        return self.folder.name

    @property
    def card(self) -> dict[str, object]:
        """What is known of it as a whole.

        Raises:
            DatasetError: the card is missing or damaged.
        """
        try:
            card = json.loads((self.folder / CARD).read_bytes())
        except (OSError, ValueError) as error:
            raise DatasetError(f"{self.folder / CARD} cannot be read: {error}") from None
        if not isinstance(card, dict):
            raise DatasetError(f"{self.folder / CARD} is no card: it must be an object")
        return card

    def train(self) -> list[Example]:
        """What a model learns from.

        Raises:
            DatasetError: see `read`.
        """
        return read(self.folder / TRAIN)

    def held_out(self) -> list[Example]:
        """What a model is tried on, and never learns from.

        Raises:
            DatasetError: see `read`.
        """
        return read(self.folder / HELD_OUT)


def identity(messages: Iterable[ChatMessage], answer: str, rejected: str = "") -> str:
    """What an example of this content is called: a SHA-256, in hexadecimal."""
    said = [*([each.role.value, each.text] for each in messages), answer, rejected]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()


def read(path: Path) -> list[Example]:
    """Read examples, one JSON object a line.

    Raises:
        DatasetError: the file is missing, or a line is damaged; names the line and never quotes it.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # a text may hold other line separators
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read: {error}") from None
    return [_parsed(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()]


def write(path: Path, examples: Iterable[Example]) -> None:
    """Write examples, one JSON object a line; the same examples give the same bytes."""
    path.write_bytes(_lines(examples))


def add(
    home: Path,
    name: str,
    *,
    train: Iterable[Example],
    held_out: Iterable[Example],
    card: Mapping[str, object],
) -> Dataset:
    """Keep a version of a dataset; the one of the same content stays, card and all.

    The version is the begin of a hash over the examples, in their order.

    Args:
        home: FRONTDESK_HOME.
        name: lower-case letters, digits, dots, dashes, underscores.
        train: what a model learns from.
        held_out: what it is tried on.
        card: what else is known of it.

    Raises:
        DatasetError: the name is not one.
    """
    if not NAME.fullmatch(name):
        raise DatasetError(
            f"'{name}' cannot name a dataset: use lower-case letters, digits, dots, dashes and underscores"
        )
    content = {TRAIN: _lines(train), HELD_OUT: _lines(held_out)}
    dataset = Dataset(folder=home / FOLDER / f"{name}@{_version(content)}")
    if dataset.folder.exists():
        return dataset
    dataset.folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".incoming-", dir=dataset.folder.parent))
    try:
        for file, data in content.items():
            (fresh / file).write_bytes(data)
        (fresh / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        fresh.rename(dataset.folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return dataset


def datasets(home: Path) -> list[Dataset]:
    """Every dataset, by name, oldest first."""
    folders = [path.parent for path in (home / FOLDER).glob(f"[!.]*@*/{CARD}")]
    return [
        Dataset(folder=folder)
        for folder in sorted(
            folders, key=lambda each: (each.name.partition("@")[0], (each / CARD).stat().st_mtime_ns)
        )
    ]


def kept(home: Path, reference: str) -> Dataset | None:
    """The dataset of this very reference, `NAME@HASH`; None where it is gone."""
    dataset = Dataset(folder=home / FOLDER / reference)
    return dataset if (dataset.folder / CARD).is_file() else None


def find(home: Path, reference: str) -> Dataset:
    """The dataset a reference means.

    Args:
        home: FRONTDESK_HOME.
        reference: `NAME` (its newest version) or `NAME@HASH` (a beginning of the hash is enough).

    Raises:
        DatasetError: there is none, or its examples are not those it was made with.
    """
    there = datasets(home)
    wanted = reference if "@" in reference else f"{reference}@"
    found = [each for each in there if each.reference.startswith(wanted)]
    if not found:
        names = ", ".join(each.reference for each in there) or "none"
        raise DatasetError(f"There is no dataset '{reference}' in {home / FOLDER} (there: {names})")
    dataset = found[-1]
    try:
        content = {name: (dataset.folder / name).read_bytes() for name in (TRAIN, HELD_OUT)}
    except OSError as error:
        raise DatasetError(f"{dataset.reference} is damaged: {error}") from None
    if _version(content) != dataset.reference.partition("@")[2]:
        raise DatasetError(f"{dataset.reference} was changed after it was made: build it again")
    return dataset


def _version(content: Mapping[str, bytes]) -> str:
    checksums = [(name, hashlib.sha256(data).hexdigest()) for name, data in sorted(content.items())]
    return hashlib.sha256(repr(checksums).encode()).hexdigest()[:12]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role: Role
    content: str


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    kind: Literal["answer", "preference"]
    messages: Annotated[list[_Message], Field(min_length=1)]
    answer: Annotated[str, Field(min_length=1)]
    rejected: str = ""
    language: str = ""
    source: str = ""
    group: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.messages[-1].role is not Role.USER:
            raise ValueError("the messages must end with the user's")
        if (self.kind == "preference") != bool(self.rejected):
            raise ValueError("a preference, and nothing else, has a rejected answer")
        return self


def _parsed(line: str, where: str) -> Example:
    try:
        found = _Line.model_validate_json(line)
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        field = ".".join(map(str, fault["loc"]))
        raise DatasetError(f"{where}: {f'{field}: ' if field else ''}{fault['msg']}") from None
    return Example(
        id=found.id,
        messages=tuple(ChatMessage(role=each.role, text=each.content) for each in found.messages),
        answer=found.answer,
        rejected=found.rejected,
        language=found.language,
        source=found.source,
        group=found.group,
    )


def _lines(examples: Iterable[Example]) -> bytes:
    return b"".join(json.dumps(_written(each), ensure_ascii=False).encode() + b"\n" for each in examples)


def _written(example: Example) -> dict[str, object]:
    rejected = {"rejected": example.rejected} if example.rejected else {}
    return {
        "id": example.id,
        "kind": example.kind,
        "messages": [{"role": each.role.value, "content": each.text} for each in example.messages],
        "answer": example.answer,
        **rejected,
        "language": example.language,
        "source": example.source,
        "group": example.group,
    }
