"""A copy of what is kept of a person is whole, fits its published schema, and has nothing of anybody else."""

import io
import json
import sqlite3
import time
import zipfile
from contextlib import closing
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
from tests.privacy.home import ANNA, BEN, SECRET, canary, live, opened, turn_of
from tests.trust.page import Note

MANY = 10_000


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


def test_a_copy_of_many_messages_fits_the_schema_too(
    home: Path, model: type[BaseModel], record_property: Note
) -> None:
    multiply(home, turn_of(ANNA, "t"), MANY)
    started = time.perf_counter()
    text = copied()
    seconds = time.perf_counter() - started
    model.model_validate_json(text)
    kept = json.loads(text)["records"]
    assert all(len(kept[table]) > MANY for table in ("inbox", "turns", "outbox"))
    record_property(
        "P3",
        f"{MANY:,} messages and answers: copied in {seconds:.1f} s (wanted: 60), {len(text) / 1e6:.0f} MB "
        f"of JSON in {len(kept)} tables that fits its schema",
    )


def multiply(home: Path, turn: str, times: int) -> None:
    """Let a turn's rows be there so many times more."""
    with closing(sqlite3.connect(home / "frontdesk.db")) as database, database:
        for table, names, where in (
            ("turns", {"id"}, "id"),
            ("inbox", {"key", "message_id", "turn"}, "turn"),
            ("outbox", {"id", "turn", "platform_id"}, "turn"),
        ):
            about = database.execute(f"PRAGMA table_info({table})").fetchall()
            columns = [name for _, name, *_, is_key in about if not is_key]
            (row,) = database.execute(
                f"SELECT {', '.join(columns)} FROM {table} WHERE {where} = ?", [turn]
            ).fetchall()
            copies = (
                [f"{value}-{n}" if name in names else value for name, value in zip(columns, row, strict=True)]
                for n in range(times)
            )
            marks = ", ".join("?" * len(columns))
            database.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", copies)


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
