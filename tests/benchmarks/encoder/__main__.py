"""Prints how near the int8 vectors are to the original's, and the speed of each contender, in one run.

    python -m tests.benchmarks.encoder --rivals PYTHON

PYTHON is an interpreter that has torch, transformers and onnxruntime (`make bench-encoder`).
"""

import asyncio
import json
import subprocess
import tempfile
import time
from pathlib import Path

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from core import settings
from core.engine.catalogue import DEFAULT_ENCODER, find_encoder
from core.engine.download import fetch_encoder
from core.engine.encoder import LocalEncoder, open_encoder
from core.engine.shelf import Shelf
from core.knowledge.ports import Vectors
from tests.benchmarks.kb import source

LONG, SHORT, QUERIES, REPEATS = 400, 1000, 50, 3
OURS = "Frontdesk (CTranslate2, int8)"


@click.command()
@click.option("--rivals", required=True, help="An interpreter that has torch, transformers and onnxruntime.")
def main(rivals: str) -> None:
    """Measure."""
    shelf = Shelf(settings.load().home)
    offer = find_encoder(DEFAULT_ENCODER)
    assert offer is not None
    texts = {"long": source.passages()[:LONG], "short": source.questions()[:SHORT]}
    with tempfile.TemporaryDirectory(dir=shelf.downloads()) as scratch:
        results = Path(scratch)
        original = fetch_encoder(offer, results, lambda *_: None)
        asked = {"loads": texts, "repeats": REPEATS, "queries": QUERIES}
        (results / "texts.json").write_text(json.dumps(asked), encoding="utf-8")
        vectors, seconds = asyncio.run(_ours(shelf, texts))
        script = Path(__file__).with_name("rivals.py")
        subprocess.run([rivals, script, original, results / "texts.json", results], check=True)
        pairs = [(vectors[load], np.load(results / f"{load}.npy")) for load in texts]
        cosines = np.concatenate([(made * meant).sum(axis=1) for made, meant in pairs])
        table = Table("contender", "questions a second", "passages a second", "one question", "cosine")
        measured = {OURS: seconds | {"cosine": float(cosines.mean())}} | json.loads(
            (results / "seconds.json").read_text(encoding="utf-8")
        )
    for name, taken in measured.items():
        rates = (f"{SHORT / taken['short']:.0f}", f"{LONG / taken['long']:.0f}")
        table.add_row(name, *rates, f"{1000 * taken['one']:.1f} ms", f"{taken['cosine']:.4f}")
    table.caption = f"cosine: the mean to torch in float32; Frontdesk's least is {cosines.min():.4f}"
    Console().print(table)


async def _ours(shelf: Shelf, texts: dict[str, list[str]]) -> tuple[dict[str, Vectors], dict[str, float]]:
    encoder = await open_encoder(shelf.find(DEFAULT_ENCODER))
    try:
        vectors, seconds = {}, {}
        for load, each in texts.items():
            vectors[load] = await encoder.encode(each)
            seconds[load] = min([await _timed(encoder, each) for _ in range(REPEATS)])
        ones = sorted([await _timed(encoder, [text]) for text in texts["short"][:QUERIES]])
        return vectors, seconds | {"one": ones[QUERIES // 2]}
    finally:
        await encoder.close()


async def _timed(encoder: LocalEncoder, texts: list[str]) -> float:
    started = time.perf_counter()
    await encoder.encode(texts)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
