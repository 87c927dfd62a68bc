"""Keeping what the documents do not answer, without telling of whom the question was."""

import logging
from collections.abc import Collection

from core.errors import StoreError
from core.language.analysis import LanguagePipeline
from core.language.topics import topic
from core.privacy.detection.detector import Detector
from core.privacy.redaction import redacted
from core.store.ports import Gaps

LONGEST = 300
"""Characters of an example."""

_log = logging.getLogger(__name__)


class GapNotes:
    """Notes gaps; that one could not be noted costs nobody an answer."""

    def __init__(self, gaps: Gaps, pipeline: LanguagePipeline) -> None:
        self._gaps = gaps
        self._detector = Detector(pipeline)

    async def note(self, turn_id: str, question: str, reason: str, names: Collection[str]) -> None:
        """Keep a question that was not answered.

        Args:
            reason: as `core.store.records.Gap` has it.
            names: in lower case, words of the operator's own documents, which may stay.
        """
        (read,) = await self._detector.read([question[: 4 * LONGEST]])
        example = redacted(read, names)[:LONGEST]
        try:
            await self._gaps.note(turn_id, topic(read.analysis, names), reason, example)
        except StoreError as error:
            _log.warning("the gap of turn %s was not noted: %s", turn_id, error)
