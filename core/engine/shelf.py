"""Models on disk: `FRONTDESK_HOME/models/NAME/VERSION`, complete or not there at all."""

import fcntl
import hashlib
import re
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.engine.catalogue import NONE
from core.engine.manifest import MANIFEST, Facts, Kind, Manifest, read_manifest, write_manifest
from core.engine.types import ModelCard
from core.errors import ModelError

ACTIVE = "active"
"""Name of the alias that `use` sets, and the reference that means it."""
PREVIOUS = "previous"
"""The reference that means the model which was active before."""
CANARY = "canary"
"""Name of the file that says which model answers a share of the conversations, and what share."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class ShelvedModel:
    """One version of a model."""

    folder: Path
    manifest: Manifest

    @property
    def reference(self) -> str:
        return f"{self.manifest.name}@{self.manifest.version}"

    @property
    def card(self) -> ModelCard:
        """As it is shown to whoever uses it."""
        facts = self.manifest.facts
        return ModelCard(
            name=self.manifest.name,
            version=self.manifest.version,
            context_length=facts.context_length,
            quantisation=facts.quantisation,
            licence=facts.licence,
            languages=facts.languages,
        )

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self.folder.iterdir())


@dataclass(frozen=True, kw_only=True)
class Canary:
    """A model that answers a share of the conversations, to be tried."""

    reference: str
    share: float
    """Between 0 and 1."""


class Shelf:
    """The models under one home folder."""

    def __init__(self, home: Path) -> None:
        self._root = home / "models"

    @contextmanager
    def incoming(self) -> Iterator[Path]:
        """A folder on the shelf's own disk to build a model in; gone afterwards unless it was added."""
        self._root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".incoming-", dir=self._root))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def fetching(self, waiting: Callable[[], None]) -> Iterator[None]:
        """One process at a time is in the block, also of those on other machines that share the disk.

        Args:
            waiting: called where another process is, before its end is waited for, however long that takes.

        Raises:
            ModelError: the disk has no locks.
        """
        with (self.downloads() / ".lock").open("a") as lock:
            try:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    waiting()
                    fcntl.flock(lock, fcntl.LOCK_EX)
            except OSError as error:
                raise ModelError(
                    f"{self._root} lies on a disk that cannot lock files ({error.strerror}). "
                    "Use one that can: over NFS, version 4."
                ) from error
            yield

    def downloads(self) -> Path:
        """Where downloads are kept until they are whole."""
        folder = self._root / ".downloads"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def add(self, folder: Path, *, name: str, source: str, converter: str, facts: Facts) -> ShelvedModel:
        """Move a finished model onto the shelf; the first one that chats becomes the active one.

        The same version that is there already stays, unless a file of it is damaged.

        Args:
            folder: from `incoming`, holding the model's files.
            name: lower-case letters, digits, dots, dashes, underscores.
            source: where it came from.
            converter: what made it, with its version.
            facts: what the engine must know.

        Raises:
            ModelError: the name is not one.
        """
        check_name(name)
        checksums = {file.name: sha256(file) for file in sorted(folder.iterdir())}
        version = hashlib.sha256(repr((checksums, facts)).encode()).hexdigest()[:12]
        manifest = Manifest(
            name=name,
            version=version,
            source=source,
            converter=converter,
            created=datetime.now(UTC),
            checksums=checksums,
            facts=facts,
        )
        write_manifest(manifest, folder)
        place = self._root / name / version
        if place.exists() and damaged_files(ShelvedModel(folder=place, manifest=manifest)):
            shutil.rmtree(place)
        if not place.exists():
            place.parent.mkdir(exist_ok=True)
            folder.chmod(0o755)
            folder.rename(place)
        model = ShelvedModel(folder=place, manifest=manifest)
        if self.active() is None and facts.kind is Kind.CHAT:
            self.use(model)
        return model

    def models(self) -> list[ShelvedModel]:
        """Every model, by name, oldest first."""
        folders = [path.parent for path in self._root.glob(f"[!.]*/[!.]*/{MANIFEST}")]
        models = [ShelvedModel(folder=folder, manifest=read_manifest(folder)) for folder in folders]
        return sorted(models, key=lambda model: (model.manifest.name, model.manifest.created))

    def get(self, reference: str) -> ShelvedModel | None:
        """The model a reference means, if it is here; see `find`."""
        wanted = (self._alias(reference) or "") if reference in (ACTIVE, PREVIOUS) else reference
        name, _, version = wanted.partition("@")
        found = [
            model
            for model in self.models()
            if model.manifest.name == name and model.manifest.version.startswith(version)
        ]
        return found[-1] if found else None

    def find(self, reference: str) -> ShelvedModel:
        """The model a reference means.

        Args:
            reference: `NAME` (its newest version), `NAME@VERSION` (a beginning of it is enough), `active` or
                `previous`.

        Raises:
            ModelError: there is none; says what there is.
        """
        found = self.get(reference)
        if found is None:
            raise ModelError(self._missing(reference))
        return found

    def use(self, model: ShelvedModel) -> None:
        """Make it the active model, for running services and for those that start.

        Raises:
            ModelError: it does not chat.
        """
        check_kind(model, Kind.CHAT)
        before = self.active()
        if before == model.reference:
            return
        if before:
            self._point(PREVIOUS, before)
        self._point(ACTIVE, model.reference)

    def active(self) -> str | None:
        """The reference of the active model."""
        return self._alias(ACTIVE)

    def canary(self) -> Canary | None:
        """The model that is tried on a share of the conversations."""
        reference, _, share = (self._alias(CANARY) or "").partition(" ")
        return Canary(reference=reference, share=float(share)) if share else None

    def try_out(self, canary: Canary | None) -> None:
        """Let a model answer a share of the conversations, in running services too; None ends it.

        Raises:
            ModelError: it is not there, or does not chat.
        """
        if canary is None:
            (self._root / CANARY).unlink(missing_ok=True)
            return
        check_kind(self.find(canary.reference), Kind.CHAT)
        self._point(CANARY, f"{canary.reference} {canary.share}")

    def _alias(self, name: str) -> str | None:
        try:
            return (self._root / name).read_text().strip()
        except FileNotFoundError:
            return None

    def _point(self, name: str, reference: str) -> None:
        fresh = self._root / f".{name}-{uuid.uuid4().hex}"
        fresh.write_text(reference)
        fresh.replace(self._root / name)

    def _missing(self, reference: str) -> str:
        names = sorted({model.manifest.name for model in self.models()})
        if not names:
            return f"There is no model in {self._root} yet: run `frontdesk model pull`"
        return (
            f"There is no model '{reference}' in {self._root} (there: {', '.join(names)}). "
            "`frontdesk model pull NAME` brings one."
        )


