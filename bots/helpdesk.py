"""The help desk: customers on one side, agents on the other."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from core.delivery.perception import Perception
from core.delivery.responder import Responder
from core.desk.briefing import Briefing
from core.desk.concierge import Concierge
from core.desk.door import Door
from core.desk.drafts import DraftBox, Drafting
from core.desk.joining import Joining
from core.desk.ports import Adviser, Suggestions
from core.desk.rounds import Rounds
from core.desk.switchboard import HelpDesk
from core.desk.threads import Threads
from core.desk_policy import DeskSection
from core.errors import ConfigurationError
from core.message import Conversation, Platform
from core.policy import Policies
from core.ports import Channel, Clock
from core.rights import Right
from core.settings import Settings
from core.store.ports import Store


@dataclass(frozen=True, kw_only=True)
class Counter:
    """The help desk, ready for the adapter of the platform where its agents work."""

    section: DeskSection
    store: Store
    clock: Clock
    door: Door
    joining: Joining
    switchboard: HelpDesk
    suggestions: Suggestions

    def responder(self, responder: Responder, adviser: Adviser) -> Responder:
        """One that fetches people when the assistant does not get on, and then works for them."""
        return Concierge(
            responder,
            joining=self.joining,
            drafting=Drafting(self.store, adviser, self.door.language),
            briefing=Briefing(self.store, adviser, self.door),
            store=self.store,
            section=self.section,
        )

    def channel(self, platform: Platform, channel: Channel) -> Channel:
        """A platform's channel; that of the desk's own platform knows its threads."""
        return Threads(channel, self.store.tickets) if platform == self.section.platform else channel

    @asynccontextmanager
    async def making_rounds(self, wake: Callable[[Conversation], None]) -> AsyncIterator[None]:
        """Look after tickets as time passes, for as long as the block runs."""
        rounds = Rounds(store=self.store, door=self.door, section=self.section, clock=self.clock, wake=wake)
        task = asyncio.create_task(rounds.run(), name="help desk rounds")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


def check(settings: Settings, policies: Policies) -> None:
    """See that agents can be reached at all: otherwise every hand-over would fail, and only then.

    Raises:
        ConfigurationError: they cannot.
    """
    if policies.desk is None:
        return
    tokens = {"slack": settings.slack_bot_token, "telegram": settings.telegram_bot_token}
    if tokens[policies.desk.platform] is None:
        name = policies.desk.platform
        raise ConfigurationError(
            f"frontdesk.yaml describes a help desk in {name.title()}, and {name.upper()}_BOT_TOKEN is empty: "
            f"set it, as docs/{name}.md describes, or take the section `desk` out."
        )


def build(
    store: Store, policies: Policies, clock: Clock, perception: Perception | None = None
) -> Counter | None:
    """The help desk that `frontdesk.yaml` describes; None where it describes none.

    Args:
        perception: makes words of customers' recordings and pictures, for agents.
    """
    if policies.desk is None:
        return None
    agents = policies.roles.holding(Right.SERVE) if policies.roles.agent else ()
    door = Door(policies.desk.language, agents)
    joining = Joining(store, door, clock)
    switchboard = HelpDesk(
        store=store,
        door=door,
        joining=joining,
        section=policies.desk,
        clock=clock,
        language=policies.assistant.language,
        policies=policies,
        perception=perception,
    )
    return Counter(
        section=policies.desk,
        store=store,
        clock=clock,
        door=door,
        joining=joining,
        switchboard=switchboard,
        suggestions=DraftBox(store),
    )
