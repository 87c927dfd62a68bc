"""The emulated world as plain data: a bot, people, chats, messages, drafts."""

from dataclasses import dataclass, field
from typing import Any, Literal

Payload = dict[str, Any]
ChatType = Literal["private", "group", "supergroup"]


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

    id: int
    sender: int
    date: int
    text: str = ""
    entities: list[Payload] = field(default_factory=list)
    thread: int | None = None
    reply_to: int | None = None
    buttons: list[list[Payload]] = field(default_factory=list)
    reactions: dict[int, list[str]] = field(default_factory=dict)
    """Emoji by the person who gave them."""
    edited: int | None = None
    media: Payload = field(default_factory=dict)
    """The media field as the Bot API shows it, for example `{"photo": [...]}`."""
    caption: bool = False
    """The text is the caption of the media."""
    album: str = ""
    business: str = ""


@dataclass(kw_only=True)
class Draft:
    """A message that is being written, as a person sees it."""

    chat: int
    id: int
    text: str
    entities: list[Payload]
    thread: int | None
    can_stop: bool
    expires: float


@dataclass(kw_only=True)
class Chat:
    """A private chat, a group or a supergroup."""

    id: int
    type: ChatType
    title: str = ""
    members: list[int] = field(default_factory=list)
    admins: list[int] = field(default_factory=list)
    topics: dict[int, str] = field(default_factory=dict)
    is_forum: bool = False
    blocked: bool = False
    """The person blocked the bot, or the bot is no member."""
    migrated_to: int | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    typing_until: float = 0.0


@dataclass(kw_only=True)
class File:
    """A file on Telegram's servers."""

    id: str
    path: str
    data: bytes


@dataclass(kw_only=True)
class World:
    """Everything there is."""

    token: str
    bot: User
    privacy: bool = True
    """In groups the bot sees only commands, mentions and replies to itself."""
    users: dict[int, User] = field(default_factory=dict)
    chats: dict[int, Chat] = field(default_factory=dict)
    drafts: dict[tuple[int, int | None], Draft] = field(default_factory=dict)
    """The live draft of a chat and topic."""
    files: dict[str, File] = field(default_factory=dict)
    commands: list[Payload] = field(default_factory=list)
    callbacks: dict[str, float] = field(default_factory=dict)
    """Unanswered callback queries and when they were asked."""
    businesses: dict[str, Payload] = field(default_factory=dict)
    next_id: int = 100

    def number(self) -> int:
        """An id that nothing else has."""
        self.next_id += 1
        return self.next_id


def seed(token: str) -> World:
    """A bot, three people with their private chats, a group and a forum."""
    bot = User(id=int(token.split(":")[0]), first_name="Frontdesk", username="frontdesk_bot", is_bot=True)
    people = [
        User(id=1001, first_name="Mina", username="mina"),
        User(id=1002, first_name="Jonas", username="jonas", language_code="de"),
        User(id=1003, first_name="Aya", username="aya", language_code="es"),
    ]
    world = World(token=token, bot=bot, users={each.id: each for each in [bot, *people]})
    members = [bot.id, *(each.id for each in people)]
    for person in people:
        world.chats[person.id] = Chat(id=person.id, type="private", members=[person.id, bot.id])
    world.chats[-2001] = Chat(id=-2001, type="group", title="Lunch", members=members, admins=[1001])
    world.chats[-1002002] = Chat(
        id=-1002002,
        type="supergroup",
        title="Support",
        members=list(members),
        admins=[1001, bot.id],
        is_forum=True,
        topics={11: "Orders", 12: "Returns"},
    )
    return world
