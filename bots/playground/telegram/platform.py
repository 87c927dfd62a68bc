"""What people do, and what the bot then hears of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from bots.playground.clock import PlayClock
from bots.playground.telegram.forms import chat_form, message_form, reaction_forms, user_form
from bots.playground.telegram.state import Chat, File, Message, Payload, World
from bots.playground.telegram.text import found_entities
from bots.playground.telegram.updates import Updates

MIGRATED = -1_000_000_000_000


@dataclass(kw_only=True)
class Platform:
    """The world, its clock, the way to the bot, and who watches."""

    world: World
    clock: PlayClock
    updates: Updates
    changed: Callable[[], None] = field(default=lambda: None)

    def chat(self, chat_id: int) -> Chat:
        """The chat.

        Raises:
            LookupError: there is none.
        """
        if chat_id not in self.world.chats:
            raise LookupError(f"there is no chat {chat_id}")
        return self.world.chats[chat_id]

    def send(
        self,
        person: int,
        chat_id: int,
        text: str,
        *,
        topic: int | None = None,
        reply_to: int | None = None,
        media: Payload | None = None,
        album: str = "",
    ) -> Message:
        """A person writes."""
        chat = self.chat(chat_id)
        if chat.type == "private" and chat.blocked:
            self.block(person, blocked=False)
        message = Message(
            id=self.world.number(),
            sender=person,
            date=int(self.clock.now()),
            text=text,
            entities=found_entities(text),
            thread=topic,
            reply_to=reply_to,
            media=media or {},
            caption=bool(media),
            album=album,
        )
        chat.messages[message.id] = message
        if self._bot_hears(chat, message):
            self.updates.push("message", message_form(self.world, chat, message))
        self.changed()
        return message

    def edit(self, person: int, chat_id: int, message_id: int, text: str) -> None:
        """A person edits what they wrote.

        Raises:
            LookupError: it is not theirs.
        """
        chat = self.chat(chat_id)
        message = chat.messages.get(message_id)
        if message is None or message.sender != person:
            raise LookupError("only one's own messages can be edited")
        message.text, message.entities = text, found_entities(text)
        message.edited = int(self.clock.now())
        if self._bot_hears(chat, message):
            self.updates.push("edited_message", message_form(self.world, chat, message))
        self.changed()

    def delete(self, chat_id: int, message_id: int) -> None:
        """A person deletes a message; bots are not told."""
        self.chat(chat_id).messages.pop(message_id, None)
        self.changed()

    def react(self, person: int, chat_id: int, message_id: int, emoji: Sequence[str]) -> None:
        """A person sets their reactions to a message; in groups only admins among the bots hear of it.

        Raises:
            LookupError: there is no such message.
        """
        chat = self.chat(chat_id)
        if message_id not in chat.messages:
            raise LookupError(f"there is no message {message_id}")
        reactions = chat.messages[message_id].reactions
        before = reactions.pop(person, [])
        if emoji:
            reactions[person] = list(emoji)
        if chat.type == "private" or self.world.bot.id in chat.admins:
            self.updates.push(
                "message_reaction",
                {
                    "chat": chat_form(self.world, chat),
                    "message_id": message_id,
                    "user": user_form(self.world.users[person]),
                    "date": int(self.clock.now()),
                    "old_reaction": reaction_forms(before),
                    "new_reaction": reaction_forms(list(emoji)),
                },
            )
        self.changed()

    def click(self, person: int, chat_id: int, message_id: int, data: str) -> str:
        """A person presses a button; returns the id of the callback query.

        Raises:
            LookupError: there is no such button.
        """
        chat = self.chat(chat_id)
        message = chat.messages.get(message_id)
        buttons = [button for row in message.buttons for button in row] if message else []
        if message is None or data not in [button.get("callback_data") for button in buttons]:
            raise LookupError("there is no such button")
        query = str(self.world.number())
        self.world.callbacks[query] = self.clock.now()
        self.updates.push(
            "callback_query",
            {
                "id": query,
                "from": user_form(self.world.users[person]),
                "message": message_form(self.world, chat, message),
                "chat_instance": f"{chat_id}",
                "data": data,
            },
        )
        self.changed()
        return query

    def stop(self, chat_id: int, topic: int | None = None) -> None:
        """A person presses Stop under a draft (core.telegram.org/bots/api#sendmessagedraft, can_stop).

        Raises:
            LookupError: nothing there can be stopped.
        """
        draft = self.live_draft(chat_id, topic)
        if draft is None or not draft.can_stop:
            raise LookupError("there is no draft that can be stopped")
        content: Payload = {"chat": chat_form(self.world, self.chat(chat_id)), "draft_id": draft.id}
        if topic is not None:
            content["message_thread_id"] = topic
        self.updates.push("stopped_message_generation", content)

    def live_draft(self, chat_id: int, topic: int | None) -> Any:
        """The draft a person sees; it fades 30 seconds after its last change."""
        draft = self.world.drafts.get((chat_id, topic))
        if draft is not None and draft.expires < self.clock.now():
            del self.world.drafts[(chat_id, topic)]
            return None
        return draft

    def block(self, person: int, *, blocked: bool) -> None:
        """A person blocks or unblocks the bot."""
        chat = self.chat(person)
        chat.blocked = blocked
        self._membership(chat, person, "kicked" if blocked else "member")

    def membership(self, chat_id: int, person: int, *, member: bool) -> None:
        """The bot is added to a group, or removed."""
        chat = self.chat(chat_id)
        chat.blocked = not member
        self._membership(chat, person, "member" if member else "kicked")

    def migrate(self, chat_id: int) -> int:
        """A group becomes a supergroup, with another id."""
        old = self.chat(chat_id)
        new_id = MIGRATED + chat_id
        self.world.chats[new_id] = Chat(
            id=new_id, type="supergroup", title=old.title, members=old.members, admins=old.admins
        )
        old.migrated_to = new_id
        note = Message(
            id=self.world.number(),
            sender=old.members[-1],
            date=int(self.clock.now()),
            media={"migrate_to_chat_id": new_id},
        )
        self.updates.push("message", message_form(self.world, old, note))
        self.changed()
        return new_id

    def keep_file(self, name: str, data: bytes) -> File:
        """Put a file on the servers."""
        identity = f"file{self.world.number()}"
        file = self.world.files[identity] = File(id=identity, path=f"documents/{identity}_{name}", data=data)
        return file

    def _membership(self, chat: Chat, person: int, status: str) -> None:
        bot = user_form(self.world.bot)
        old = "member" if status == "kicked" else "kicked"
        self.updates.push(
            "my_chat_member",
            {
                "chat": chat_form(self.world, chat),
                "from": user_form(self.world.users[person]),
                "date": int(self.clock.now()),
                "old_chat_member": _member(bot, old),
                "new_chat_member": _member(bot, status),
            },
        )
        self.changed()

    def _bot_hears(self, chat: Chat, message: Message) -> bool:
        """Privacy mode (core.telegram.org/bots/features#privacy-mode)."""
        if chat.blocked or self.world.bot.id not in chat.members:
            return False
        if chat.type == "private" or not self.world.privacy or self.world.bot.id in chat.admins:
            return True
        original = chat.messages.get(message.reply_to or 0)
        addressed = f"@{self.world.bot.username}" in message.text or message.text.startswith("/")
        return addressed or (original is not None and original.sender == self.world.bot.id)


def _member(bot: Payload, status: str) -> Payload:
    return {"user": bot, "status": status} | ({"until_date": 0} if status == "kicked" else {})
