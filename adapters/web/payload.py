"""What browsers send, typed at the edge. Each thing a visitor does has an id of the browser's making."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from adapters.web.limits import FILES_PER_MESSAGE, TEXT
from core.errors import UnreadableEvent

_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Hello(_Frame):
    """The first frame of a connection."""

    type: Literal["hello"]
    token: Annotated[str, Field(max_length=4096)]
    """Who it is: an anonymous visitor's own token, or one that the host site has signed."""
    site: Annotated[str, Field(max_length=255)]
    """Origin of the host page."""
    language: Annotated[str, Field(max_length=35)] = ""
    after: Annotated[int, Field(ge=0)] = 0
    """Number of the newest item that the browser has seen."""


class Say(_Frame):
    type: Literal["say"]
    id: _Id
    text: Annotated[str, Field(max_length=TEXT)]
    files: Annotated[tuple[_Id, ...], Field(max_length=FILES_PER_MESSAGE)] = ()


class Press(_Frame):
    """A button to choose by."""

    type: Literal["press"]
    id: _Id
    post: _Id
    turn: _Id
    choice: Annotated[str, Field(pattern=r"^\S{1,24}$")]
    label: Annotated[str, Field(max_length=200)]


class Rate(_Frame):
    type: Literal["rate"]
    id: _Id
    turn: _Id
    verdict: Literal["good", "bad", "none"]


class Command(_Frame):
    """A button that stands for a command: once more, other passages, or a person."""

    type: Literal["command"]
    id: _Id
    name: Literal["again", "further", "human"]
    post: _Id | Literal[""] = ""
    """Under which answer, if under one."""


class Stop(_Frame):
    type: Literal["stop"]
    id: _Id


class Read(_Frame):
    """A passage that an answer cites, to be read in full; nothing that anybody must remember."""

    type: Literal["read"]
    passage: int


class Ping(_Frame):
    """Asks whether the connection still lives."""

    type: Literal["ping"]


Deed = Say | Press | Rate | Command | Stop
"""What is written down before it is acknowledged."""
_FRAMES: TypeAdapter[Hello | Deed | Read | Ping] = TypeAdapter(
    Annotated[Hello | Say | Press | Rate | Command | Stop | Read | Ping, Field(discriminator="type")]
)


def parse(text: str) -> Hello | Deed | Read | Ping:
    """One frame.

    Raises:
        UnreadableEvent: it is none; nothing of it is quoted.
    """
    try:
        return _FRAMES.validate_json(text)
    except ValidationError as error:
        raise UnreadableEvent(f"A browser sent a frame that is none: {error.errors()[0]['type']}.") from None
