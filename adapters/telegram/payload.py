"""Telegram's JSON, read with types: the one place where a payload may surprise us.

Only what we use of core.telegram.org/bots/api#available-types; whatever else an update holds is left alone.
"""

import json
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from core.errors import UnreadableEvent

MAX_DEPTH = 64

Id = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Moment = Annotated[int, Field(ge=0, lt=2**34)]
"""Seconds since 1970."""
Line = Annotated[str, AfterValidator(lambda text: text.replace("\0", ""))]
"""A string; NUL ends strings in some databases."""


class _Object(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class User(_Object):
    id: Id
    is_bot: bool
    first_name: Line
    last_name: Line = ""
    username: Line = ""
    language_code: Line = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class Chat(_Object):
    id: Id
    type: str
    title: Line = ""

    @property
    def is_private(self) -> bool:
        return self.type == "private"


class Entity(_Object):
    type: str
    offset: Annotated[int, Field(ge=0, lt=2**31)]
    """UTF-16 code units, like `length`."""
    length: Annotated[int, Field(ge=0, lt=2**31)]
    user: User | None = None


class File(_Object):
    """What photos, voices, audios, videos and documents have in common."""

    file_id: Line
    file_name: Line = ""
    mime_type: Line = ""
    file_size: Id = 0


class Sticker(_Object):
    emoji: Line = ""


class Quote(_Object):
    text: Line


class Message(_Object):
    message_id: Id
    date: Moment
    chat: Chat
    author: Annotated[User | None, Field(alias="from")] = None
    sender_chat: Chat | None = None
    is_automatic_forward: bool = False
    sender_business_bot: User | None = None
    business_connection_id: Line = ""
    is_from_offline: bool = False
    """Sent by Telegram for its author: an away or a greeting message of a business."""
    message_thread_id: Id | None = None
    is_topic_message: bool = False
    left_chat_member: User | None = None
    reply_to_message: "Message | None" = None
    quote: Quote | None = None
    media_group_id: Line = ""
    text: str = ""
    entities: tuple[Entity, ...] = ()
    caption: str = ""
    caption_entities: tuple[Entity, ...] = ()
    photo: tuple[File, ...] = ()
    """The same picture in several sizes, the largest last."""
    voice: File | None = None
    audio: File | None = None
    video: File | None = None
    video_note: File | None = None
    animation: File | None = None
    document: File | None = None
    sticker: Sticker | None = None
    location: object = None
    contact: object = None
    poll: object = None
    dice: object = None
    story: object = None

    @property
    def thread(self) -> int | None:
        """The forum topic; elsewhere a thread id only says what was answered."""
        return self.message_thread_id if self.is_topic_message else None

    @property
    def words(self) -> tuple[str, tuple[Entity, ...]]:
        """The text or the caption, and what is in it."""
        return (self.text, self.entities) if self.text else (self.caption, self.caption_entities)

    @property
    def is_service(self) -> bool:
        """True for notes such as "Mina joined the group", which nobody wrote."""
        media = (self.photo, self.voice, self.audio, self.video, self.video_note, self.animation)
        others = (self.document, self.sticker, self.location, self.contact, self.poll, self.dice, self.story)
        return not any((self.text, self.caption, *media, *others))


class PressedPost(_Object):
    """The post under which a button was pressed; it may be too old to be shown to us."""

    message_id: Id
    chat: Chat
    message_thread_id: Id | None = None
    is_topic_message: bool = False
    business_connection_id: Line = ""

    @property
    def thread(self) -> int | None:
        return self.message_thread_id if self.is_topic_message else None


class CallbackQuery(_Object):
    id: Line
    author: Annotated[User, Field(alias="from")]
    message: PressedPost | None = None
    data: Line = ""


class ReactionType(_Object):
    type: str
    emoji: Line = ""


class MessageReaction(_Object):
    chat: Chat
    message_id: Id
    user: User | None = None
    """Absent where the person is anonymous."""
    old_reaction: tuple[ReactionType, ...]
    new_reaction: tuple[ReactionType, ...]


class ChatMember(_Object):
    status: str


class ChatMemberUpdated(_Object):
    chat: Chat
    new_chat_member: ChatMember


class StoppedGeneration(_Object):
    chat: Chat
    message_thread_id: Id | None = None


class BusinessRights(_Object):
    can_reply: bool = False


class BusinessConnection(_Object):
    id: Line
    user: User
    """The owner of the account, whom we never answer."""
    is_enabled: bool
    rights: BusinessRights | None = None

    @property
    def may_reply(self) -> bool:
        return self.is_enabled and self.rights is not None and self.rights.can_reply


class DeletedBusinessMessages(_Object):
    business_connection_id: Line
    chat: Chat
    message_ids: tuple[Id, ...]


class Update(_Object):
    update_id: Annotated[int, Field(ge=0, lt=2**63)]
    message: Message | None = None
    edited_message: Message | None = None
    callback_query: CallbackQuery | None = None
    message_reaction: MessageReaction | None = None
    my_chat_member: ChatMemberUpdated | None = None
    stopped_message_generation: StoppedGeneration | None = None
    business_connection: BusinessConnection | None = None
    business_message: Message | None = None
    edited_business_message: Message | None = None
    deleted_business_messages: DeletedBusinessMessages | None = None


KINDS = tuple(name for name in Update.model_fields if name != "update_id")
"""The kinds of update that we ask for: Telegram leaves some out unless they are named."""


def read_update(values: object) -> tuple[Update, str]:
    """An update, and its JSON as text that can be stored.

    Raises:
        UnreadableEvent: it is not what Telegram documents.
    """
    if not isinstance(values, Mapping) or _depth(values) > MAX_DEPTH:
        raise UnreadableEvent("Telegram sent something that is no update.")
    try:
        # through JSON once more, since lone surrogates can be neither stored nor validated
        raw = json.dumps(values, ensure_ascii=False).encode("utf-8", "replace").decode()
        return Update.model_validate_json(raw), raw
    except ValidationError as error:
        names = {".".join(str(part) for part in each["loc"]) for each in error.errors(include_input=False)}
        raise UnreadableEvent(
            f"Telegram sent an update with unexpected {', '.join(sorted(names))[:200]}."
        ) from None


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for item in level for child in _children(item)]
    return depth


def _children(value: object) -> list[object]:
    children = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [child for child in children if isinstance(child, Mapping | list)]
