"""Which models answer: chosen at a core, fetched by workers, loaded before they take over, tried."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from bots.fleet import encoder_of_fleet
from core.clock import SystemClock
from core.engine import registry
from core.engine.asking import asking
from core.engine.encoder import open_encoder
from core.engine.fleet import client, desired, files, roster
from core.engine.fleet.broker import connected
from core.engine.fleet.client import FleetEngine, open_fleet
from core.engine.fleet.roster import NoWorker
from core.engine.fleet.worker import Worker
from core.engine.provision import convert
from core.engine.registry import open_registry
from core.engine.shelf import Canary, Shelf, ShelvedModel
from core.engine.types import Finish
from core.errors import ModelError
from core.settings import Settings
from core.testing import FakeClock
from tests.engine.fleet.conftest import Open, Work
from tests.engine.fleet.counting import CountingEngine
from tests.engine.fleet.server import Server
from tests.engine.fleet.test_fleet import prompt, until
from tests.engine.test_registry import PLAIN, PLENTY, open_tiny, said, shelf

__all__ = ["shelf"]


@pytest.fixture
def chosen(shelf: Shelf, tmp_path: Path) -> Shelf:
    """The core's shelf, with two models; the first is active."""
    own = Shelf(tmp_path / "core")
    for name in ("one", "two"):
        convert(shelf.find(name).folder, own, name=name)
    return own


@asynccontextmanager
async def fleet(nats: Server, chosen: Shelf, workers: list[Shelf]) -> AsyncIterator[FleetEngine]:
    """A core, and workers with nothing on their shelves."""
    leave, clock, tasks = asyncio.Event(), SystemClock(), []
    async with connected([nats.url], role="core") as core:
        engine = await open_fleet(core, clock)
        tasks.append(asyncio.create_task(desired.announce(chosen, core, clock)))
        for own in workers:
            tasks.append(asyncio.create_task(_work(nats, own, leave)))
        try:
            await until(lambda: engine.health().detail.startswith(f"{len(workers)} worker"))
            yield engine
        finally:
            leave.set()
            await asyncio.gather(*tasks[1:])
            tasks[0].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _work(nats: Server, own: Shelf, leave: asyncio.Event) -> None:
    clock = SystemClock()
    async with connected([nats.url], role="worker") as broker:
        while own.active() is None:
            await desired.catch_up(own, broker)
            await asyncio.sleep(0.05)
        models = await open_registry(open_tiny, PLENTY, own.find("active"))
        following = [
            asyncio.create_task(desired.follow(own, broker, clock)),
            asyncio.create_task(registry.follow(own, models, clock)),
        ]
        await Worker(broker, models).run(leave, 5.0)
        for each in following:
            each.cancel()
        await asyncio.gather(*following, return_exceptions=True)
        await models.close()


async def test_a_choice_reaches_every_worker_while_answers_go_on(
    nats: Server, chosen: Shelf, tmp_path: Path
) -> None:
    async with fleet(nats, chosen, [Shelf(tmp_path / "a"), Shelf(tmp_path / "b")]) as engine:
        before = await prompt(engine, "Hello")
        assert before.model == chosen.find("one").reference
        chosen.use(chosen.find("two"))
        answered = 0
        while engine.card().name != "two" or "one@" in engine.health().detail:
            text, finish = await said(engine, await prompt(engine, "Hello"))
            assert text and finish is Finish.LENGTH
            answered += 1
        assert answered
        assert (await prompt(engine, "Hello")).model == chosen.find("two").reference
        assert (await said(engine, before, PLAIN))[1] is Finish.LENGTH  # by the model that read it


async def test_a_canary_answers_its_share_of_the_conversations(
    nats: Server, chosen: Shelf, tmp_path: Path
) -> None:
    async with fleet(nats, chosen, [Shelf(tmp_path / "a"), Shelf(tmp_path / "b")]) as engine:
        chosen.try_out(Canary(reference=chosen.find("two").reference, share=0.5))
        everybody = [f"conversation {number}" for number in range(20)]
        async with asyncio.timeout(60):
            while len(models := await models_of(engine, everybody)) < 2:
                await asyncio.sleep(0.05)
            while await models_of(engine, everybody) != await models_of(engine, everybody):
                await asyncio.sleep(0.05)
        with asking("conversation 1"):
            asked = [await prompt(engine, "Hello") for _ in range(6)]
            assert len({each.model for each in asked}) == 1
            assert (await said(engine, asked[0]))[1] is Finish.LENGTH
        assert models == {"one", "two"}


async def models_of(engine: FleetEngine, everybody: list[str]) -> set[str]:
    found = set()
    for each in everybody:
        with asking(each):
            found.add((await prompt(engine, "Hello")).model.partition("@")[0])
    return found