def damaged_files(model: ShelvedModel) -> list[str]:
    """Files that are missing or do not match their checksum. Reads everything: not for the event loop."""
    return [
        name
        for name, checksum in model.manifest.checksums.items()
        if not (model.folder / name).is_file() or sha256(model.folder / name) != checksum
    ]


def check_kind(model: ShelvedModel, kind: Kind) -> None:
    """A model does what it was made for, and nothing else.

    Raises:
        ModelError: it is of another kind; says what it is for.
    """
    found = model.manifest.facts.kind
    if found is not kind:
        raise ModelError(f"{model.reference} is {_DOES[found]}. {_WANTED[kind]}")


_DOES = {
    Kind.CHAT: "a model that writes answers, and it does nothing else",
    Kind.ENCODER: "a sentence encoder: it finds passages and writes no answers",
    Kind.RERANKER: "a reranker: it says how well passages answer, and writes no answers",
    Kind.SPEECH: "a speech model: it listens to recordings and writes no answers",
}
_WANTED = {
    Kind.CHAT: "Choose a model that chats; `frontdesk model list` shows them.",
    Kind.ENCODER: "Set FRONTDESK_ENCODER to a sentence encoder of `frontdesk model list`.",
    Kind.RERANKER: "Set FRONTDESK_RERANKER to a reranker of `frontdesk model list`.",
    Kind.SPEECH: "Set FRONTDESK_SPEECH to a speech model of `frontdesk model list`.",
}


def check_name(name: str) -> None:
    """Names become folders.

    Raises:
        ModelError: it is not a name, or means something else.
    """
    if name in (ACTIVE, PREVIOUS, CANARY, NONE) or not NAME.fullmatch(name):
        raise ModelError(
            f"'{name}' cannot name a model: use lower-case letters, digits, dots, dashes and underscores"
        )


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
