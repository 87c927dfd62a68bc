"""The pipeline that everyone shares: one thread, on which texts of many callers are analysed together."""

import asyncio
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import accumulate

from core.language import models, rules
from core.language.analysis import Analysis, joined
from core.language.blocks import blocks
from core.language.identification import Identifier
from core.language.models import Model

ENGLISH = "en"
TOGETHER, CHARACTERS = 32, 4_000
"""Texts that are analysed in one go, and what they have: some 0.2 s, for which whoever asks later waits."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Ask:
    """A text somebody waits for."""

    text: str
    language: str
    result: "Future[Analysis]" = field(default_factory=Future)


class Pipeline:
    """Fills `LanguagePipeline` with spaCy's models, and with rules where a language has none.

    Nothing is imported or loaded before the first text of a language; that takes seconds, on the thread.

    Args:
        usual: the language of texts that tell too little to identify it.
        packages: the models there are, by language.
    """

    def __init__(
        self, usual: str = ENGLISH, packages: Callable[[], Mapping[str, str]] = models.packages
    ) -> None:
        self._usual = usual
        self._packages = packages
        self._identifier = Identifier()
        self._models: dict[str, Model | None] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="language")
        self._lock = threading.Lock()
        self._waiting: list[_Ask] = []
        self._busy = False

    async def analyse(self, texts: Sequence[str], language: str = "") -> Sequence[Analysis]:
        asks = [_Ask(text=text, language=language) for text in texts]
        with self._lock:
            self._waiting += asks
            if asks and not self._busy:
                self._thread.submit(self._work)
                self._busy = True
        return await asyncio.gather(*(asyncio.wrap_future(ask.result) for ask in asks))

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)
        self._models.clear()

    def _work(self) -> None:
        """Answer everyone who waits, some at a time."""
        while asks := self._next():
            taken = [ask for ask in asks if ask.result.set_running_or_notify_cancel()]
            languages = [ask.language or self._identifier.language(ask.text, self._usual) for ask in taken]
            for language in dict.fromkeys(languages):
                self._answer(
                    language, [ask for ask, its in zip(taken, languages, strict=True) if its == language]
                )

    def _next(self) -> Sequence[_Ask]:
        """Who waits longest, and then the shortest: a question need not wait until passages are read."""
        with self._lock:
            queue = self._waiting[:1] + sorted(self._waiting[1:], key=lambda ask: len(ask.text))
            lengths = accumulate(len(ask.text) for ask in queue)
            fitting = max(1, sum(length <= CHARACTERS for length in lengths))
            asks = queue[: min(fitting, TOGETHER)]
            taken = set(asks)
            self._waiting = [ask for ask in self._waiting if ask not in taken]
            self._busy = bool(asks)
        return asks

    def _answer(self, language: str, asks: Sequence[_Ask]) -> None:
        texts, model = [ask.text for ask in asks], self._model(language)
        try:
            analyses = _analyses(language, texts, model)
        except Exception as error:  # noqa: BLE001 - whatever a model trips over, everyone gets an answer
            name = type(error).__name__
            log.warning("the language model of %s failed (%s); rules take its place", language, name)
            analyses = _analyses(language, texts, None)
        for ask, analysis in zip(asks, analyses, strict=True):
            ask.result.set_result(analysis)

    def _model(self, language: str) -> Model | None:
        """None where the language has no model, or one that cannot be loaded."""
        if language not in self._models:
            package = self._packages().get(language)
            self._models[language] = _loaded(package) if package else None
        return self._models[language]


def _analyses(language: str, texts: Sequence[str], model: Model | None) -> list[Analysis]:
    cut = [list(blocks(text)) for text in texts]
    flat = [piece for pieces in cut for _, piece in pieces]
    found = iter(model.analyse(flat) if model else [rules.analyse(piece, language) for piece in flat])
    return [
        joined(text, language, model is not None, [(offset, next(found)) for offset, _ in pieces])
        for text, pieces in zip(texts, cut, strict=True)
    ]


def _loaded(package: str) -> Model | None:
    try:
        return Model(package)
    except (ImportError, OSError, ValueError) as error:
        log.warning("the language model %s cannot be loaded (%s); rules take its place", package, error)
        return None
