"""Finding passages by their words: queries for FTS5, and BM25."""

import re
from collections.abc import Collection, Sequence

from sqlite_utils import Database as Connection

from core.language.query import SearchQuery
from core.language.stopwords import STOP

TITLE, HEADINGS, TEXT = 2.0, 1.5, 1.0
"""What a word counts for where it stands."""
_WORD = re.compile(r"[^\W_]+")


def phrases(query: SearchQuery) -> tuple[str, ...]:
    """What to look for: names, terms and words of the question, of letters, digits and spaces alone."""
    asked = [word for word in _WORD.findall(query.text) if word.casefold() not in STOP]
    words = [" ".join(_WORD.findall(text)) for text in (*query.names, *query.terms, *asked)]
    return tuple(dict.fromkeys(word.casefold() for word in words if word))


def expression(looked_for: Sequence[str]) -> str:
    """Any of them, in FTS5's language; quoted, so that nothing in them is understood as that language."""
    return " OR ".join(f'"{phrase}"' for phrase in looked_for)


def best(
    db: Connection, looked_for: Sequence[str], sources: Collection[int], limit: int
) -> list[tuple[int, float]]:
    """Passages of `sources` by BM25, best first; a higher score is a better one."""
    if not looked_for or not sources:
        return []
    visible = ", ".join(str(source) for source in sources)
    rows = db.execute(
        f"""SELECT words.rowid, -bm25(words, {TITLE}, {HEADINGS}, {TEXT}) AS score
        FROM words CROSS JOIN passages ON passages.id = words.rowid
        WHERE words MATCH ? AND passages.source IN ({visible})
        ORDER BY score DESC, words.rowid LIMIT ?""",  # noqa: S608 - numbers alone are put in
        [expression(looked_for), limit],
    )
    return [(passage, score) for passage, score in rows.fetchall()]


def matched(db: Connection, looked_for: Sequence[str], passage: int) -> tuple[str, ...]:
    """What of it stands in a passage."""
    return tuple(phrase for phrase in looked_for if _stands_in(db, phrase, passage))


def _stands_in(db: Connection, phrase: str, passage: int) -> bool:
    row = db.execute(
        "SELECT 1 FROM words WHERE words MATCH ? AND rowid = ?", [expression([phrase]), passage]
    ).fetchone()
    return row is not None
