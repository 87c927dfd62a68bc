"""Who may read which passage: asked anew each time, since sources and policies change."""

from core.knowledge.passages import Document, Found, Passage
from core.knowledge.ports import Search
from core.message import Conversation
from core.policy import Policies
from core.privacy.masking import unmasked
from core.store.ports import Store


class ReadingRoom:
    """Hands out passages in full, to the conversations that they are open to.

    What was read in a picture is open in the channel in which it was cited, as long as that answer is kept.
    """

    def __init__(self, search: Search | None, policies: Policies, store: Store | None) -> None:
        """Put together.

        Args:
            search: finds passages of documents, where there are any.
            store: keeps what answers cite of pictures, where they do.
        """
        self._search = search
        self._policies = policies
        self._store = store

    async def passage(self, passage_id: int, conversation: Conversation) -> Found | None:
        """The passage; None where it is gone, or may not be shown there by its source or by the policy.

        Raises:
            StoreError: it cannot be looked up now.
        """
        if passage_id < 0:
            return await self._pictured(passage_id, conversation)
        if self._search is None:
            return None
        found = await self._search.passage(passage_id, conversation)
        chosen = self._policies.for_conversation(conversation).sources
        if found is None or (chosen is not None and found.source not in chosen):
            return None
        return found

    async def _pictured(self, passage_id: int, place: Conversation) -> Found | None:
        if self._store is None or (kept := await self._store.outbox.citation(passage_id, place)) is None:
            return None
        conversation, citation = kept
        text = unmasked(citation.text, await self._store.history.names(conversation), markdown=False)
        return Found(
            id=passage_id,
            passage=Passage(text=text),
            document=Document(location="", title=citation.title, digest=""),
            source="",
            score=0.0,
        )
