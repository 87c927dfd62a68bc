"""How many of the nearest passages sketches hold: `python -m tests.benchmarks.kb.sketches`.

The sentences are those of an encyclopedia and of whatever the installed packages say of themselves, in
documents and in their code; the questions are BoolQ's. Found by the sketches and judged by int8, against
exact search through all vectors.
"""

import ast
import asyncio
import re
import sysconfig
import time
from collections.abc import Callable, Iterator
from importlib.metadata import distributions
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from bots.run import opened_encoder
from core import settings
from core.knowledge.ports import Encoder, Vectors
from core.knowledge.sql.overview import Overview, sketches
from core.knowledge.sql.vectors import nearest, quantised
from tests.benchmarks.kb import source

SENTENCES, WORDS = 250_000, 5
"""At most; and words below which a line is none."""
SIZES = (10_000, 100_000, SENTENCES)
SKETCHED = (500, 2000)
QUESTIONS, NEAREST = 500, 10
TIMED = 100
"""Questions by which the time is told."""
_COMMENT = re.compile(r"^\s*#:?(.*)$", re.MULTILINE)
_END = re.compile(r"(?<=[.!?:;])\s+|\n\s*\n|\n(?=\s*[-*|:])")

Found = npt.NDArray[np.intp]
Look = Callable[[npt.NDArray[np.float32]], Found]


def sentences() -> list[str]:
    """Each once, mixed, the same every time for the same packages."""
    found = dict.fromkeys(sentence for text in _texts() for sentence in sentences_of(text))
    mixed = np.random.default_rng(0).permutation(len(found))[:SENTENCES]
    every = list(found)
    return [every[place] for place in mixed]


def sentences_of(text: str) -> Iterator[str]:
    """Those that are long enough, each in a line."""
    for sentence in _END.split(text):
        words = sentence.split()
        if len(words) >= WORDS:
            yield " ".join(words)


def _texts() -> Iterator[str]:
    yield from source.passages()
    for path in _files():
        if path.suffix in (".py", ".pyi", ".md", ".rst", ".txt") or path.name == "METADATA":
            text = path.read_text(encoding="utf-8", errors="replace")
            yield from _said_in_code(text) if path.suffix.startswith(".py") else (text,)


def _files() -> Iterator[Path]:
    """Of the installed packages and of Python itself."""
    for distribution in sorted(distributions(), key=lambda each: each.metadata["Name"] or ""):
        paths = (Path(str(file.locate())) for file in distribution.files or ())
        yield from (path for path in paths if path.is_file())
    root = Path(sysconfig.get_path("stdlib"))
    yield from (path for path in sorted(root.rglob("*.py")) if "site-packages" not in path.parts)


def _said_in_code(code: str) -> Iterator[str]:
    """Docstrings, and comments that follow each other."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield ast.get_docstring(node) or ""
    yield "\n".join(_COMMENT.findall(code))


async def main() -> None:
    """Print the shares, the times and the sizes."""
    async with opened_encoder(settings.load()) as encoder:
        assert encoder is not None
        vectors = await vectors_of_sentences(encoder)
        asked = await encoder.encode(source.questions()[:QUESTIONS])
    title = f"Of the {NEAREST} nearest, found; {QUESTIONS} questions, median and p95 of {TIMED}"
    table = Table("sentences", "by", "found", "median ms", "p95 ms", title=title)
    for size in SIZES:
        if size <= len(vectors) or size == SIZES[-1]:
            part = vectors[:size]
            right = _exact(part, asked)
            for name, look in _ways(part):
                table.add_row(f"{len(part):,}", name, *_measured(look, asked, right))
    Console().print(table)


async def vectors_of_sentences(encoder: Encoder) -> Vectors:
    """Made once, and kept."""
    kept = source.KEPT / f"sentences-{encoder.reference.replace('@', '-')}.npy"
    if not kept.is_file():
        texts, started = sentences(), time.perf_counter()
        made = await encoder.encode(texts)
        print(f"{len(texts):,} sentences, {len(texts) / (time.perf_counter() - started):,.0f} a second")
        np.save(kept, made)
    return np.asarray(np.load(kept), np.float32)


def _exact(vectors: Vectors, asked: Vectors) -> Found:
    best = [
        _top(row) for begin in range(0, len(asked), 100) for row in asked[begin : begin + 100] @ vectors.T
    ]
    return np.stack(best)


def _top(scores: npt.NDArray[np.float32]) -> Found:
    places = np.argpartition(-scores, NEAREST)[:NEAREST]
    return places[np.argsort(-scores[places])]


class _Rows(Overview):
    """All vectors, each its own passage."""

    def __init__(self, vectors: Vectors) -> None:
        super().__init__(0, vectors.shape[1])
        self.sketches = sketches(vectors)
        self.sketched = np.ones(len(vectors), np.bool_)

    def passages(self, rows: npt.NDArray[np.intp]) -> list[int]:
        return [int(row) for row in rows]


def _ways(vectors: Vectors) -> Iterator[tuple[str, Look]]:
    yield "exact, float32", lambda asked: _top(vectors @ asked)
    rows, bodies = _Rows(vectors), quantised(vectors)
    for limit in SKETCHED:
        yield f"{limit} sketches, then int8", _by_sketches(rows, bodies, limit)


def _by_sketches(rows: _Rows, bodies: npt.NDArray[np.int8], limit: int) -> Look:
    visible = np.ones(len(bodies), np.bool_)

    def look(asked: npt.NDArray[np.float32]) -> Found:
        near = np.array(nearest(rows, asked, visible, limit))
        chosen = bodies[near].astype(np.float32)
        return near[_top((chosen @ asked) / np.linalg.norm(chosen, axis=1))]

    return look


def _measured(look: Look, asked: Vectors, right: Found) -> list[str]:
    found = [len(np.intersect1d(look(each), known)) for each, known in zip(asked, right, strict=True)]
    seconds = []
    for each in asked[:TIMED]:
        started = time.perf_counter()
        look(each)
        seconds.append(1000 * (time.perf_counter() - started))
    share = sum(found) / right.size
    return [f"{share:.3f}", *(f"{np.percentile(seconds, part):.1f}" for part in (50, 95))]


if __name__ == "__main__":
    asyncio.run(main())
