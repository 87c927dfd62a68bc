"""The schema of the knowledge base, one numbered step after another."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from core.store.moving import make_moves

MIGRATIONS = Migrations("knowledge")


@MIGRATIONS()
def m001_passages(db: Database) -> None:
    """Sources, documents and passages; their words and their vectors."""
    for statement in _TABLES:
        db.execute(statement)


@MIGRATIONS()
def m002_indexed(db: Database) -> None:
    """How the terms of the index were made."""
    db.execute("CREATE TABLE indexed (terms TEXT NOT NULL) STRICT")


@MIGRATIONS()
def m003_portable(db: Database) -> None:
    """Indexes with names, by which Postgres, where the schema begins with this, knows what is there once."""
    db.execute("CREATE UNIQUE INDEX sources_name ON sources (name)")
    db.execute("CREATE UNIQUE INDEX documents_location ON documents (source, location)")
    db.execute("CREATE UNIQUE INDEX encoders_reference ON encoders (reference)")


@MIGRATIONS()
def m004_moves(db: Database) -> None:
    """Whether another knowledge base is being moved into this one."""
    make_moves(db)


@MIGRATIONS()
def m005_index_by_block(db: Database) -> None:
    """How far the terms are indexed anew; no number where they all are."""
    db.execute("ALTER TABLE indexed ADD COLUMN next_block INTEGER")


@MIGRATIONS()
def m006_brought(db: Database) -> None:
    """Whose each source is, and the index of each document that is somebody's, sealed like its words."""
    db.execute("ALTER TABLE sources ADD COLUMN owner TEXT NOT NULL DEFAULT ''")
    db.table("indexes").create(
        {"document": int, "body": bytes}, pk="document", not_null=("body",), strict=True
    )


_TABLES = (
    """CREATE TABLE sources (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        location TEXT NOT NULL,
        audience TEXT NOT NULL, -- JSON: patterns of channel keys
        watched INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE documents (
        id INTEGER PRIMARY KEY,
        source INTEGER NOT NULL REFERENCES sources (id),
        location TEXT NOT NULL,
        title TEXT NOT NULL,
        digest TEXT NOT NULL,
        language TEXT NOT NULL,
        UNIQUE (source, location)
    ) STRICT""",
    # an id is never used again: what was cited must not turn into something else
    """CREATE TABLE passages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        source INTEGER NOT NULL,
        document INTEGER NOT NULL REFERENCES documents (id),
        length INTEGER NOT NULL, -- in terms
        place TEXT NOT NULL,
        headings TEXT NOT NULL, -- JSON
        text TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX passages_document ON passages (document)",
    # that documents are, or were, in
    "CREATE TABLE languages (language TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    """CREATE TABLE postings (
        block INTEGER NOT NULL,
        term TEXT NOT NULL,
        body BLOB NOT NULL, -- where in the block (2 bytes) and how often (1 byte), again and again
        PRIMARY KEY (block, term)
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE encoders (id INTEGER PRIMARY KEY, reference TEXT NOT NULL UNIQUE) STRICT",
    """CREATE TABLE vectors (
        passage INTEGER PRIMARY KEY,
        encoder INTEGER NOT NULL REFERENCES encoders (id),
        body BLOB NOT NULL -- int8, one a dimension
    ) STRICT""",
    # what has changed since somebody last looked: passages by their ids, BLOCK of them together
    "CREATE TABLE blocks (block INTEGER PRIMARY KEY, version INTEGER NOT NULL) STRICT",
    "CREATE INDEX blocks_version ON blocks (version)",
)
