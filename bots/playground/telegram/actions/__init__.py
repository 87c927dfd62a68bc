"""What people do, as the control API takes it."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from bots.playground.telegram.actions.backstage import ChangeBusiness, Configure, ConnectBusiness, Deliver
from bots.playground.telegram.actions.base import Action
from bots.playground.telegram.actions.gathering import (
    Block,
    ChangeBot,
    ChangeMember,
    CloseTopic,
    CreateGroup,
    CreatePerson,
    CreateTopic,
    Migrate,
)
from bots.playground.telegram.actions.talking import Click, Delete, Edit, Forward, React, Send, Start, Stop

Doing = (
    Send
    | Start
    | Edit
    | Delete
    | React
    | Click
    | Stop
    | Forward
    | CreatePerson
    | CreateGroup
    | CreateTopic
    | CloseTopic
    | Block
    | ChangeBot
    | ChangeMember
    | Migrate
    | Configure
    | ConnectBusiness
    | ChangeBusiness
    | Deliver
)
_ACTIONS: TypeAdapter[Doing] = TypeAdapter(Annotated[Doing, Field(discriminator="action")])


def read(body: bytes) -> Action:
    """The action that a JSON body asks for.

    Raises:
        ValueError: there is no such action, or its fields are wrong.
    """
    return _ACTIONS.validate_json(body)
