"""Several models in this process, of which one is current: changed while people chat, without a gap."""

import asyncio
import logging
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace

from core.engine.asking import is_within
from core.engine.shelf import Canary, Shelf, ShelvedModel
from core.engine.types import ChatMessage, Choice, Delta, Engine, Load, ModelCard, Options, Prompt, Role
from core.errors import ModelError, ModelLeft
from core.health import Health
from core.ports import Clock

FOOTPRINT = 1.5
"""Memory a model takes at work, in sizes of its files: 1.4 to 1.6 with the models of the catalogue."""
LOOK_SECONDS = 1.0
"""Time between two looks at which model is the active one."""
MEGABYTE = 1_000_000

Open = Callable[[ShelvedModel], Awaitable[Engine]]
_log = logging.getLogger(__name__)


@dataclass(eq=False)
class _Loaded:
    """A model in memory, and who still needs it: prompts it read and answers it writes."""

    model: ShelvedModel
    engine: Engine
    _holders: set[object] = field(default_factory=set)
    _left: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def held(self) -> Iterator[Engine]:
        """Keep it in memory for as long as the block runs."""
        holder = object()
        self._holders.add(holder)
        try:
            yield self.engine
        finally:
            self._release(holder)

    def hold_for(self, prompt: Prompt) -> None:
        """Keep it in memory for as long as anybody has this prompt."""
        holder, loop = object(), asyncio.get_running_loop()
        self._holders.add(holder)
        # Garbage is collected on any thread.
        weakref.finalize(prompt, _call_on, loop, self._release, holder).atexit = False

    async def unneeded(self) -> None:
        """Return when nobody needs it any more."""
        while self._holders:
            self._left.clear()
            await self._left.wait()

    def _release(self, holder: object) -> None:
        self._holders.discard(holder)
        self._left.set()


def _call_on(loop: asyncio.AbstractEventLoop, function: Callable[[object], None], argument: object) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(function, argument)


class Registry:
    """Fills `Engine` with the current model. Make one with `open_registry`.

    A prompt is answered by the model that read it, to the end, whatever becomes current meanwhile. A model
    becomes current only after it has been loaded and has generated. The one before it stays in memory as the
    way back, as long as the budget allows; others leave when their last answer has ended.

    Args:
        open_model: loads a model.
        budget: bytes that models may take together.
        current: the model to begin with, loaded.
        engine: its engine.
    """

    def __init__(self, open_model: Open, budget: float, current: ShelvedModel, engine: Engine) -> None:
        self._open_model = open_model
        self._budget = budget
        self._current = _Loaded(current, engine)
        self._previous: _Loaded | None = None
        self._canary: _Loaded | None = None
        self._share = 0.0
        self._loaded = [self._current]
        self._leaving: dict[_Loaded, asyncio.Task[None]] = {}
        self._changing = asyncio.Lock()
        self._refused = ""

    async def use(self, model: ShelvedModel) -> None:
        """Make a model current: load it and try it first.

        Raises:
            ModelError: it cannot be used, or does not fit into the budget; the current one stays current.
        """
        async with self._changing:
            if model.reference == self._current.model.reference:
                return
            try:
                fresh = self._find(model.reference) or await self._opened(model)
            except (ModelError, OSError) as error:
                self._refused = f"{model.reference} cannot take over: {error}"
                raise
            self._refused = ""
            self._previous, self._current = self._current, fresh
            _log.info("%s answers from now on", model.reference)
            self._retire_others()

    async def try_out(self, model: ShelvedModel | None, share: float = 0.0) -> None:
        """Let a model answer a share of the conversations, beside the current one; None ends it.

        A conversation always falls to the same of the two. What is asked for none, as `core.engine.asking`
        tells, is answered by the current one.

        Raises:
            ModelError: it cannot be used, or does not fit into the budget; none is tried then.
        """
        async with self._changing:
            self._canary, self._share = None, 0.0
            if model is not None:
                self._canary = self._find(model.reference) or await self._opened(model)
                self._share = share
                _log.info("%s answers %.0f %% of the conversations", model.reference, 100 * share)
            self._retire_others()

    def _retire_others(self) -> None:
        """Those that neither answer nor are the way back."""
        for each in self._loaded:
            if each not in (self._current, self._previous, self._canary):
                self._retire(each)

    async def rollback(self) -> None:
        """Make the model that was current before current again.

        Raises:
            ModelError: there was none, or it cannot be used any more.
        """
        if self._previous is None:
            raise ModelError("There is no model to go back to")
        await self.use(self._previous.model)

    def loaded(self) -> list[str]:
        """References of the models in memory."""
        return [each.model.reference for each in self._loaded]

    @property
    def refused(self) -> str:
        """Why a model could not take over; empty where the last one could."""
        return self._refused

    def health(self) -> Health:
        tried = f" {self._canary.model.reference} answers {self._share:.0%}." if self._canary else ""
        detail = f"{self._current.model.reference} answers.{tried} {self._refused}".rstrip()
        return Health(part="model", ok=True, detail=detail)

    async def prepare(self, messages: Sequence[ChatMessage], begun: str = "") -> Prompt:
        loaded = self._answering()
        with loaded.held() as engine:
            prompt = await engine.prepare(messages, begun)
            loaded.hold_for(prompt)
            return prompt

    async def extend(self, prompt: Prompt, begun: str) -> Prompt:
        loaded = self._reader_of(prompt)
        with loaded.held() as engine:
            extended = await engine.extend(prompt, begun)
            loaded.hold_for(extended)
            return extended

    async def count(self, texts: Sequence[str]) -> list[int]:
        with self._current.held() as engine:
            return await engine.count(texts)

    async def stream(self, prompt: Prompt, options: Options) -> AsyncGenerator[Delta, None]:
        with self._reader_of(prompt).held() as engine:
            async with aclosing(engine.stream(prompt, options)) as deltas:
                async for delta in deltas:
                    yield delta

    async def choose(self, prompt: Prompt, options: Sequence[str]) -> Choice:
        with self._reader_of(prompt).held() as engine:
            return await engine.choose(prompt, options)

    def card(self) -> ModelCard:
        return self._current.engine.card()

    def load(self) -> Load:
        """The current model's, with what the others still have to do."""
        loads = [each.engine.load() for each in self._loaded]
        return replace(
            self._current.engine.load(),
            queued=sum(load.queued for load in loads),
            active=sum(load.active for load in loads),
        )

    async def close(self) -> None:
        async with self._changing:
            for each in self._loaded:
                if each in self._leaving:
                    self._leaving[each].cancel()
            await asyncio.gather(*self._leaving.values(), return_exceptions=True)
            for each in self._loaded:
                await each.engine.close()

    def _answering(self) -> _Loaded:
        """The model for the conversation that asks."""
        if self._canary and is_within(self._share, self._canary.model.reference):
            return self._canary
        return self._current

    def _find(self, reference: str) -> _Loaded | None:
        """A model in memory; one that was leaving stays."""
        for each in self._loaded:
            if each.model.reference == reference:
                if leaving := self._leaving.pop(each, None):
                    leaving.cancel()
                return each
        return None

    def _retire(self, loaded: _Loaded) -> None:
        if loaded not in self._leaving:
            self._leaving[loaded] = asyncio.create_task(self._leave(loaded), name="unload a model")

    async def _leave(self, loaded: _Loaded) -> None:
        await loaded.unneeded()
        self._loaded.remove(loaded)  # from here on nothing stops it
        try:
            await loaded.engine.close()
        finally:
            del self._leaving[loaded]
        _log.info("%s is out of memory", loaded.model.reference)

    def _reader_of(self, prompt: Prompt) -> _Loaded:
        for each in self._loaded:
            if each.model.reference == prompt.model:
                return each
        raise ModelLeft(f"The model {prompt.model} that read this prompt is not in memory: prepare it again")

    async def _opened(self, model: ShelvedModel) -> _Loaded:
        await self._make_room(model)
        engine = await self._open_model(model)
        try:
            await _try(engine)
        except BaseException:
            await engine.close()
            raise
        fresh = _Loaded(model, engine)
        self._loaded.append(fresh)
        return fresh

    async def _make_room(self, model: ShelvedModel) -> None:
        """Give up the way back, and wait for models that are leaving, until the new one fits."""
        if self._previous and self._short_of(model):
            self._retire(self._previous)
            self._previous = None
        while self._leaving and self._short_of(model):
            await asyncio.wait(self._leaving.values(), return_when=asyncio.FIRST_COMPLETED)
        if self._short_of(model):
            raise ModelError(
                f"it needs some {footprint(model) / MEGABYTE:.0f} MB beside the "
                f"{self._taken() / MEGABYTE:.0f} MB in use, and FRONTDESK_MODEL_MEMORY_MB allows "
                f"{self._budget / MEGABYTE:.0f}. Raise it, or restart"
            )

    def _short_of(self, model: ShelvedModel) -> bool:
        return self._taken() + footprint(model) > self._budget

    def _taken(self) -> float:
        return sum(footprint(each.model) for each in self._loaded)


