"""Files come from packages and hubs, and are refused when they are not what they should be."""

import hashlib
import zipfile
from pathlib import Path

import pytest
from huggingface_hub import HfApi, constants

from core.engine import hub
from core.engine.catalogue import (
    CATALOGUE,
    DEFAULT,
    ENCODERS,
    CatalogueEncoder,
    CatalogueModel,
    HubFolder,
    HubSource,
    PackageFolder,
    PackageSource,
    Source,
    choose,
)
from core.engine.download import fetch, fetch_encoder
from core.engine.manifest import Kind
from core.engine.provision import pull
from core.engine.shelf import Shelf
from core.errors import ModelError

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, which is all that pip looks at."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


@pytest.fixture
def downloads(tmp_path: Path) -> Path:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return folder


def write_wheel(index: Path, name: str, files: dict[str, bytes]) -> None:
    """A wheel as small as pip takes it; importing its package would fail."""
    package = name.replace("-", "_")
    info = f"{package}-1.0.dist-info"
    with zipfile.ZipFile(index / f"{package}-1.0-py3-none-any.whl", "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
        wheel.writestr(f"{package}/__init__.py", "raise SystemExit('imported')")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nRequires-Dist: gone\n"
        )
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def offer(*sources: Source, content: bytes = CONTENT) -> CatalogueModel:
    return CatalogueModel(
        name="one",
        summary="",
        sha256=hashlib.sha256(content).hexdigest(),
        download_bytes=len(content),
        memory_megabytes=1,
        tokens_per_second=1,
        languages=(),
        licence="",
        sources=sources,
    )


def package(*names: str, member: str = "*/data/*.bin") -> PackageSource:
    return PackageSource(requirements=tuple(f"{name}==1.0" for name in names), member=member)


def silent(what: str, done: int, total: int) -> None:
    """No one looks at the progress."""


def test_the_named_file_is_taken_out_of_the_package(index: Path, downloads: Path) -> None:
    write_wheel(index, "weights", {"weights/data/a.bin": CONTENT, "weights/other.txt": b"no"})
    seen: list[tuple[str, int, int]] = []
    file = fetch(offer(package("weights")), downloads, lambda *step: seen.append(step))
    assert file.read_bytes() == CONTENT
    assert [path.name for path in downloads.iterdir()] == [file.name]
    assert all(what == "weights==1.0" and done <= total for what, done, total in seen)


def test_parts_are_joined_in_the_order_of_their_numbers(index: Path, downloads: Path) -> None:
    names = [f"weights-part{number}" for number in range(1, 12)]
    for number, name in enumerate(names):
        files = {
            f"{name}/data/part{number * 2 + half}.bin": bytes([number * 2 + half]) * 3 for half in (1, 0)
        }
        write_wheel(index, name, files)
    content = b"".join(bytes([number]) * 3 for number in range(22))
    file = fetch(offer(package(*names), content=content), downloads, silent)
    assert file.read_bytes() == content


def test_a_fetch_that_was_cut_off_goes_on_where_it_was(index: Path, downloads: Path) -> None:
    write_wheel(index, "first", {"first/data/1.bin": CONTENT[:100]})
    wanted = offer(package("first", "second"))
    with pytest.raises(ModelError, match="second"):
        fetch(wanted, downloads, silent)
    next(index.glob("first*")).unlink()
    write_wheel(index, "second", {"second/data/2.bin": CONTENT[100:]})
    assert fetch(wanted, downloads, silent).read_bytes() == CONTENT


def test_a_file_that_is_here_is_not_fetched_again(index: Path, downloads: Path) -> None:
    write_wheel(index, "weights", {"weights/data/a.bin": CONTENT})
    wanted = offer(package("weights"))
    first = fetch(wanted, downloads, silent)
    next(index.glob("weights*")).unlink()
    assert fetch(wanted, downloads, silent) == first


def test_another_file_is_refused_and_forgotten(index: Path, downloads: Path) -> None:
    write_wheel(index, "weights", {"weights/data/a.bin": b"something else"})
    with pytest.raises(
        ModelError, match=r"weights==1\.0 gave another file: its SHA-256 is [0-9a-f]{64}, not"
    ):
        fetch(offer(package("weights")), downloads, silent)
    assert list(downloads.iterdir()) == []


def test_the_next_source_is_asked_when_one_fails(index: Path, downloads: Path) -> None:
    write_wheel(index, "wrong", {"wrong/data/a.bin": b"something else"})
    write_wheel(index, "empty", {})
    (index / "broken-1.0-py3-none-any.whl").write_bytes(b"no zip")
    write_wheel(index, "right", {"right/data/a.bin": CONTENT})
    sources = [package(name) for name in ("missing", "wrong", "empty", "broken", "right")]
    assert fetch(offer(*sources), downloads, silent).read_bytes() == CONTENT


