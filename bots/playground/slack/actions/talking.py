"""Writing, editing, deleting, reacting."""

import binascii
import mimetypes
import uuid
from base64 import b64decode
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bots.playground.slack.actions.base import Action, Stage
from bots.playground.slack.forms import message_form
from bots.playground.slack.ids import new_id
from bots.playground.slack.methods.reactions import NAME
from bots.playground.slack.state import Channel, File, Message, Payload


class NewFile(BaseModel):
    """A file to send, as text or as base64."""

    model_config = ConfigDict(extra="forbid")

    name: str
    text: str = ""
    data: str = ""
    """base64"""

    def content(self) -> bytes:
        """The bytes.

        Raises:
            ValueError: this is no base64.
        """
        try:
            return self.text.encode() or b64decode(self.data, validate=True)
        except binascii.Error as error:
            raise ValueError(f"{self.name}: {error}") from error


class Send(Action):
    """Write a message."""

    action: Literal["send"]
    user: str
    channel: str
    text: str = ""
    thread_ts: str | None = None
    files: list[NewFile] = Field(default_factory=list)

    async def play(self, stage: Stage) -> Payload:
        channel = stage.visited(self.channel, self.user)
        if not self.text and not self.files:
            raise ValueError("a message needs a text or a file")
        message = Message(
            ts=stage.platform.next_ts(),
            channel=channel.id,
            user=self.user,
            team_id=stage.user(self.user).team_id,
            text=self.text,
            blocks=rich_text(self.text),
            thread_ts=self._thread(stage, channel),
            client_msg_id=str(uuid.uuid4()),
            files=[_kept(stage, each, self.user, channel) for each in self.files],
        )
        stage.platform.post(message)
        return {"ts": message.ts}

    def _thread(self, stage: Stage, channel: Channel) -> str | None:
        if not self.thread_ts:
            return None
        head = stage.message(channel, self.thread_ts, self.user)
        return head.thread_ts or head.ts


def rich_text(text: str) -> list[Payload]:
    """The block that Slack makes of what people type."""
    if not text:
        return []
    section = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "block_id": "typed", "elements": [section]}]


def _kept(stage: Stage, new: NewFile, user: str, channel: Channel) -> str:
    content = new.content()
    file = File(
        id=new_id("F"),
        team_id=stage.user(user).team_id,
        user=user,
        name=new.name,
        title=new.name,
        created=int(stage.platform.now()),
        length=len(content),
        mimetype=mimetypes.guess_type(new.name)[0] or "application/octet-stream",
        content=content,
        channels=[channel.id],
    )
    stage.world.files[file.id] = file
    return file.id


class _OnMessage(Action):
    """Something done to a message."""

    user: str
    channel: str
    ts: str

    def target(self, stage: Stage) -> Message:
        """The message meant."""
        return stage.message(stage.visited(self.channel, self.user), self.ts, self.user)

    def own(self, stage: Stage) -> Message:
        """The message meant, which the user must have written."""
        message = self.target(stage)
        if message.user != self.user:
            raise ValueError(f"{self.user} did not write this message")
        return message


class Edit(_OnMessage):
    """Change one's own message."""

    action: Literal["edit"]
    text: str

    async def play(self, stage: Stage) -> Payload:
        message = self.own(stage)
        before = message_form(stage.world, message)
        message.text, message.blocks = self.text, rich_text(self.text)
        message.edited = {"user": self.user, "ts": stage.platform.next_ts()}
        stage.platform.change(message, before)
        return {}


class Delete(_OnMessage):
    """Delete one's own message."""

    action: Literal["delete"]

    async def play(self, stage: Stage) -> Payload:
        stage.platform.remove(self.own(stage))
        return {}


class React(_OnMessage):
    """Add an emoji."""

    action: Literal["react"]
    name: str

    async def play(self, stage: Stage) -> Payload:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"{self.name} is no name of an emoji")
        if not stage.platform.react(self.target(stage), self.user, self.name):
            raise ValueError("this reaction is there already")
        return {}


class Unreact(_OnMessage):
    """Take an emoji back."""

    action: Literal["unreact"]
    name: str

    async def play(self, stage: Stage) -> Payload:
        if not stage.platform.unreact(self.target(stage), self.user, self.name):
            raise ValueError("there is no such reaction")
        return {}
