"""What a help desk needs of the place where its agents work: few methods, so that any desk can fill them."""

from typing import Protocol

from core.message import Conversation, Person


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
