"""What people do, as the control API takes it."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from bots.playground.slack.actions.base import Action
from bots.playground.slack.actions.moving import (
    CreateChannel,
    CreatePerson,
    Deliver,
    Invite,
    Kick,
    OpenDirect,
    OpenHome,
    Revoke,
)
from bots.playground.slack.actions.pressing import Click, CloseModal, Slash, Stop, SubmitModal
from bots.playground.slack.actions.talking import Delete, Edit, React, Send, Unreact

Doing = (
    Send
    | Edit
    | Delete
    | React
    | Unreact
    | Click
    | CloseModal
    | SubmitModal
    | Stop
    | Slash
    | OpenHome
    | OpenDirect
    | CreatePerson
    | CreateChannel
    | Invite
    | Kick
    | Revoke
    | Deliver
)
_ACTIONS: TypeAdapter[Doing] = TypeAdapter(Annotated[Doing, Field(discriminator="action")])


def read(body: bytes) -> Action:
    """The action that a JSON body asks for.

    Raises:
        ValueError: there is no such action, or its fields are wrong.
    """
    return _ACTIONS.validate_json(body)