def test_every_reason_is_told_when_no_source_has_it(
    index: Path, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    wanted = offer(package("missing"), HubSource(repository="owner/name", file="a.gguf"))
    with pytest.raises(ModelError) as raised:
        fetch(wanted, downloads, silent)
    assert "pip could not download missing==1.0" in str(raised.value)
    assert "The hub did not give owner/name" in str(raised.value)


def offer_encoder(files: dict[str, bytes], *sources: PackageFolder | HubFolder) -> CatalogueEncoder:
    return CatalogueEncoder(
        kind=Kind.ENCODER,
        name="one",
        summary="",
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        download_bytes=1,
        memory_megabytes=1,
        texts_per_second=1,
        languages=(),
        licence="",
        sources=sources,
    )


ENCODER = {"model.safetensors": CONTENT, "1_Pooling/config.json": b"{}"}


def folder(name: str) -> PackageFolder:
    return PackageFolder(requirement=f"{name}==1.0", folder=f"{name}/model")


def test_the_named_files_of_an_encoder_are_taken_out_of_its_package(index: Path, downloads: Path) -> None:
    write_wheel(index, "encoder", {f"encoder/model/{name}": content for name, content in ENCODER.items()})
    fetched = fetch_encoder(offer_encoder(ENCODER, folder("encoder")), downloads, silent)
    assert {name: (fetched / name).read_bytes() for name in ENCODER} == ENCODER
    assert [path.name for path in downloads.iterdir()] == [fetched.name]


def test_an_encoder_with_one_other_file_is_refused_and_the_next_source_asked(
    index: Path, downloads: Path
) -> None:
    files = {f"right/model/{name}": content for name, content in ENCODER.items()}
    write_wheel(index, "right", files)
    other = {name.replace("right", "wrong"): content for name, content in files.items()}
    write_wheel(index, "wrong", {**other, "wrong/model/1_Pooling/config.json": b"[]"})
    with pytest.raises(ModelError, match=r"wrong==1\.0 gave another 1_Pooling/config\.json"):
        fetch_encoder(offer_encoder(ENCODER, folder("wrong")), downloads, silent)
    assert list(downloads.iterdir()) == []
    fetched = fetch_encoder(offer_encoder(ENCODER, folder("wrong"), folder("right")), downloads, silent)
    assert (fetched / "1_Pooling/config.json").read_bytes() == b"{}"


def test_every_reason_is_told_when_no_source_has_the_encoder(
    index: Path, downloads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    wanted = offer_encoder(ENCODER, folder("missing"), HubFolder(repository="owner/name"))
    with pytest.raises(ModelError) as raised:
        fetch_encoder(wanted, downloads, silent)
    assert "pip could not download missing==1.0" in str(raised.value)
    assert "The hub did not give owner/name" in str(raised.value)


def test_a_hub_that_is_out_of_reach_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for reference in ("hf:owner/name", "hf:owner/name/file.gguf"):
        with pytest.raises(ModelError, match="The hub did not give owner/name"):
            pull(reference, Shelf(tmp_path), silent)


@pytest.mark.parametrize("reference", ["hf:", "hf:owner", "hf:owner/", "hf:/name"])
def test_a_hub_reference_has_an_owner_and_a_name(reference: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="hf:OWNER/NAME"):
        pull(reference, Shelf(tmp_path), silent)


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        (["README.md", "a.gguf"], "a.gguf"),
        (["a-Q4_K_M.gguf", "a-Q8_0.gguf", "a-f16.gguf"], "a-Q8_0.gguf"),
        (["model.safetensors", "config.json"], None),
    ],
)
def test_the_file_of_a_repository_is_chosen(
    files: list[str], chosen: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HfApi, "list_repo_files", lambda self, repository: files)
    assert hub.gguf_of("owner/name") == chosen


def test_a_choice_of_files_is_left_to_the_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HfApi, "list_repo_files", lambda self, repository: ["a-q4.gguf", "a-q5.gguf"])
    with pytest.raises(ModelError, match=r"name one: hf:owner/name/FILE: a-q4\.gguf, a-q5\.gguf"):
        hub.gguf_of("owner/name")


def test_the_catalogue_names_each_model_once_with_licence_and_pinned_sources() -> None:
    assert (
        len({model.name for model in CATALOGUE})
        == len({model.sha256 for model in CATALOGUE})
        == len(CATALOGUE)
    )
    for model in CATALOGUE:
        assert model.licence and model.sources and len(model.sha256) == 64
        packages = [source for source in model.sources if isinstance(source, PackageSource)]
        assert all("==" in requirement for source in packages for requirement in source.requirements)
    for encoder in ENCODERS:
        assert encoder.licence and encoder.sources
        assert all(len(checksum) == 64 for checksum in encoder.files.values())
        assert all("==" in each.requirement for each in encoder.sources if isinstance(each, PackageFolder))
    assert choose(DEFAULT).name == DEFAULT
    with pytest.raises(ModelError, match=f"there: {DEFAULT}"):
        choose("gpt-17")