def footprint(model: ShelvedModel) -> float:
    """Bytes of memory a model is reckoned to take."""
    return FOOTPRINT * model.size


async def open_registry(open_model: Open, budget: float, model: ShelvedModel) -> Registry:
    """Load a model and make it current.

    Args:
        open_model: loads a model.
        budget: bytes that this model and those after it may take together; this one is loaded in any case.
        model: from the shelf.

    Raises:
        ModelError: it cannot be used.
    """
    return Registry(open_model, budget, model, await open_model(model))


async def follow(shelf: Shelf, registry: Registry, clock: Clock) -> None:
    """Make whatever becomes the shelf's active model current, and its canary the canary, until cancelled.

    One that cannot be used is named in the log and in `Registry.health`, and not tried again until another
    was active.
    """
    seen = registry.card().reference
    tried: Canary | None = None
    complained = ""
    while True:
        try:
            active = await asyncio.to_thread(shelf.active)
            if active is not None and active != seen:
                seen = active
                await _take_over(shelf, registry, active)
            canary = await asyncio.to_thread(shelf.canary)
            if canary != tried:
                tried = canary
                await _try_out(shelf, registry, canary)
            complained = ""
        except OSError as error:
            if complained != str(error):
                _log.warning("which model is to answer cannot be read: %s", error)
            complained = str(error)
        await clock.sleep(LOOK_SECONDS)


async def _take_over(shelf: Shelf, registry: Registry, reference: str) -> None:
    try:
        await registry.use(await asyncio.to_thread(shelf.find, reference))
    except (ModelError, OSError) as error:
        _log.warning("%s cannot take over: %s", reference, error)


async def _try_out(shelf: Shelf, registry: Registry, canary: Canary | None) -> None:
    if canary is None:
        await registry.try_out(None)
        return
    try:
        model = await asyncio.to_thread(shelf.find, canary.reference)
        await registry.try_out(model, canary.share)
    except (ModelError, OSError) as error:
        _log.warning("%s cannot be tried: %s", canary.reference, error)


async def _try(engine: Engine) -> None:
    """Generate once, so that the first person need not wait for what happens only once."""
    prompt = await engine.prepare([ChatMessage(role=Role.USER, text="Hello!")])
    async for _ in engine.stream(prompt, Options(max_tokens=2)):
        pass
