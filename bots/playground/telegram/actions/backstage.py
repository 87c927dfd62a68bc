"""What happens behind the scenes: the bot's settings, business accounts, updates made by hand."""

from typing import Any, Literal

from pydantic import Field

from bots.playground.telegram.actions.base import Action
from bots.playground.telegram.forms import connection_form
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import Connection, Payload
from bots.playground.telegram.wire import whole

RIGHTS = {"can_reply": True, "can_read_messages": True}


class Configure(Action):
    """Change what BotFather would change; what is left out stays."""

    action: Literal["configure"] = "configure"
    privacy: bool | None = None
    rich: bool | None = None
    private_topics: bool | None = None

    def play(self, platform: Platform) -> Payload:
        for name in ("privacy", "rich", "private_topics"):
            value = getattr(self, name)
            if value is not None:
                setattr(platform.world, name, value)
        platform.changes.publish("bot", {})
        return {}


class ConnectBusiness(Action):
    """A person connects the bot to their account (core.telegram.org/bots/api#businessconnection)."""

    action: Literal["connect_business"] = "connect_business"
    person: int
    rights: dict[str, bool] = Field(default=RIGHTS)

    def play(self, platform: Platform) -> Payload:
        world = platform.world
        platform.person(self.person)
        connection = Connection(
            id=f"business-{world.number()}",
            owner=self.person,
            date=platform.now(),
            rights={name: True for name, given in self.rights.items() if given},
        )
        world.connections[connection.id] = connection
        _tell(platform, connection)
        return {"id": connection.id}


class ChangeBusiness(Action):
    """The owner changes the bot's rights, or switches it off and on."""

    action: Literal["change_business"] = "change_business"
    business: str
    enabled: bool = True
    rights: dict[str, bool] | None = None

    def play(self, platform: Platform) -> Payload:
        connection = platform.world.connections[self.business]
        connection.is_enabled = self.enabled
        if self.rights is not None:
            connection.rights = {name: True for name, given in self.rights.items() if given}
        _tell(platform, connection)
        return {}


class Deliver(Action):
    """Queue an update as it is, whatever it holds, and even if its id was confirmed before."""

    action: Literal["deliver"] = "deliver"
    update: dict[str, Any]

    def play(self, platform: Platform) -> Payload:
        if whole(self.update.get("update_id")) is None:
            raise ValueError("an update needs its update_id")
        platform.updates.enqueue(self.update, by_hand=True)
        return {}


def _tell(platform: Platform, connection: Connection) -> None:
    form = connection_form(platform.world, connection)
    platform.updates.push("business_connection", form, f"business {connection.id}")
    platform.changes.publish("business", {"business": connection.id})
