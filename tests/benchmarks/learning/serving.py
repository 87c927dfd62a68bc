"""How long people wait for the first word while a training runs: python -m tests.benchmarks.learning.serving.

Questions come at a fixed rate, whatever becomes of them, to the default model in this process; the training
runs beside it with the limits that `frontdesk learn train` has by itself. Needs the extra `train`, and a
machine that does nothing else.
"""

import asyncio
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from core import settings
from core.engine import provision
from core.engine.catalogue import DEFAULT
from core.engine.local import LocalEngine, open_engine
from core.engine.shelf import Shelf
from core.engine.types import ChatMessage, Options, Role
from core.learning import examples
from core.learning.training import run
from core.learning.training.events import Stepped
from core.learning.training.plan import Limits, Parameters
from tests.benchmarks.learning import shop
from tests.benchmarks.pipeline import percentile

RATE = 0.5
"""Questions a second: what a few busy channels bring."""
SECONDS = 50.0
"""Of each half."""
TOKENS = 48
ALLOWED = 1.5
"""Times that p95 may rise."""


async def main() -> None:
    """Measure without and with a training, and print both."""
    shelf = Shelf(settings.load().home.absolute())
    model = shelf.find(DEFAULT)
    engine = await open_engine(model, "cpu")
    try:
        alone = await waits(engine)
        with (
            tempfile.TemporaryDirectory(prefix="frontdesk-serving-") as folder,
            training(shelf, Path(folder)),
        ):
            beside = await waits(engine)
    finally:
        await engine.close()
    table = Table("First word after", "p50", "p95", "questions")
    for name, found in (("nothing else runs", alone), ("a training runs", beside)):
        table.add_row(name, f"{median(found):.3f} s", f"{percentile(found, 0.95):.3f} s", str(len(found)))
    console = Console()
    console.print(table)
    rise = percentile(beside, 0.95) / percentile(alone, 0.95)
    console.print(f"p95 is {rise:.2f} times that of a machine that only serves; {ALLOWED} are allowed.")


async def waits(engine: LocalEngine) -> list[float]:
    """Seconds until the first word of each answer."""
    asked, tasks, began = [shop.question(each) for each in shop.learnt()], [], time.monotonic()
    for number in range(int(SECONDS * RATE)):
        await asyncio.sleep(max(0.0, began + number / RATE - time.monotonic()))
        tasks.append(asyncio.create_task(_wait(engine, asked[number])))
    return list(await asyncio.gather(*tasks))


async def _wait(engine: LocalEngine, question: str) -> float:
    began, first = time.monotonic(), 0.0
    messages = [ChatMessage(role=Role.SYSTEM, text=shop.SYSTEM), ChatMessage(role=Role.USER, text=question)]
    prompt = await engine.prepare(messages)
    async with aclosing(engine.stream(prompt, Options(max_tokens=TOKENS))) as deltas:
        async for delta in deltas:
            if delta.text and not first:
                first = time.monotonic() - began
    return first


@contextmanager
def training(shelf: Shelf, home: Path) -> Iterator[None]:
    """A training with the usual limits, that takes its steps for as long as the block runs."""
    base = shelf.find(DEFAULT)
    weights = provision.weights_of(base, shelf, lambda name, done, total: None)
    dataset = examples.add(home, "style", train=shop.learnt(), held_out=[], card={})
    prepared = run.prepare(home, dataset, base, weights, Parameters(epochs=50), Limits.default())
    stepping, ended = threading.Event(), threading.Event()

    def work() -> None:
        for event in run.train(prepared):
            if isinstance(event, Stepped):
                stepping.set()
            if ended.is_set():
                return

    worker = threading.Thread(target=work)
    worker.start()
    stepping.wait()
    try:
        yield
    finally:
        ended.set()
        worker.join()


if __name__ == "__main__":
    asyncio.run(main())
