"""Who may read which passage: asked anew each time, since sources and policies change."""

from core.knowledge.passages import Found
from core.knowledge.ports import Search
from core.message import Conversation
from core.policy import Policies


class ReadingRoom:
    """Hands out passages in full, to the conversations that they are open to."""

    def __init__(self, search: Search | None, policies: Policies) -> None:
        self._search = search
        self._policies = policies

    async def passage(self, passage_id: int, conversation: Conversation) -> Found | None:
        """The passage; None where it is gone, or may not be shown there by its source or by the policy.

        Raises:
            StoreError: it cannot be looked up now.
        """
        if self._search is None:
            return None
        found = await self._search.passage(passage_id, conversation)
        chosen = self._policies.for_conversation(conversation).sources
        if found is None or (chosen is not None and found.source not in chosen):
            return None
        return found
