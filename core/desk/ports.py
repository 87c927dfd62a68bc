"""What a help desk needs of the place where its agents work: few methods, so that any desk can fill them."""

from typing import Protocol

from core.delivery.responder import Answer
from core.message import Conversation, Person
from core.policy import Policy
from core.store.records import Brief, Transcript


class Desk(Protocol):
    """Where agents work. What is said to them goes the way of all posts, through the platform's channel."""

    @property
    def has_titles(self) -> bool:
        """Whether a thread has a title apart from its first post; then the first post is the title."""

    async def lobby(self) -> Conversation:
        """The channel in which threads are begun.

        Raises:
            PlatformError: it is not known yet.
        """

    async def admits(self, person: Person) -> bool:
        """Whether somebody is a member of that channel, and so an agent.

        Raises:
            PlatformError: it cannot be told now.
        """

    async def name(self, person: Person) -> str:
        """What customers may call an agent; empty where that cannot be told."""


class Adviser(Protocol):
    """Works for agents; customers hear nothing of it."""

    async def brief(self, transcript: Transcript) -> Brief:
        """What was said so far, in brief.

        Raises:
            ModelError: it cannot be made.
        """

    async def suggest(
        self, conversation: Conversation, transcript: Transcript, policy: Policy
    ) -> Answer | None:
        """An answer to what the transcript leaves open; None where the assistant has none to give.

        Raises:
            ModelError, StoreError: it cannot be made.
        """


class Suggestions(Protocol):
    """What stands to be sent."""

    async def text_of(self, place: Conversation, post_id: str) -> str:
        """The suggested answer that a post of the desk shows, as the platform knows both; empty where it
        cannot be sent any more.

        Raises:
            StoreError: it cannot be read.
        """
