"""What the delivery layer asks of the dialogue: an answer to a turn."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from core.message import Arrival, Choice, Citation, Conversation
from core.policy import Policy
from core.privacy.audit import AuditEntry
from core.safety.links import Links
from core.store.records import Draft, FlowRun, Ticket, Turn


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a turn has to say, and how it came about."""

    text: str
    """Markdown, whole."""
    route: str
    lead: str = ""
    """Stands above the text and is not remembered with it: what was heard and read in people's files."""
    citations: tuple[Citation, ...] = ()
    """What the numbers in the text stand for."""
    choices: tuple[Choice, ...] = ()
    """What may be answered by a button."""
    doing: str = ""
    """What is being done while there is no text to show yet: "reading 3 passages"."""
    question: str = ""
    """What it answers, where that is not what the turn's messages say."""
    quiet: bool = False
    """A notice: not part of the transcript, no feedback buttons."""
    remembered: bool = False
    """Part of the transcript, though a notice."""
    model: str = ""
    prompt: str = ""
    evidence: dict[str, object] = field(default_factory=dict)
    hand_off: str = ""
    """Why people must take over (`core.desk.tickets.Reason`); the text need say nothing of it."""
    removes: str = ""
    """Platform id of what a person wrote and wants to be taken away."""
    relays: tuple[Arrival, ...] = ()
    """What is to be said elsewhere because of it."""
    ticket: Ticket | None = None
    """The ticket that it belongs to, as it is now."""
    flow: FlowRun | None = None
    """What becomes of the person's flow."""
    draft: Draft | None = None
    """What became of an answer that was suggested to agents."""
    audit: tuple[AuditEntry, ...] = ()
    """What is to be accounted for; written down with it."""
    links: Links | None = None
    """What a model's words may lead to; None where they are none of a model."""

    @property
    def shown(self) -> str:
        """All that the person sees of it."""
        text = self.text if self.links is None else self.links.only(self.text)
        return "\n\n".join(part for part in (self.lead, text) if part)


Seat = Callable[[], AbstractAsyncContextManager[None]]
"""A place at the engine, waited for and kept for as long as the block runs; raises Overloaded."""


class Responder(Protocol):
    """Makes answers. Cancelling a call stops the work behind it at once."""

    async def respond(self, turn: Turn, policy: Policy, show: Callable[[Answer], None], seat: Seat) -> Answer:
        """Answer the turn's messages; call `show` with the answer so far whenever its text grows.

        Args:
            seat: entered around what the engine works at for long; what needs no model waits for nobody.

        Raises:
            ModelError: no answer can be had.
            Overloaded: a seat would take too long.
        """

    async def reflect(self, conversation: Conversation, policy: Policy) -> Sequence[Conversation]:
        """Use the quiet after a turn, for example to summarise; given up when the next message comes.

        Returns:
            Other conversations for which something was committed.
        """
