"""Writing, editing, reacting, pressing buttons."""

from base64 import b64decode
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bots.playground.telegram.actions.base import Action, ChatAction
from bots.playground.telegram.forms import chat_form, message_form, user_form
from bots.playground.telegram.media import Upload, store
from bots.playground.telegram.parsing.builder import utf16_length
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import Chat, Message, Payload, Query, World
from bots.playground.telegram.text import CAPTION, LENGTH, written

MOST_FILES = 10
"""Files in one album."""


class Attachment(BaseModel):
    """A file that a person sends."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["photo", "document", "voice", "audio", "video", "animation", "video_note", "sticker"] = (
        "document"
    )
    name: str = "file.txt"
    text: str = ""
    """The content as text, or"""
    data: str = ""
    """as base64, or"""
    size: int = Field(default=0, ge=0, le=64 * 1024 * 1024)
    """so many zero bytes."""
    mime: str = ""
    duration: int = 1

    def media(self, world: World) -> Payload:
        """Upload it; returns the media field of the message."""
        content = self.text.encode() or b64decode(self.data) or bytes(self.size)
        return store(
            world,
            self.kind,
            Upload(name=self.name, data=content, mime=self.mime, duration=self.duration),
        )


class Send(ChatAction):
    """A person writes, or sends files; long texts are cut into several messages, as the apps do."""

    action: Literal["send"] = "send"
    person: int
    text: str = ""
    topic: int | None = None
    reply_to: int | None = None
    files: list[Attachment] = Field(default=[], max_length=MOST_FILES)

    def play(self, platform: Platform) -> Payload:
        chat = self._writable(platform)
        platform.person(self.person)
        chat.started = True
        messages = self._with_files(platform) if self.files else self._with_text()
        for each in messages:
            each.thread = self.topic or (chat.messages[self.reply_to].thread if self.reply_to else None)
        ids = [platform.post(chat, each).id for each in messages]
        return {"id": ids[0], "ids": ids}

    def _writable(self, platform: Platform) -> Chat:
        chat = self._business_chat(platform) if self.business else self.place(platform)
        if self.person not in chat.members:
            raise ValueError("only members write to a chat")
        if chat.migrated_to is not None:
            raise ValueError("the group has become a supergroup")
        if chat.type == "private" and chat.blocked:
            raise ValueError("the bot is blocked; unblock it first")
        if self.topic is not None and (self.topic not in chat.topics or chat.topics[self.topic].closed):
            raise ValueError("there is no such topic, or it is closed")
        if self.reply_to is not None and self.reply_to not in chat.messages:
            raise LookupError(f"there is no message {self.reply_to}")
        return chat

    def _business_chat(self, platform: Platform) -> Chat:
        """The chat of a customer with the owner of a business account; it begins with the first message."""
        connection = platform.world.connections[self.business]
        if self.chat not in connection.chats:
            platform.person(self.chat)
            members = [self.chat, connection.owner]
            chat = Chat(id=self.chat, type="private", members=members, business=self.business)
            connection.chats[self.chat] = chat
        return connection.chats[self.chat]

    def _with_text(self) -> list[Message]:
        if not written(self.text).text:
            raise ValueError("there is nothing to send")
        return [self._message(part) for part in _parts(self.text, LENGTH)]

    def _with_files(self, platform: Platform) -> list[Message]:
        if utf16_length(self.text) > CAPTION:
            raise ValueError("the caption is too long")
        album = str(platform.world.number()) if len(self.files) > 1 else ""
        captions = [self.text, *[""] * (len(self.files) - 1)]
        return [
            self._message(caption, media=file.media(platform.world), album=album)
            for caption, file in zip(captions, self.files, strict=True)
        ]

    def _message(self, text: str, media: Payload | None = None, album: str = "") -> Message:
        content = written(text)
        return Message(
            sender=self.person,
            text=content.text,
            entities=content.entities,
            reply_to=self.reply_to,
            media=media or {},
            album=album,
        )


class Start(Action):
    """A person opens the chat with the bot by its Start button, or by a link with a payload."""

    action: Literal["start"] = "start"
    person: int
    payload: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,64}$")

    def play(self, platform: Platform) -> Payload:
        chat = platform.find_chat(self.person)
        platform.change_standing(chat, self.person, "member")
        text = f"/start {self.payload}".strip()
        return Send(person=self.person, chat=self.person, text=text).play(platform)


class Edit(ChatAction):
    """A person edits what they wrote."""

    action: Literal["edit"] = "edit"
    person: int
    message_id: int
    text: str

    def play(self, platform: Platform) -> Payload:
        message = self.message(platform, self.message_id)
        content = written(self.text)
        if message.sender != self.person or message.service:
            raise ValueError("only one's own messages can be edited")
        if content.text == message.text:
            raise ValueError("the edit changes nothing")
        longest = CAPTION if message.media else LENGTH
        if utf16_length(content.text) > longest or not (content.text or message.media):
            raise ValueError("the text is empty or too long")
        message.text, message.entities = content.text, content.entities
        platform.rewrite(self.place(platform), message)
        return {}


class Delete(ChatAction):
    """Messages are deleted; bots are told in business chats alone."""

    action: Literal["delete"] = "delete"
    message_id: int

    def play(self, platform: Platform) -> Payload:
        self.message(platform, self.message_id)
        platform.remove(self.place(platform), [self.message_id])
        return {}


class React(ChatAction):
    """A person's reactions to a message are these from now on."""

    action: Literal["react"] = "react"
    person: int
    message_id: int
    emoji: list[str]

    def play(self, platform: Platform) -> Payload:
        message = self.message(platform, self.message_id)
        platform.react(self.place(platform), message, platform.person(self.person), self.emoji)
        return {}


