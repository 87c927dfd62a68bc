"""Groups, topics, members, blocking."""

from typing import Literal

from pydantic import Field

from bots.playground.telegram.actions.base import Action, ChatAction
from bots.playground.telegram.forms import user_form
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.seed import private_chat
from bots.playground.telegram.state import SUPERGROUPS, Chat, Message, Payload, Topic, User


class CreatePerson(Action):
    """Somebody joins the world, with a chat of their own."""

    action: Literal["create_person"] = "create_person"
    name: str = Field(min_length=1)
    username: str = ""
    language: str = "en"

    def play(self, platform: Platform) -> Payload:
        world = platform.world
        number = 10_000 + world.number()
        world.users[number] = User(
            id=number, first_name=self.name, username=self.username, language_code=self.language
        )
        world.chats[number] = private_chat(world, number)
        platform.show_chat(world.chats[number])
        return {"id": number}


class CreateGroup(Action):
    """A person creates a group with the bot in it."""

    action: Literal["create_group"] = "create_group"
    person: int
    title: str = Field(min_length=1)
    members: tuple[int, ...] = ()
    forum: bool = False
    """Forums are supergroups with topics."""

    def play(self, platform: Platform) -> Payload:
        world = platform.world
        number = 3_000 + world.number()
        chat = Chat(
            id=SUPERGROUPS - number if self.forum else -number,
            type="supergroup" if self.forum else "group",
            title=self.title,
            members=sorted({self.person, *self.members}),
            admins=[self.person],
            is_forum=self.forum,
            standing="left",
        )
        world.chats[chat.id] = chat
        platform.change_standing(chat, self.person, "member")
        platform.post(chat, Message(sender=self.person, service={"group_chat_created": True}))
        return {"id": chat.id}


class CreateTopic(ChatAction):
    """A person opens a topic in a forum, or in their own chat where those have topics."""

    action: Literal["create_topic"] = "create_topic"
    person: int
    name: str = Field(min_length=1, max_length=128)

    def play(self, platform: Platform) -> Payload:
        chat = self.place(platform)
        if not (chat.is_forum or (chat.type == "private" and platform.world.private_topics)):
            raise ValueError("this chat has no topics")
        return {"id": platform.open_topic(chat, self.person, self.name).id}


class CloseTopic(ChatAction):
    """A person closes a topic, or opens it again."""

    action: Literal["close_topic"] = "close_topic"
    person: int
    topic: int
    closed: bool = True

    def play(self, platform: Platform) -> Payload:
        chat = self.place(platform)
        platform.close_topic(chat, self.person, _topic(chat, self.topic), closed=self.closed)
        return {}


class Block(Action):
    """A person blocks the bot, or lets it write again."""

    action: Literal["block", "unblock"]
    person: int

    def play(self, platform: Platform) -> Payload:
        chat = platform.find_chat(self.person)
        platform.change_standing(chat, self.person, "kicked" if self.action == "block" else "member")
        return {}


class ChangeBot(ChatAction):
    """A person adds the bot to a group, removes it, or makes it an administrator."""

    action: Literal["add_bot", "remove_bot", "promote_bot", "demote_bot"]
    person: int

    def play(self, platform: Platform) -> Payload:
        chat, bot = self.place(platform), platform.world.bot
        if chat.type == "private":
            raise ValueError("a private chat has no members to change")
        if self.action == "remove_bot":
            platform.change_standing(chat, self.person, "kicked")
            platform.post(chat, Message(sender=self.person, service={"left_chat_member": user_form(bot)}))
            return {}
        was_out = chat.blocked
        platform.change_standing(
            chat, self.person, "administrator" if self.action == "promote_bot" else "member"
        )
        if was_out:
            platform.post(chat, Message(sender=self.person, service={"new_chat_members": [user_form(bot)]}))
        return {}


class ChangeMember(ChatAction):
    """A person is added to a group by somebody, or leaves it."""

    action: Literal["join", "leave"]
    person: int
    by: int | None = None

    def play(self, platform: Platform) -> Payload:
        chat, member = self.place(platform), platform.person(self.person)
        joins, by = self.action == "join", self.by or self.person
        if (self.person in chat.members) is joins:
            raise ValueError("nothing changes")
        old, new = ("left", "member") if joins else ("member", "left")
        platform.change_member(chat, by, member, old, new)
        form = user_form(member)
        service = {"new_chat_members": [form]} if joins else {"left_chat_member": form}
        platform.post(chat, Message(sender=by, service=service))
        return {}


class Migrate(ChatAction):
    """A group becomes a supergroup."""

    action: Literal["migrate"] = "migrate"

    def play(self, platform: Platform) -> Payload:
        chat = self.place(platform)
        creator = chat.admins[0] if chat.admins else chat.members[0]
        return {"id": platform.migrate(chat, creator).id}


def _topic(chat: Chat, number: int) -> Topic:
    if number not in chat.topics:
        raise LookupError(f"there is no topic {number}")
    return chat.topics[number]
