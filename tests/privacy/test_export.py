"""A copy of what is kept of a person is whole, fits its published schema, and has nothing of anybody else."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from pydantic import BaseModel, ValidationError

from bots.cli import main
from core.clock import SystemClock
from core.privacy import export
from core.store.sql.personal import PERSONAL
from core.store.sqlite.store import open_store
from core.translation import spoken
from tests.docs.pages import ROOT
from tests.privacy.home import ANNA, BEN, SECRET, canary, live, opened


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where Anna and Ben wrote, encrypted."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    monkeypatch.setenv("FRONTDESK_HOME", str(home))
    monkeypatch.setenv("FRONTDESK_SECRET_KEY", SECRET)
    async with opened(home, sealed=True) as store:
        await live(store, home, ANNA)
        await live(store, home, BEN)
    return home


@pytest.fixture
async def model(tmp_path: Path) -> type[BaseModel]:
    """What a copy must be like, by the schema of a new database."""
    async with open_store(tmp_path / "fresh.db", SystemClock()) as store:
        return export.model(
            tuple((table, tuple(columns)) for table, columns in await store.subjects.fields())
        )


def copied() -> str:
    done = CliRunner().invoke(main, ["privacy", "export", ANNA.key, "--json"])
    assert done.exit_code == 0, done.output
    return done.stdout


async def test_the_published_schema_is_that_of_the_database(model: type[BaseModel]) -> None:
    published = json.loads((ROOT / "docs" / "export.schema.json").read_text(encoding="utf-8"))
    fresh = model.model_json_schema()
    assert published == fresh, "write `frontdesk privacy schema` into docs/export.schema.json"


def test_a_copy_fits_the_schema_and_holds_every_table(home: Path, model: type[BaseModel]) -> None:
    text = copied()
    model.model_validate_json(text)
    records = json.loads(text)["records"]
    assert set(records) == {each.table for each in PERSONAL}
    assert [name for name, rows in records.items() if not rows] == []
    broken = json.loads(text) | {"version": 2}
    with pytest.raises(ValidationError):
        model.model_validate(broken)


def test_a_copy_has_all_that_the_person_said_and_nothing_that_others_did(home: Path) -> None:
    text = copied()
    for where in ("private", "group", "summary", "feed", "brief", "draft"):
        assert canary(ANNA, where) in text
    assert "canary-u-ben" not in text and "u-ben" not in text


def test_the_file_has_a_page_the_data_and_what_was_sent(home: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["privacy", "export", ANNA.key, "--to", "anna.zip"])
    assert "anna.zip is written" in done.output
    assert (tmp_path / "anna.zip").stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(io.BytesIO((tmp_path / "anna.zip").read_bytes())) as archive:
        names = archive.namelist()
        page = archive.read("index.html").decode()
        sent = [archive.read(name).decode() for name in names if name.startswith("files/")]
    assert names[:2] == ["index.html", "data.json"]
    assert sent == [canary(ANNA, "file")]
    assert canary(ANNA, "private") in page and canary(ANNA, "group") in page
    assert "canary-u-ben" not in page


def test_what_people_write_is_no_markup_on_the_page() -> None:
    rows: dict[str, list[dict[str, object]]] = {each.table: [] for each in PERSONAL}
    rows["turns"] = [{"conversation": "c", "ended_at": 1.0, "reply": "<script>alert(1)</script>"}]
    with spoken("de"):
        page = export.page(rows, SystemClock().now())
    assert "<script" not in page and "&lt;script&gt;" in page
    assert 'lang="de"' in page and "Assistent" in page