async def test_a_choice_is_told_and_followed_once_the_disks_are_well_again(
    nats: Server, chosen: Shelf, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    own, clock, one = Shelf(tmp_path / "worker"), FakeClock(), chosen.find("one")
    pointer, downloads = one.folder.parents[1] / "active", own.downloads()
    pointer.unlink()
    pointer.mkdir()
    downloads.rmdir()
    downloads.touch()
    async with (
        connected([nats.url], role="core") as core,
        connected([nats.url], role="worker") as worker,
        asyncio.timeout(60),
    ):
        await core.open_queue()
        loops = [
            asyncio.create_task(desired.announce(chosen, core, clock)),
            asyncio.create_task(desired.follow(own, worker, clock)),
        ]
        await until(lambda: "could not be told" in caplog.text)
        pointer.rmdir()
        chosen.use(one)
        while "File exists" not in caplog.text:
            await _let_pass(clock)
        downloads.unlink()
        while own.active() != one.reference:
            await _let_pass(clock)
        for each in loops:
            each.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def _let_pass(clock: FakeClock) -> None:
    await clock.advance(desired.PAUSE_SECONDS)
    await asyncio.sleep(0.01)


async def test_what_nats_keeps_under_a_models_name_is_checked(
    nats: Server, chosen: Shelf, tmp_path: Path
) -> None:
    one, two, own = chosen.find("one"), chosen.find("two"), Shelf(tmp_path / "worker")
    async with connected([nats.url], role="core") as core:
        await core.open_queue()
        await files.offer(two, chosen, core)
        with tempfile.TemporaryFile() as file:
            await core.get_file(two.reference, file)
            file.seek(0)
            await core.put_file(one.reference, file)
        with pytest.raises(ModelError, match=f"is {two.reference}: it is not used"):
            await files.fetch(one.reference, own, core)
        assert own.get(one.reference) is None
        await files.fetch(two.reference, own, core)
        assert own.get(two.reference)


async def test_a_model_whose_files_are_links_arrives_whole(
    nats: Server, chosen: Shelf, tmp_path: Path
) -> None:
    one, own = chosen.find("one"), Shelf(tmp_path / "worker")
    elsewhere = one.folder.rename(tmp_path / "elsewhere")
    one.folder.mkdir()
    for file in elsewhere.iterdir():
        (one.folder / file.name).symlink_to(file)
    async with connected([nats.url], role="core") as core:
        await core.open_queue()
        await files.offer(one, chosen, core)
        await files.fetch(one.reference, own, core)
    assert own.get(one.reference)


async def test_vectors_come_from_a_worker(
    core: Open, work: Work, tiny_encoder: ShelvedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    local = await open_encoder(tiny_encoder, "cpu")
    texts = [f"text number {number}" for number in range(70)]
    async with work(CountingEngine(), encoder=local), core() as engine:
        encoder = await engine.encoder("tiny-encoder")
        assert encoder is not None
        assert np.allclose(await encoder.encode(texts), await local.encode(texts), atol=1e-5)
        assert await encoder.count(texts) == await local.count(texts)
        assert encoder.card() == local.card()
    await local.close()


async def test_an_encoder_is_waited_for_and_missed_without_long_waits(
    core: Open, work: Work, tiny_encoder: ShelvedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "GRACE", 0.5)
    local = await open_encoder(tiny_encoder, "cpu")
    async with core() as engine:
        async with work(CountingEngine()):
            assert await engine.encoder("tiny-encoder") is None
            assert "None has had the sentence encoder tiny-encoder yet" in engine.health().detail
            monkeypatch.setattr(client, "GRACE", 30.0)
            waiting = asyncio.create_task(engine.encoder("tiny-encoder"))
            async with work(CountingEngine(), encoder=local):
                encoder = await waiting
                assert encoder is not None
                assert "encoder" not in engine.health().detail
        with pytest.raises(NoWorker):
            async with asyncio.timeout(roster.PATIENCE / 2):
                await encoder.encode(["a question"])
    await local.close()


async def test_an_encoder_that_was_known_before_is_used_once_a_worker_has_it(
    core: Open,
    work: Work,
    nats: Server,
    tiny_encoder: ShelvedModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configured = Settings.model_validate(
        {
            "FRONTDESK_HOME": tmp_path,
            "FRONTDESK_NATS_URL": nats.url,
            "FRONTDESK_ENCODER": "tiny-encoder",
        }
    )
    local = await open_encoder(tiny_encoder, "cpu")
    async with work(CountingEngine(), encoder=local), core() as engine:
        assert await encoder_of_fleet(configured, engine)
    monkeypatch.setattr(client, "GRACE", 0.1)
    async with core() as engine, work(CountingEngine()):
        encoder = await encoder_of_fleet(configured, engine)
        assert encoder is not None and encoder.reference == local.reference
        await until(lambda: f"None has the sentence encoder {local.reference}" in engine.health().detail)
        async with work(CountingEngine(), encoder=local):
            await until(lambda: "encoder" not in engine.health().detail)
            assert np.allclose(await encoder.encode(["one"]), await local.encode(["one"]), atol=1e-5)
    await local.close()
