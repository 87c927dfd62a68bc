"""The emulated world as plain data: a bot, people, chats, topics, messages, drafts."""

from dataclasses import dataclass, field
from typing import Any, Literal

Payload = dict[str, Any]
"""A JSON object in the Bot API's shape."""
ChatType = Literal["private", "group", "supergroup"]
Standing = Literal["member", "administrator", "left", "kicked"]
Place = tuple[int, int | None]
"""A chat and, where there is one, a topic."""

SUPERGROUPS = -1_000_000_000_000
"""Ids of supergroups lie below this (core.telegram.org/api/bots/ids)."""


@dataclass(kw_only=True)
class User:
    """A person or the bot."""

    id: int
    first_name: str
    username: str = ""
    language_code: str = "en"
    is_bot: bool = False


@dataclass(kw_only=True)
class Message:
    """A message in a chat."""

    sender: int
    id: int = 0
    date: int = 0
    """Seconds since the epoch; it and the id are given when the message is posted."""
    text: str = ""
    """Or the caption, where there is media."""
    entities: list[Payload] = field(default_factory=list)
    thread: int | None = None
    reply_to: int | None = None
    buttons: list[list[Payload]] = field(default_factory=list)
    reactions: dict[int, list[str]] = field(default_factory=dict)
    """Emoji by the user who gave them."""
    edited: int | None = None
    media: Payload = field(default_factory=dict)
    """The media field as the Bot API shows it, for example `{"photo": [...]}`."""
    service: Payload = field(default_factory=dict)
    """What a service message says, for example `{"new_chat_title": ...}`."""
    album: str = ""
    forward: Payload | None = None
    preview: Payload | None = None
    """The link preview options the bot gave."""
    rich: Payload | None = None
    by_bot: bool = False
    """Written by the bot in the name of a business account."""
    pinned: bool = False

    def view(self) -> Payload:
        """As plain data that later changes leave alone; all but the reactions is replaced, never changed."""
        return {**vars(self), "reactions": dict(self.reactions)}


@dataclass(kw_only=True)
class Topic:
    """A topic of a forum or of a private chat."""

    id: int
    name: str
    color: int = 0x6FB9F0
    closed: bool = False


@dataclass(kw_only=True)
class Chat:
    """A private chat, a group or a supergroup; with `business`, one between two people."""

    id: int
    type: ChatType
    title: str = ""
    members: list[int] = field(default_factory=list)
    admins: list[int] = field(default_factory=list)
    topics: dict[int, Topic] = field(default_factory=dict)
    is_forum: bool = False
    business: str = ""
    """The business connection through which the bot reads along."""
    started: bool = True
    """In a private chat: whether the person ever wrote to the bot."""
    standing: Standing = "member"
    """The bot's; in a private chat `kicked` means blocked."""
    migrated_to: int | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    last_id: int = 0
    """Of messages, where the chat has numbers of its own."""
    active: float = 0.0
    """When somebody last wrote, seconds since the epoch."""

    @property
    def blocked(self) -> bool:
        """Whether the bot can no longer write here."""
        return self.standing in ("kicked", "left")


@dataclass(kw_only=True)
class Draft:
    """A message that is being written, as a person sees it."""

    chat: int
    thread: int | None
    id: int
    text: str
    entities: list[Payload]
    rich: Payload | None
    can_stop: bool
    keep_on_stop: bool
    expires: float
    changes: int = 1
    """How often it was set under this id; the page animates from the second on."""


@dataclass(kw_only=True)
class File:
    """A file on Telegram's servers."""

    id: str
    unique_id: str
    path: str
    data: bytes
    link_until: float = 0.0
    """Until when its link works."""


@dataclass(kw_only=True)
class Query:
    """A callback query that waits for its answer."""

    person: int
    asked: float


@dataclass(kw_only=True)
class Connection:
    """A business account for which the bot answers (core.telegram.org/bots/api#businessconnection)."""

    id: str
    owner: int
    date: int
    rights: Payload
    is_enabled: bool = True
    chats: dict[int, Chat] = field(default_factory=dict)


@dataclass(kw_only=True)
class World:
    """Everything there is."""

    token: str
    bot: User
    privacy: bool = True
    """In groups the bot hears only commands, mentions and replies to itself."""
    rich: bool = False
    """Whether the rich messages of Bot API 10.1 exist."""
    private_topics: bool = False
    """Whether private chats have topics (core.telegram.org/bots/api#user, has_topics_enabled)."""
    users: dict[int, User] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    connections: dict[str, Connection] = field(default_factory=dict)
    drafts: dict[Place, Draft] = field(default_factory=dict)
    stopped: set[tuple[Place, int]] = field(default_factory=set)
    """Drafts whose person pressed Stop."""
    typing: dict[Place, float] = field(default_factory=dict)
    """Until when the bot is seen typing."""
    files: dict[str, File] = field(default_factory=dict)
    commands: dict[str, list[Payload]] = field(default_factory=dict)
    """The menu by scope and language."""
    profile: dict[str, str] = field(default_factory=dict)
    """Name and descriptions by method and language."""
    queries: dict[str, Query] = field(default_factory=dict)
    last_id: int = 100
    """Of messages in private chats and groups, which share one numbering."""
    serial: int = 0

    def number(self) -> int:
        """A number that nothing else in the world has."""
        self.serial += 1
        return self.serial
