"""The emulated platform: changes to the world go through here, so that watchers and the bot hear of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from bots.playground.changes import Changes
from bots.playground.clock import PlayClock
from bots.playground.telegram.forms import chat_form, member_form, message_form, reaction_forms, user_form
from bots.playground.telegram.hearing import hears, hears_reactions
from bots.playground.telegram.seed import seed
from bots.playground.telegram.state import (
    SUPERGROUPS,
    Chat,
    Draft,
    Message,
    Payload,
    Place,
    Standing,
    Topic,
    User,
    World,
)
from bots.playground.telegram.updates import Updates


@dataclass(kw_only=True)
class Platform:
    """The world, its clock, the way to the bot, and who watches."""

    world: World
    clock: PlayClock
    updates: Updates
    changes: Changes
    signs: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when there is a new draft or typing to take away again."""

    def now(self) -> int:
        """Whole seconds since the epoch, as the Bot API gives times."""
        return int(self.clock.now())

    def reset(self) -> None:
        """Start over with the world a newcomer finds; updates that wait are forgotten."""
        self.world = seed(self.world.token)
        self.updates.drop()
        self.updates.allow([])
        self.changes.publish("reset", {})

    def find_chat(self, chat_id: int, business: str = "") -> Chat:
        """A chat, or one of a business account.

        Raises:
            LookupError: there is none.
        """
        chats = self.world.connections[business].chats if business else self.world.chats
        if chat_id not in chats:
            raise LookupError(f"there is no chat {chat_id}")
        return chats[chat_id]

    def person(self, user_id: int) -> User:
        """A person.

        Raises:
            LookupError: there is none.
        """
        user = self.world.users.get(user_id)
        if user is None or user.is_bot:
            raise LookupError(f"there is no person {user_id}")
        return user

    def post(self, chat: Chat, message: Message) -> Message:
        """Put a new message into a chat; it gets its id and date here."""
        message.id, message.date = message.id or self._next_id(chat), self.now()
        chat.messages[message.id] = message
        chat.active = self.clock.now()
        self.show(chat, message)
        self._tell(chat, message, "message")
        return message

    def rewrite(self, chat: Chat, message: Message) -> None:
        """A message was edited."""
        message.edited = self.now()
        self.show(chat, message)
        self._tell(chat, message, "edited_message")

    def remove(self, chat: Chat, message_ids: Sequence[int]) -> None:
        """Messages disappear; a bot hears of it in business chats alone."""
        gone = [number for number in message_ids if chat.messages.pop(number, None) is not None]
        for number in gone:
            self.changes.publish("message_removed", self.place(chat) | {"message_id": number})
        if chat.business and gone:
            content = {
                "business_connection_id": chat.business,
                "chat": chat_form(self.world, chat),
                "message_ids": gone,
            }
            self.updates.push("deleted_business_messages", content, str(chat.id))

    def react(self, chat: Chat, message: Message, user: User, emoji: list[str]) -> None:
        """Somebody's reactions to a message are these from now on."""
        before = message.reactions.pop(user.id, [])
        if emoji:
            message.reactions[user.id] = emoji
        self.show(chat, message)
        if user.is_bot or before == emoji or not hears_reactions(self.world, chat):
            return
        content = {
            "chat": chat_form(self.world, chat),
            "message_id": message.id,
            "user": user_form(user),
            "date": self.now(),
            "old_reaction": reaction_forms(before),
            "new_reaction": reaction_forms(emoji),
        }
        self.updates.push("message_reaction", content, str(chat.id))

    def change_standing(self, chat: Chat, person: int, standing: Standing) -> None:
        """Somebody adds, promotes, removes or blocks the bot."""
        if standing == chat.standing:
            return
        before, chat.standing = chat.standing, standing
        bot = self.world.bot
        chat.members = [each for each in chat.members if each != bot.id] + [bot.id] * (not chat.blocked)
        chat.admins = [each for each in chat.admins if each != bot.id] + [bot.id] * (
            standing == "administrator"
        )
        self.show_chat(chat)
        self._tell_membership("my_chat_member", chat, person, bot, before, standing)

    def change_member(self, chat: Chat, by: int, member: User, old: str, new: str) -> None:
        """Somebody else joins or leaves; only bots that are administrators hear of it."""
        if new == "member":
            chat.members.append(member.id)
        else:
            chat.members = [each for each in chat.members if each != member.id]
            chat.admins = [each for each in chat.admins if each != member.id]
        self.show_chat(chat)
        if self.world.bot.id in chat.admins:
            self._tell_membership("chat_member", chat, by, member, old, new)

    def migrate(self, chat: Chat, person: int) -> Chat:
        """A group becomes a supergroup with another id (core.telegram.org/bots/api#responseparameters).

        Raises:
            ValueError: it is no group.
        """
        if chat.type != "group" or chat.migrated_to is not None:
            raise ValueError("only groups become supergroups")
        new = Chat(
            id=SUPERGROUPS + chat.id,
            type="supergroup",
            title=chat.title,
            members=list(chat.members),
            admins=list(chat.admins),
            standing=chat.standing,
        )
        self.world.chats[new.id] = new
        self.show_chat(new)
        self.post(chat, Message(sender=person, service={"migrate_to_chat_id": new.id}))
        self.post(new, Message(sender=person, service={"migrate_from_chat_id": chat.id}))
        chat.migrated_to = new.id
        self.show_chat(chat)
        return new

    def open_topic(self, chat: Chat, by: int, name: str) -> Topic:
        """A topic begins with a service message, whose id it takes."""
        topic = Topic(id=self._next_id(chat), name=name)
        chat.topics[topic.id] = topic
        self.show_chat(chat)
        service = {"forum_topic_created": {"name": name, "icon_color": topic.color}}
        self.post(chat, Message(id=topic.id, sender=by, thread=topic.id, service=service))
        return topic

    def close_topic(self, chat: Chat, by: int, topic: Topic, *, closed: bool) -> None:
        """A topic takes no more messages from people, or takes them again."""
        topic.closed = closed
        self.show_chat(chat)
        service: Payload = {"forum_topic_closed" if closed else "forum_topic_reopened": {}}
        self.post(chat, Message(sender=by, thread=topic.id, service=service))

    def set_draft(self, draft: Draft) -> None:
        """The bot shows what it is writing; the same id again changes the text that is there."""
        place = (draft.chat, draft.thread)
        if (place, draft.id) in self.world.stopped:
            return
        before = self.world.drafts.get(place)
        if before is not None and before.id == draft.id:
            draft.changes = before.changes + 1
        self.world.drafts[place] = draft
        self.signs.set()
        self.changes.publish("draft", asdict(draft))

    def end_draft(self, place: Place) -> None:
        """A draft disappears."""
        if self.world.drafts.pop(place, None) is not None:
            self.changes.publish("draft_removed", {"chat": place[0], "thread": place[1]})

    def set_typing(self, place: Place, action: str, seconds: float) -> None:
        """The bot is seen typing, or doing something else, for so long or until it writes."""
        self.world.typing[place] = self.clock.now() + seconds
        self.signs.set()
        self.changes.publish("typing", {"chat": place[0], "thread": place[1], "action": action})

    def end_typing(self, place: Place) -> None:
        """The bot is no longer seen typing."""
        if self.world.typing.pop(place, None) is not None:
            self.changes.publish("typing", {"chat": place[0], "thread": place[1], "action": ""})

    def end_signs(self, place: Place) -> None:
        """The bot wrote: draft and typing end, and Stop is forgotten."""
        self.end_draft(place)
        self.end_typing(place)
        self.world.stopped = {each for each in self.world.stopped if each[0] != place}

    async def fade_forever(self) -> None:
        """Let drafts and typing disappear when their time is over."""
        while True:
            self.signs.clear()
            moments = [each.expires for each in self.world.drafts.values()]
            soonest = min([*moments, *self.world.typing.values()], default=None)
            if soonest is None:
                await self.signs.wait()
            else:
                await self.clock.sleep_until(soonest)
                self._fade()

    def _fade(self) -> None:
        now = self.clock.now()
        for place in [place for place, draft in self.world.drafts.items() if draft.expires <= now]:
            self.end_draft(place)
        for place in [place for place, until in self.world.typing.items() if until <= now]:
            self.end_typing(place)

    def show(self, chat: Chat, message: Message) -> None:
        """Tell the watchers how a message looks now."""
        self.changes.publish("message", self.place(chat) | {"message": message.view()})

    def show_chat(self, chat: Chat) -> None:
        """Tell the watchers that a chat, its members or topics changed."""
        self.changes.publish("chat", self.place(chat))

    @staticmethod
    def place(chat: Chat) -> Payload:
        """Where a change happened."""
        return {"chat": chat.id, "business": chat.business}

    def _next_id(self, chat: Chat) -> int:
        if chat.type == "supergroup" or chat.business:
            chat.last_id += 1
            return chat.last_id
        self.world.last_id += 1
        return self.world.last_id

    def _tell(self, chat: Chat, message: Message, kind: str) -> None:
        if message.by_bot or not hears(self.world, chat, message):
            return
        if chat.business:
            kind = kind.replace("message", "business_message")
        self.updates.push(kind, message_form(self.world, chat, message), str(chat.id))

    def _tell_membership(self, kind: str, chat: Chat, by: int, member: User, old: str, new: str) -> None:
        content = {
            "chat": chat_form(self.world, chat),
            "from": user_form(self.world.users[by]),
            "date": self.now(),
            "old_chat_member": member_form(member, old),
            "new_chat_member": member_form(member, new),
        }
        self.updates.push(kind, content, str(chat.id))
