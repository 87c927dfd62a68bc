"""A search whose best passages are read again: a reranker sees question and passage together.

That tells better which passage answers than words and vectors do, which know nothing of the question while
they read, and it takes time for every passage.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.errors import ModelError
from core.knowledge.passages import Found, in_context
from core.knowledge.ports import Reranker, Search
from core.language.query import SearchQuery
from core.message import Conversation

DEEPEST, SHALLOWEST = 30, 10
"""Passages that are read for a question, at most and at least."""
READING_SECONDS = 0.4
"""That reading may take on this machine: it decides how many passages are read."""
PATIENCE = 1.0
"""Seconds for waiting until others' passages are read, and for reading; then the search's own order stays."""

_log = logging.getLogger(__name__)


class Reranked:
    """Fills `core.knowledge.ports.Search` with another search, and orders what that finds.

    One question is read for at a time, as that takes the whole machine.

    Args:
        search: finds the passages.
        reranker: says how well each answers.
        depth: passages that are read for a question; as many as are quick enough here by default.
    """

    def __init__(self, search: Search, reranker: Reranker, depth: int | None = None) -> None:
        self._search = search
        self._reranker = reranker
        self._depth = depth or _affordable(reranker)
        self._reading = asyncio.Lock()
        _log.info("%s reads the best %d passages of a search again", reranker.reference, self._depth)

    async def find(
        self,
        query: SearchQuery,
        conversation: Conversation | None,
        *,
        sources: Sequence[str] | None = None,
        limit: int = 5,
    ) -> Sequence[Found]:
        found = await self._search.find(query, conversation, sources=sources, limit=max(limit, self._depth))
        try:
            async with asyncio.timeout(PATIENCE), self._reading:
                read = await self._read(query, found[: self._depth])
        except TimeoutError:
            return found[:limit]
        except ModelError:
            _log.exception("the reranker failed: the order of the search stays")
            return found[:limit]
        return [*read, *found[self._depth :]][:limit]

    async def passage(self, passage_id: int, conversation: Conversation | None) -> Found | None:
        return await self._search.passage(passage_id, conversation)

    async def _read(self, query: SearchQuery, found: Sequence[Found]) -> Sequence[Found]:
        texts = [in_context(each.document.title, each.passage.headings, each.passage.text) for each in found]
        scores = await self._reranker.scores(query.text, texts)
        order = np.argsort(-scores, kind="stable")
        return [replace(found[at], answers=float(scores[at])) for at in order]


def _affordable(reranker: Reranker) -> int:
    return max(SHALLOWEST, min(DEEPEST, int(READING_SECONDS / max(reranker.seconds, 1e-6))))
