"""A copy of all that is kept of a person: a page to read, and JSON with a published schema.

It follows the database's schema: a new table, or a new column, is in the next copy, and in
`docs/export.schema.json` (a test tells).
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Literal

from jinja2 import Environment, StrictUndefined, select_autoescape
from pydantic import AwareDatetime, BaseModel, ConfigDict, create_model

from core import words
from core.message import EVENT, Message
from core.privacy import register
from core.store.sql.personal import PERSONAL
from core.translation import language

FORMAT = "frontdesk-export"
VERSION = 1
PAGE, DATA = "index.html", "data.json"
"""What the files are called in a copy."""
_STRICT = ConfigDict(extra="forbid", frozen=True)
_TYPES: Mapping[str, Any] = {"TEXT": str, "INTEGER": int, "REAL": float, "BLOB": str}
_ROWS = "records"

Rows = Mapping[str, Sequence[Mapping[str, object]]]
"""Rows by table; `core.store.ports.Subjects.records` reads them."""


class Purpose(BaseModel):
    """Why rows of a table are kept, and for how long."""

    model_config = _STRICT

    purpose: str
    retention: str
    basis: str


def document(rows: Rows, person: str, now: datetime) -> dict[str, object]:
    """The copy as JSON: rows by table, with what each table is for. Times are ISO 8601, in UTC."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "person": person,
        "made_at": now.isoformat(),
        "purposes": {
            name: {"purpose": each.purpose, "retention": each.retention, "basis": each.basis}
            for name in rows
            for each in (register.STORE[name],)
        },
        _ROWS: {name: [_timed(row) for row in found] for name, found in rows.items()},
    }


@cache
def model(fields: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> type[BaseModel]:
    """What such a document must be like.

    Args:
        fields: tables with their columns and the types that SQLite gives them, as
            `core.store.ports.Subjects.fields` reads them.
    """
    withheld = {each.table: each.withheld for each in PERSONAL}
    tables: dict[str, Any] = {}
    for table, columns in fields:
        row: dict[str, Any] = {
            name: (_type(name, kind), None if name in withheld[table] else ...) for name, kind in columns
        }
        made: Any = create_model(table.title().replace("_", ""), __config__=_STRICT, **row)
        tables[table] = (tuple[made, ...], ...)
    rows = create_model("Records", __config__=_STRICT, **tables)
    return create_model(
        "Export",
        __config__=_STRICT,
        __doc__="All that Frontdesk keeps of a person.",
        format=(Literal["frontdesk-export"], ...),
        version=(Literal[1], ...),
        person=(str, ...),
        made_at=(AwareDatetime, ...),
        purposes=(dict[str, Purpose], ...),
        records=(rows, ...),
    )


def packed(rows: Rows, person: str, attached: Mapping[str, bytes], now: datetime) -> bytes:
    """The copy as a ZIP file: the page, the JSON, and the files that the person sent.

    Args:
        attached: these files, by name.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(PAGE, page(rows, now))
        text = json.dumps(document(rows, person, now), ensure_ascii=False, indent=1)
        archive.writestr(DATA, text.encode("utf-8", "replace"))
        for name, content in attached.items():
            archive.writestr(f"files/{name}", content)
    return out.getvalue()


def page(rows: Rows, now: datetime) -> str:
    """The copy as one HTML page that asks nothing of anybody, in the language spoken now."""
    environment = Environment(undefined=StrictUndefined, autoescape=select_autoescape(default=True))
    source = (files("core.privacy") / "export.html").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        say=words,
        language=language(),
        made_at=now,
        talks=_talks(rows),
        others={name: _table(found) for name, found in rows.items() if found and name not in _TOLD},
        kept={name: register.STORE[name] for name, found in rows.items() if found},
    )


_TOLD = ("inbox", "turns", "outbox", "feed", "conversations")
"""Tables that the page tells as conversations."""


def _talks(rows: Rows) -> list[tuple[str, list[dict[str, object]]]]:
    """What was said, by conversation, oldest first."""
    said = [
        {"place": row["conversation"], "at": _moment(row["received_at"]), "mine": True, "text": text}
        for row in rows["inbox"]
        if (text := _words_of(row["event"]))
    ]
    said += [
        {"place": row["conversation"], "at": _moment(row["ended_at"]), "mine": False, "text": row["reply"]}
        for row in rows["turns"]
        if row["reply"] and row["ended_at"]
    ]
    said.sort(key=lambda each: (str(each["place"]), str(each["at"])))
    return [(place, list(group)) for place, group in groupby(said, key=lambda each: str(each["place"]))]


def _table(rows: Sequence[Mapping[str, object]]) -> list[list[object]]:
    """Column names, then the rows; what holds nothing anywhere is left out."""
    timed = [_timed(row) for row in rows]
    columns = list(dict.fromkeys(name for row in timed for name, value in row.items() if value is not None))
    return [list(columns), *([_shown(name, row.get(name)) for name in columns] for row in timed)]


def _shown(name: str, value: object) -> object:
    """Times to the minute."""
    return str(value)[:16].replace("T", " ") if value and _is_time(name) else value


def _words_of(event: object) -> str:
    found = EVENT.validate_json(str(event)) if event else None
    if not isinstance(found, Message):
        return ""
    return f"/{found.command} {found.text}".strip() if found.command else found.text


def _timed(row: Mapping[str, object]) -> dict[str, object]:
    return {name: _moment(value) if _is_time(name) else value for name, value in row.items()}


def _moment(value: object) -> str | None:
    if not isinstance(value, int | float):
        return None
    return datetime.fromtimestamp(value, UTC).isoformat()


def _is_time(name: str) -> bool:
    return name.endswith(("_at", "_until")) and name != "summary_until"


def _type(name: str, kind: str) -> Any:
    return AwareDatetime | None if _is_time(name) else _TYPES[kind] | None
