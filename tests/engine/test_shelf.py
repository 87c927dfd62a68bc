"""A model stands on the shelf whole, or not at all."""

from pathlib import Path

import pytest

from core.engine.manifest import Facts
from core.engine.shelf import Shelf, ShelvedModel, damaged_files
from core.errors import ModelError

FACTS = Facts(
    architecture="llama", context_length=64, quantisation="int8", chat_template="{{ messages }}", end_ids=(2,)
)


def shelve(shelf: Shelf, name: str, content: str) -> ShelvedModel:
    with shelf.incoming() as folder:
        (folder / "model.bin").write_text(content)
        return shelf.add(folder, name=name, source="a test", converter="none", facts=FACTS)


def test_what_was_added_is_found_with_its_facts(tmp_path: Path) -> None:
    added = shelve(Shelf(tmp_path), "one", "weights")
    found = Shelf(tmp_path).find("one")
    assert found == added
    assert found.manifest.facts == FACTS
    assert (found.folder / "model.bin").read_text() == "weights"
    assert damaged_files(found) == []


def test_versions_stand_side_by_side_and_the_newest_is_meant(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    old, new = shelve(shelf, "one", "old"), shelve(shelf, "one", "new")
    assert shelf.find("one") == new
    assert shelf.find(old.reference) == old
    assert shelf.find(old.reference[:8]) == old
    assert shelf.models() == [old, new]


def test_the_same_model_twice_is_one(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    assert shelve(shelf, "one", "same").reference == shelve(shelf, "one", "same").reference
    assert len(shelf.models()) == 1


def test_the_first_model_is_active_until_another_is_used(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    first, second = shelve(shelf, "one", "a"), shelve(shelf, "two", "b")
    assert shelf.find("active") == first
    shelf.use(second)
    assert Shelf(tmp_path).find("active") == second


def test_what_is_missing_is_said_with_what_is_there(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for reference in ("active", "one"):
        with pytest.raises(ModelError, match="run `frontdesk model pull`"):
            shelf.find(reference)
    shelve(shelf, "one", "a")
    for reference in ("two", "one@ffff_not_there", ""):
        with pytest.raises(ModelError, match="there: one"):
            shelf.find(reference)


def test_an_interrupted_build_leaves_nothing(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with pytest.raises(KeyboardInterrupt), shelf.incoming() as folder:
        (folder / "model.bin").write_text("half")
        raise KeyboardInterrupt
    assert shelf.models() == []
    assert list((tmp_path / "models").iterdir()) == []


def test_damage_is_found(tmp_path: Path) -> None:
    model = shelve(Shelf(tmp_path), "one", "weights")
    (model.folder / "model.bin").write_text("other")
    assert damaged_files(model) == ["model.bin"]
    (model.folder / "model.bin").unlink()
    assert damaged_files(model) == ["model.bin"]


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"name": 3}'])
def test_a_damaged_manifest_is_named(content: str, tmp_path: Path) -> None:
    model = shelve(Shelf(tmp_path), "one", "weights")
    (model.folder / "manifest.json").write_text(content)
    with pytest.raises(ModelError, match=r"manifest\.json is damaged"):
        Shelf(tmp_path).find("one")


@pytest.mark.parametrize("name", ["", "active", "../up", "a/b", ".hidden", "UPPER", "a" * 65, "a@b", "a b"])
def test_names_that_are_no_folder_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot name a model"):
        shelve(Shelf(tmp_path), name, "weights")


def test_adding_a_damaged_model_once_more_mends_it(tmp_path: Path) -> None:
    model = shelve(Shelf(tmp_path), "one", "weights")
    (model.folder / "model.bin").write_text("other")
    assert damaged_files(shelve(Shelf(tmp_path), "one", "weights")) == []
