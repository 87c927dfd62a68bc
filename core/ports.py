"""The protocols between the core and the world: adapters, stores and clocks fill them.

The engine's is in `core.engine.types`. Each docstring states the guarantee that the core rests on.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from core.message import Arrival, Attachment, Conversation, Post, Reply


class Intake(Protocol):
    """Where adapters hand in what arrived."""

    async def accept(self, arrival: Arrival) -> None:
        """Take one event.

        Returns only after the event is committed, or found to be a repeat, or not meant for us. Only then
        may the platform be told "received".

        Raises:
            StoreError: nothing was written; the platform must be told to deliver it again.
        """


class Outbound(Protocol):
    """Visible posts on one platform. `place` may run once per post, everything else any number of times.

    Every method may raise RateLimited, Unreachable (certainly not arrived), Refused, Gone or Moved.
    """

    def split(self, reply: Reply) -> Sequence[Reply]:
        """Cut an answer into parts that fit one post each; citations and choices stay with the last.

        The same answer gives the same parts.
        """

    async def place(self, post: Post, reply: Reply | None = None) -> str:
        """Put up a placeholder, or start a stream, and return the id the platform gave it.

        Where a post whose id was lost can be found again, `reply` may stand there at once; it is settled all
        the same.

        Raises:
            Uncertain: it may stand there; ask `find` before placing again.
        """

    async def settle(self, post: Post, reply: Reply) -> None:
        """Make the placed post show exactly `reply` (one part), finished, with its buttons.

        Safe to repeat: showing what already stands there succeeds. Uncertain means: worth repeating.

        Raises:
            Vanished: somebody took the placed post away.
        """

    async def find(self, post: Post, reply: Reply | None = None) -> str | None:
        """Look for a post whose placing was uncertain; None when it is not there or cannot be looked for.

        Args:
            reply: with which it was placed.

        Raises:
            Refused: it cannot be looked for, and must not stand there twice.
        """

    async def withdraw(self, post: Post) -> None:
        """Take a placed post away, because its question is gone.

        With a post that bears the id of what a person wrote, this is taken away, where the platform can.
        """


class Preview(Protocol):
    """What a person sees while an answer is being made: all of it may be lost without harm."""

    def drafts(self, conversation: Conversation) -> bool:
        """True where growing text is shown before, and apart from, the placed post."""

    def cadence(self, conversation: Conversation) -> float:
        """Seconds between two calls of `show` that the platform bears."""

    async def working(self, post: Post, doing: str = "") -> None:
        """Show that the assistant is at work, at once; and at what, where the platform has room for it.

        Args:
            doing: "reading 3 passages"; again and again, as it changes.
        """

    async def hold(self, post: Post, notice: str) -> bool:
        """Show, in place of the sign of work, why the answer is late; the next `show` takes it down.

        False where only the placed post itself could say it.
        """

    async def show(self, post: Post, text: str) -> None:
        """Show the answer so far: `text` is all of it (Markdown), longer at each call."""

    async def rest(self, post: Post) -> None:
        """Take the sign of work down and forget the growing text: the turn ended."""


class Channel(Outbound, Preview, Protocol):
    """What an adapter gives the core for its platform."""


class Files(Protocol):
    """What people attached, fetched when something needs it."""

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        """A file as the platform has it, from the platform's own host alone.

        Args:
            conversation: where it was attached.
            limit: bytes at most; nothing beyond them is held.

        Raises:
            TooLarge: it has more bytes, or more than the platform gives out.
            PlatformError: it could not be fetched: RateLimited and Unreachable may be tried again.
        """


class Leases(Protocol):
    """Things that only one process may hold at a time, kept alive by that process's heartbeat."""

    async def take(self, name: str) -> bool:
        """Take the lease, or keep it; False while another living process holds it."""

    async def drop(self, name: str) -> None:
        """Give the lease back."""


class Cabinet(Protocol):
    """Small secrets that must outlive the process (installations, OAuth states), sealed at rest."""

    async def put(self, name: str, text: str) -> None:
        """Keep `text` under `name`; returns only after commit."""

    async def get(self, name: str) -> str | None:
        """What was kept under `name`."""

    async def remove(self, name: str) -> bool:
        """Forget it; False when nothing was there (a state is used once only)."""


class Clock(Protocol):
    """Time, so that tests need not wait for it."""

    def now(self) -> datetime:
        """The present, aware, UTC."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""
