"""What the knowledge base stands on: where passages are kept, searched and turned into vectors."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.knowledge.passages import Document, Found, Passage, Source
from core.language.query import SearchQuery
from core.message import Conversation

Vectors = npt.NDArray[np.float32]
"""One row per text, of length 1."""
Scores = npt.NDArray[np.float32]
"""One per text."""


class Encoder(Protocol):
    """Turns texts into vectors whose cosine says how alike they mean."""

    @property
    def reference(self) -> str:
        """NAME@VERSION: vectors of different encoders must not be compared."""

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""

    async def encode(self, texts: Sequence[str], *, background: bool = False) -> Vectors:
        """The vectors of `texts`, shape (len(texts), dimensions); what is too long counts by its beginning.

        Args:
            texts: as they come; long ones and short ones may be mixed, and there may be thousands.
            background: nobody waits for it: it gives way to questions and to answers being written.

        Raises:
            ModelError: the encoder failed.
        """


class Reranker(Protocol):
    """Reads a question and passages together, and says how well each answers it."""

    @property
    def reference(self) -> str:
        """NAME@VERSION."""

    @property
    def seconds(self) -> float:
        """That a passage of some 110 tokens takes here, many together, as measured at the start."""

    async def scores(self, question: str, passages: Sequence[str]) -> Scores:
        """The log-odds that each passage answers the question.

        Raises:
            ModelError: the reranker failed.
        """


class Library(Protocol):
    """Keeps sources, documents and passages. Every writing method returns only after its commit."""

    async def add(self, source: Source) -> None:
        """Enter a source, or change its location, audience or watching."""

    async def remove(self, name: str) -> bool:
        """Forget a source with everything read from it; False when there is none."""

    async def erase(self, owners: Collection[str]) -> int:
        """Forget every source of these owners and destroy their keys; returns how many sources that were."""

    async def adopt(self, name: str, source: Source) -> None:
        """Make an operator's source somebody's: what was read of it stays, and is kept as its owner's now."""

    async def seal_clear(self) -> int:
        """Seal one document of an owner that is still kept in clear; 0 where all are sealed, 1 otherwise."""

    async def sources(self) -> Sequence[Source]:
        """All sources, by name."""

    async def documents(self, source: str) -> Mapping[str, Document]:
        """What has been read from a source, by location."""

    async def passages(self, source: str, location: str) -> Sequence[Passage]:
        """What was read from a document, in its order."""

    async def put(self, source: str, document: Document, passages: Sequence[Passage]) -> None:
        """Enter a document in the place of the one at its location; readers see either the old or the new."""

    async def forget(self, source: str, locations: Collection[str]) -> None:
        """Documents that are gone."""

    async def embed(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Give every passage the vector that it lacks or has of another encoder; nothing without an encoder.

        Until then the passage is found by its words. Vectors are committed as they are made: broken off, it
        goes on where it was.

        Args:
            progress: told how many passages are done, and of how many; on the event loop.

        Raises:
            ModelError: the encoder failed.
        """

    async def clear_log(self) -> None:
        """Let nothing of what was removed stand in the file's log.

        Raises:
            StoreError: somebody else reads all the time.
        """

    async def close(self) -> None:
        """Let go of the files."""


class Search(Protocol):
    """Finds passages."""

    async def find(
        self,
        query: SearchQuery,
        conversation: Conversation | None,
        *,
        sources: Sequence[str] | None = None,
        limit: int = 5,
    ) -> Sequence[Found]:
        """The best passages, best first; of equal texts one.

        Args:
            query: what to look for.
            conversation: where they will be shown: nothing is found that may not be. None, for an operator,
                finds everything.
            sources: names of sources to look in; all that are open to the conversation by default.
            limit: passages at most.
        """

    async def passage(self, passage_id: int, conversation: Conversation | None) -> Found | None:
        """One passage again; None where it is gone or may not be shown there."""
