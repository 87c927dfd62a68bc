"""The one place where personal data is looked for."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from core.language.analysis import Analysis, LanguagePipeline
from core.privacy.detection.finding import Finding, settled
from core.privacy.detection.names import find_names
from core.privacy.detection.patterns import find_patterns
from core.privacy.detection.presidio import Presidio


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A text, taken apart, and the personal data in it."""

    analysis: Analysis
    findings: tuple[Finding, ...]
    """In order, without overlaps."""

    @property
    def text(self) -> str:
        return self.analysis.text


class Detector:
    """Finds personal data in texts, in English, German and Spanish: by rules, by the language's model where
    there is one, and by Presidio where the extra `privacy` is there.

    Args:
        pipeline: takes the texts apart.
    """

    def __init__(self, pipeline: LanguagePipeline) -> None:
        self._pipeline = pipeline
        self._presidio = Presidio()

    async def read(self, texts: Sequence[str], language: str = "") -> Sequence[Reading]:
        """One reading per text, in order; never fails on any text, and never keeps the loop waiting.

        Args:
            language: the language they are known to be in; else that of each is identified.
        """
        analyses = await self._pipeline.analyse(texts, language)
        return await asyncio.to_thread(lambda: [self._reading(each) for each in analyses])

    def _reading(self, text: Analysis) -> Reading:
        found = (*find_patterns(text.text), *find_names(text), *self._presidio.find(text))
        return Reading(analysis=text, findings=settled(found))