class Click(ChatAction):
    """A person presses a button that sends data to the bot."""

    action: Literal["click"] = "click"
    person: int
    message_id: int
    data: str

    def play(self, platform: Platform) -> Payload:
        world, chat = platform.world, self.place(platform)
        message = self.message(platform, self.message_id)
        offered = [button.get("callback_data") for row in message.buttons for button in row]
        if self.data not in offered:
            raise LookupError("there is no such button")
        query = str(4_000_000_000 + world.number())
        world.queries[query] = Query(person=self.person, asked=platform.clock.now())
        content = {
            "id": query,
            "from": user_form(platform.person(self.person)),
            "message": message_form(world, chat, message),
            "chat_instance": str(7_000_000_000 + abs(chat.id)),
            "data": self.data,
        }
        platform.updates.push("callback_query", content, f"person {self.person}")
        return {"id": query}


class Stop(ChatAction):
    """A person presses Stop under a draft (core.telegram.org/bots/api#sendmessagedraft, can_stop)."""

    action: Literal["stop"] = "stop"
    topic: int | None = None

    def play(self, platform: Platform) -> Payload:
        place = (self.chat, self.topic)
        draft = platform.world.drafts.get(place)
        if draft is None or not draft.can_stop:
            raise LookupError("there is no draft that can be stopped")
        platform.world.stopped.add((place, draft.id))
        content = {"chat": chat_form(platform.world, self.place(platform)), "draft_id": draft.id}
        if self.topic is not None:
            content["message_thread_id"] = self.topic
        platform.updates.push("stopped_message_generation", content, str(self.chat))
        if not draft.keep_on_stop:
            platform.end_draft(place)
        return {"draft_id": draft.id}


class Forward(ChatAction):
    """A person forwards a message into a chat."""

    action: Literal["forward"] = "forward"
    person: int
    from_chat: int
    message_id: int
    topic: int | None = None

    def play(self, platform: Platform) -> Payload:
        source = platform.find_chat(self.from_chat).messages.get(self.message_id)
        if source is None:
            raise LookupError(f"there is no message {self.message_id}")
        author = user_form(platform.world.users[source.sender])
        message = Message(
            sender=self.person,
            text=source.text,
            entities=source.entities,
            media=source.media,
            thread=self.topic,
            forward={"type": "user", "date": source.date, "sender_user": author},
        )
        return {"id": platform.post(self.place(platform), message).id}


def _parts(text: str, most: int) -> list[str]:
    """A text cut into pieces of at most so many UTF-16 code units, never within a character."""
    parts, start, size = [], 0, 0
    for at, character in enumerate(text):
        units = utf16_length(character)
        if size + units > most:
            parts.append(text[start:at])
            start, size = at, 0
        size += units
    return [each for each in [*parts, text[start:]] if written(each).text]
