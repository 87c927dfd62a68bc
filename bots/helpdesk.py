"""The help desk: customers on one side, agents on the other."""

from dataclasses import dataclass

from core.delivery.responder import Responder
from core.desk.concierge import Concierge
from core.desk.door import Door
from core.desk.switchboard import HelpDesk
from core.desk.threads import Threads
from core.desk_policy import DeskSection
from core.message import Platform
from core.policy import Policies
from core.ports import Channel, Clock
from core.store.ports import Store


@dataclass(frozen=True, kw_only=True)
class Counter:
    """The help desk, ready for the adapter of the platform where its agents work."""

    section: DeskSection
    store: Store
    door: Door
    switchboard: HelpDesk

    def responder(self, responder: Responder) -> Responder:
        """One that fetches people when the assistant does not get on."""
        return Concierge(responder, self.store.history, self.section)

    def channel(self, platform: Platform, channel: Channel) -> Channel:
        """A platform's channel; that of the desk's own platform knows its threads."""
        return Threads(channel, self.store.tickets) if platform == self.section.platform else channel


def build(store: Store, policies: Policies, clock: Clock) -> Counter | None:
    """The help desk that `frontdesk.yaml` describes; None where it describes none."""
    if policies.desk is None:
        return None
    door = Door()
    switchboard = HelpDesk(store=store, desk=door, section=policies.desk, clock=clock)
    return Counter(section=policies.desk, store=store, door=door, switchboard=switchboard)
