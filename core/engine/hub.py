"""Fetching from a model hub, where there is one (`HF_ENDPOINT` names another than the usual)."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from huggingface_hub import HfApi, hf_hub_download, snapshot_download
from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]  # its transport's own base class

from core.errors import ModelError

SIDE_FILES = ["*.json", "1_Pooling/*.json", "*.jinja", "*.safetensors", "LICENSE*"]
"""What a conversion needs of a repository; pickles stay where they are."""

T = TypeVar("T")


def fetch_file(repository: str, file: str, folder: Path) -> Path:
    """Download one file; an earlier attempt is taken up where it ended.

    Raises:
        ModelError: the hub cannot be reached, or has no such file.
    """
    return Path(_ask(repository, lambda: hf_hub_download(repository, file, local_dir=folder)))


def fetch_repository(repository: str, folder: Path) -> Path:
    """Download a repository's weights and descriptions.

    Raises:
        ModelError: the hub cannot be reached, or has no such repository.
    """
    return Path(
        _ask(
            repository,
            lambda: snapshot_download(repository, local_dir=folder, allow_patterns=SIDE_FILES),
        )
    )


def gguf_of(repository: str) -> str | None:
    """The one GGUF file of a repository, or its Q8_0 one where there are several; None where there is none.

    Raises:
        ModelError: there are several to choose from, or the hub cannot be reached.
    """
    files = _ask(repository, lambda: HfApi().list_repo_files(repository))
    ggufs = [file for file in files if file.endswith(".gguf")]
    exact = [file for file in ggufs if "q8_0" in file.lower()]
    if len(ggufs) > 1 and len(exact) != 1:
        raise ModelError(
            f"{repository} has several files, name one: hf:{repository}/FILE: {', '.join(ggufs)}"
        )
    return next(iter(exact or ggufs), None)


def _ask(repository: str, question: Callable[[], T]) -> T:
    try:
        return question()
    except (OSError, HTTPError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ModelError(f"The hub did not give {repository}: {reason}.") from error
