"""One model takes over from another while people chat: no answer fails, none is mixed."""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from bots import run
from bots.cli import main
from bots.run import opened_models
from bots.service import stop_on_signals
from core import settings
from core.engine.local import Shape, open_engine
from core.engine.provision import convert
from core.engine.registry import LOOK_SECONDS, Registry, follow, footprint, open_registry
from core.engine.shelf import Shelf, ShelvedModel
from core.engine.types import ChatMessage, Choice, Delta, Engine, Finish, Options, Prompt, Role
from core.errors import ModelError
from core.testing import FakeClock
from tests.engine.tiny import LLAMA, make_weights, write_gguf
from tests.faults import break_off

PLAIN = Options(max_tokens=30, repetition_penalty=1.0)
ENDLESS = Options(max_tokens=4000, repetition_penalty=1.0)
PLENTY = 1e12
open_tiny = partial(open_engine, device="cpu", shape=Shape(replicas=2, threads=1))


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Three tiny models that say different things."""
    folder = tmp_path_factory.mktemp("shelf")
    shelf = Shelf(folder)
    for seed, name in enumerate(("one", "two", "three")):
        path = write_gguf(folder / f"{name}.gguf", make_weights(replace(LLAMA, seed=seed)))
        convert(path, shelf, name=name)
    return shelf


@pytest.fixture
async def registry(shelf: Shelf) -> AsyncIterator[Registry]:
    opened = await open_registry(open_tiny, PLENTY, shelf.find("one"))
    yield opened
    await opened.close()


async def prompt(engine: Engine, text: str = "Hello") -> Prompt:
    return await engine.prepare([ChatMessage(role=Role.USER, text=text)])


async def said(engine: Engine, asked: Prompt, options: Options = PLAIN) -> tuple[str, Finish | None]:
    deltas = [delta async for delta in engine.stream(asked, options)]
    return "".join(delta.text for delta in deltas), deltas[-1].finish


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.005)


async def alone(shelf: Shelf, name: str) -> str:
    """What a model says when it has never been swapped."""
    engine = await open_tiny(shelf.find(name))
    text, _ = await said(engine, await prompt(engine))
    await engine.close()
    return text


async def test_the_next_answer_is_the_new_models(registry: Registry, shelf: Shelf) -> None:
    assert await said(registry, await prompt(registry)) == (await alone(shelf, "one"), Finish.LENGTH)
    await registry.use(shelf.find("two"))
    assert registry.card().name == "two"
    assert await said(registry, await prompt(registry)) == (await alone(shelf, "two"), Finish.LENGTH)
    assert registry.health().detail == f"{shelf.find('two').reference} answers."


async def test_an_answer_stays_with_the_model_that_began_it(registry: Registry, shelf: Shelf) -> None:
    expected = await alone(shelf, "one")
    asked, later = await prompt(registry), await prompt(registry)
    deltas = registry.stream(asked, PLAIN)
    begun = (await anext(deltas)).text
    await registry.use(shelf.find("two"))
    await registry.use(shelf.find("three"))
    assert begun + "".join([delta.text async for delta in deltas]) == expected
    assert asked.model == shelf.find("one").reference
    assert (await said(registry, later))[0] == expected, "a prompt is answered by the model that read it"


async def test_under_load_no_answer_fails_and_none_is_mixed(registry: Registry, shelf: Shelf) -> None:
    expected = {shelf.find(name).reference: await alone(shelf, name) for name in ("one", "two", "three")}
    answered: list[str] = []
    over = asyncio.Event()

    async def person() -> None:
        while not over.is_set():
            asked = await prompt(registry)
            assert await said(registry, asked) == (expected[asked.model], Finish.LENGTH)
            answered.append(asked.model)

    async with asyncio.TaskGroup() as people:
        for _ in range(8):
            people.create_task(person())
        for name in ("two", "three", "one", "two", "one", "three") * 2:
            before = len(answered)
            await registry.use(shelf.find(name))
            await until(lambda before=before: len(answered) > before + 4)  # type: ignore[misc]  # mypy infers no lambda with a default
        over.set()
    assert set(answered) == set(expected)
    await until(lambda: len(registry.loaded()) == 2)


async def test_the_one_before_is_the_way_back_and_others_leave(registry: Registry, shelf: Shelf) -> None:
    with pytest.raises(ModelError, match="no model to go back to"):
        await registry.rollback()
    await registry.use(shelf.find("two"))
    await registry.use(shelf.find("three"))
    await until(lambda: registry.loaded() == [shelf.find(name).reference for name in ("two", "three")])
    await registry.rollback()
    assert registry.card().name == "two"
    await registry.rollback()
    assert registry.card().name == "three"


async def test_a_model_stays_until_its_last_answer_has_ended(registry: Registry, shelf: Shelf) -> None:
    asked = await prompt(registry)
    deltas = registry.stream(asked, ENDLESS)
    await anext(deltas)
    await registry.use(shelf.find("two"))
    await registry.use(shelf.find("three"))
    one = shelf.find("one").reference
    assert one in registry.loaded()
    assert registry.load().active == 1, "what the old model still writes is load"
    await deltas.aclose()
    assert one in registry.loaded(), "its prompt may still be answered"
    del asked, deltas
    gc.collect()
    await until(lambda: one not in registry.loaded())


async def test_a_model_that_was_leaving_can_come_back(registry: Registry, shelf: Shelf) -> None:
    asked = await prompt(registry)
    for name in ("two", "three", "one"):
        await registry.use(shelf.find(name))
    assert registry.card().name == "one"
    assert await said(registry, asked) == await said(registry, await prompt(registry))
    del asked
    await until(lambda: len(registry.loaded()) == 2)
    assert await said(registry, await prompt(registry))


async def test_the_budget_gives_up_the_way_back_first(shelf: Shelf) -> None:
    room_for_two = 2.1 * footprint(shelf.find("one"))
    registry = await open_registry(open_tiny, room_for_two, shelf.find("one"))
    await registry.use(shelf.find("two"))
    await registry.use(shelf.find("three"))
    assert registry.loaded() == [shelf.find(name).reference for name in ("two", "three")]
    await registry.close()


async def test_what_does_not_fit_is_refused_and_the_current_one_stays(shelf: Shelf) -> None:
    registry = await open_registry(open_tiny, 1.1 * footprint(shelf.find("one")), shelf.find("one"))
    with pytest.raises(ModelError, match="FRONTDESK_MODEL_MEMORY_MB"):
        await registry.use(shelf.find("two"))
    assert registry.card().name == "one"
    assert "two@" in registry.health().detail
    assert (await said(registry, await prompt(registry)))[1] is Finish.LENGTH
    await registry.close()


async def test_what_cannot_be_loaded_or_does_not_generate_is_refused(shelf: Shelf) -> None:
    class Broken:
        """An engine that reads and never writes."""

        def __init__(self, engine: Engine) -> None:
            self.engine = engine

        def __getattr__(self, name: str) -> object:
            return getattr(self.engine, name)

        async def stream(self, asked: Prompt, options: Options) -> AsyncIterator[Delta]:
            if asked.ids:
                raise ModelError("it says nothing")
            yield Delta(text="")

    async def opener(model: ShelvedModel) -> Engine:
        if model.manifest.name == "three":
            raise ModelError("it is damaged")
        engine = await open_tiny(model)
        return Broken(engine) if model.manifest.name == "two" else engine  # type: ignore[return-value] # it is one

    registry = await open_registry(opener, PLENTY, shelf.find("one"))
    for name, reason in (("two", "says nothing"), ("three", "damaged")):
        with pytest.raises(ModelError, match=reason):
            await registry.use(shelf.find(name))
        assert reason in registry.health().detail
    assert registry.loaded() == [shelf.find("one").reference]
    assert (await said(registry, await prompt(registry)))[1] is Finish.LENGTH
    await registry.close()


async def test_choices_and_counts_are_the_models_too(registry: Registry, shelf: Shelf) -> None:
    asked = await prompt(registry)
    before = await registry.choose(asked, ("a", "b"))
    await registry.use(shelf.find("two"))
    assert await registry.choose(asked, ("a", "b")) == before
    fresh: Choice = await registry.choose(await prompt(registry), ("a", "b"))
    assert fresh != before
    assert await registry.count(["the"]) == [2]


async def test_closing_ends_what_runs_on_every_model(shelf: Shelf) -> None:
    registry = await open_registry(open_tiny, PLENTY, shelf.find("one"))
    running: list[Awaitable[tuple[str, Finish | None]]] = []
    for name in ("two", "three", "one"):
        running.append(asyncio.create_task(said(registry, await prompt(registry), ENDLESS)))
        await until(lambda: registry.load().active == len(running))
        await registry.use(shelf.find(name))
    await registry.close()
    assert {finish for _, finish in await asyncio.gather(*running)} == {Finish.CANCELLED}


async def test_the_registry_follows_the_shelf(registry: Registry, shelf: Shelf) -> None:
    clock = FakeClock()
    shelf.use(shelf.find("one"))
    following = asyncio.create_task(follow(shelf, registry, clock))

    async def active(name: str) -> None:
        async with asyncio.timeout(60):
            while registry.card().name != name:
                await clock.advance(LOOK_SECONDS)
                await asyncio.sleep(0.005)

    shelf.use(shelf.find("two"))
    await active("two")
    shelf.use(shelf.find("previous"))
    await active("one")
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_the_registry_goes_on_once_the_shelf_can_be_read_again(
    registry: Registry, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    shelf.use(shelf.find("one"))
    pointer = shelf.find("one").folder.parents[1] / "active"
    pointer.unlink()
    pointer.mkdir()
    following = asyncio.create_task(follow(shelf, registry, clock))
    await until(lambda: "cannot be read" in caplog.text)
    pointer.rmdir()
    shelf.use(shelf.find("two"))
    async with asyncio.timeout(60):
        while registry.card().name != "two":
            await clock.advance(LOOK_SECONDS)
            await asyncio.sleep(0.005)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_model_use_reaches_a_running_service(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRONTDESK_HOME", str(tmp_path))
    monkeypatch.delenv("FRONTDESK_MODEL", raising=False)
    own = Shelf(tmp_path)
    for name in ("one", "two"):
        convert(shelf.find(name).folder, own, name=name)
    async with opened_models(settings.load(tmp_path / "absent")) as engine:
        assert engine.card().name == "one"
        used = await asyncio.to_thread(CliRunner().invoke, main, ["model", "use", "two"])
        assert used.exit_code == 0
        await until(lambda: engine.card().name == "two")
        assert (await said(engine, await prompt(engine)))[1] is Finish.LENGTH


async def test_a_service_that_would_hear_of_no_other_model_any_more_ends(
    shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "follow", break_off)
    convert(shelf.find("one").folder, Shelf(tmp_path), name="one")
    ended = asyncio.Event()
    stop_on_signals(ended)
    async with asyncio.timeout(60):
        with pytest.raises(TypeError, match="a fault of ours"):
            async with opened_models(settings.Settings.model_validate({"FRONTDESK_HOME": tmp_path})):
                await ended.wait()


@pytest.mark.model
async def test_the_default_model_hands_over_to_a_tiny_one(default_model: ShelvedModel, shelf: Shelf) -> None:
    registry = await open_registry(partial(open_engine, device="cpu"), PLENTY, default_model)
    asked = await prompt(registry, "What is the capital of France?")
    deltas = registry.stream(asked, Options(max_tokens=60))
    text = (await anext(deltas)).text
    await registry.use(shelf.find("one"))
    text += "".join([delta.text async for delta in deltas])
    assert "Paris" in text
    assert (await prompt(registry)).model == shelf.find("one").reference
    await registry.close()
