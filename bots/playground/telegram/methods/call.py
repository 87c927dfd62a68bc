"""One call of a method, and what every family of methods needs to answer it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypedDict

from bots.playground.ratelimit import RateLimiter
from bots.playground.telegram import limits
from bots.playground.telegram.errors import TelegramError, bad_request, forbidden
from bots.playground.telegram.forms import message_form
from bots.playground.telegram.naming import with_people
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import Chat, Connection, Message, Payload, World
from bots.playground.telegram.text import CAPTION, LENGTH, Formatted, formatted
from bots.playground.telegram.webhook import Webhook
from bots.playground.telegram.wire import Arguments, whole

BUSINESS_SECONDS = 24 * 3600
"""A business chat can be written to for so long after its last message.

core.telegram.org/bots/api#businessbotrights, can_reply
"""


class Place(TypedDict):
    """The fields of a message that say where it goes."""

    reply_to: int | None
    thread: int | None


class Author(TypedDict):
    """The fields of a message that say who writes."""

    sender: int
    by_bot: bool


@dataclass(frozen=True, kw_only=True)
class Call:
    """A call whose token has been checked."""

    platform: Platform
    webhook: Webhook
    limiter: RateLimiter
    arguments: Arguments

    @property
    def world(self) -> World:
        return self.platform.world

    def chat(self, name: str = "chat_id") -> Chat:
        """The chat named by an argument, by id or @username, as far as the bot may read it.

        Raises:
            TelegramError: 400, there is none; 403, the bot was thrown out of the supergroup.
        """
        given = self.arguments.text(name)
        if not given:
            raise bad_request("chat_id is empty")
        chat = self.world.chats.get(whole(given) or 0)
        if chat is None:
            raise bad_request("chat not found")
        if chat.type == "supergroup" and chat.blocked:
            raise _outside(chat)
        return chat

    def open_chat(self) -> Chat:
        """The chat to write to, in the name of a business account where one is given.

        Raises:
            TelegramError: 400 or 403, the bot cannot write there.
        """
        if self.arguments.text("business_connection_id"):
            return self._business_chat()
        chat = self.chat()
        if chat.migrated_to is not None:
            reason = "Bad Request: group chat was upgraded to a supergroup chat"
            raise TelegramError(400, reason, migrate_to_chat_id=chat.migrated_to)
        if chat.type == "private" and chat.blocked:
            raise forbidden("bot was blocked by the user")
        if chat.blocked:
            raise _outside(chat)
        if chat.type == "private" and not chat.started:
            raise forbidden("bot can't initiate conversation with a user")
        return chat

    def connection(self) -> Connection:
        """The business connection named by an argument.

        Raises:
            TelegramError: there is none.
        """
        connection = self.world.connections.get(self.arguments.text("business_connection_id"))
        if connection is None:
            raise bad_request("business connection not found")
        return connection

    def _business_chat(self) -> Chat:
        connection = self.connection()
        if not connection.is_enabled or not connection.rights.get("can_reply"):
            raise bad_request("BUSINESS_CONNECTION_NOT_ALLOWED")
        chat = connection.chats.get(self.arguments.number("chat_id"))
        if chat is None:
            raise bad_request("chat not found")
        if chat.active < self.platform.clock.now() - BUSINESS_SECONDS:
            raise bad_request("BUSINESS_PEER_USAGE_MISSING")
        return chat

    def own(self, chat: Chat) -> Message:
        """The message to edit.

        Raises:
            TelegramError: there is none, or it is somebody else's.
        """
        message_id = self.arguments.optional("message_id")
        if message_id is None:
            raise bad_request("message identifier is not specified")
        message = chat.messages.get(message_id)
        if message is None:
            raise bad_request("message to edit not found")
        if message.service or not (message.by_bot or message.sender == self.world.bot.id):
            raise bad_request("message can't be edited")
        return message

    def thread(self, chat: Chat, reply_to: int | None = None) -> int | None:
        """The topic to write to: the one that is named, or the one of the message that is answered.

        Raises:
            TelegramError: there is none, or it is closed.
        """
        thread = self.arguments.optional("message_thread_id")
        if thread is None:
            return chat.messages[reply_to].thread if reply_to in chat.messages else None
        if chat.type == "supergroup" and not chat.is_forum and thread in chat.messages:
            return None
        if thread not in chat.topics:
            raise bad_request("message thread not found")
        if chat.topics[thread].closed and self.world.bot.id not in chat.admins:
            raise bad_request("TOPIC_CLOSED")
        return thread

    def place(self, chat: Chat) -> Place:
        """Where in a chat a message goes.

        Raises:
            TelegramError: there is no such message to answer, or no such topic.
        """
        reply_to = self.reply_to(chat)
        return {"reply_to": reply_to, "thread": self.thread(chat, reply_to)}

    def reply_to(self, chat: Chat) -> int | None:
        """The message that is answered.

        Raises:
            TelegramError: there is none, and that matters.
        """
        parameters = self.arguments.fields("reply_parameters")
        given = parameters.get("message_id", self.arguments.optional("reply_to_message_id"))
        if given is None or whole(given) in chat.messages:
            return whole(given)
        lenient = parameters.get("allow_sending_without_reply")
        if lenient or self.arguments.flag("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")

    def body(self) -> Formatted:
        """The `text` of a message.

        Raises:
            TelegramError: it is empty or too long, or its entities are wrong.
        """
        if not self.arguments.text("text"):
            raise bad_request("message text is empty")
        result = self.content("text", "entities", LENGTH)
        if not result.text:
            raise bad_request("text must be non-empty")
        return result

    def caption(self) -> Formatted:
        """The `caption` of a file; may be empty.

        Raises:
            TelegramError: it is too long, or its entities are wrong.
        """
        return self.content("caption", "caption_entities", CAPTION)

    def content(self, field: str, entities: str, limit: int) -> Formatted:
        """A text argument with its entities."""
        arguments = self.arguments
        mode, given = arguments.text("parse_mode"), arguments.items(entities)
        return with_people(formatted(arguments.text(field), mode, given, limit=limit), self.world.users)

    def spend(self, chat: Chat) -> None:
        """Count a message or an edit against the limits.

        Raises:
            TelegramError: 429.
        """
        limits.spend(self.limiter, chat)

    def post(self, chat: Chat, message: Message) -> Payload:
        """Put the bot's message into a chat; its draft and typing there end."""
        self.platform.end_signs((chat.id, message.thread))
        self.platform.post(chat, message)
        return message_form(self.world, chat, message)

    def author(self, chat: Chat) -> Author:
        """Who writes: the bot, or it in the name of a business account."""
        if chat.business:
            return {"sender": self.world.connections[chat.business].owner, "by_bot": True}
        return {"sender": self.world.bot.id, "by_bot": False}


Method = Callable[[Call], Awaitable[Any]]


def _outside(chat: Chat) -> TelegramError:
    if chat.standing == "kicked":
        return forbidden(f"bot was kicked from the {chat.type} chat")
    return forbidden(f"bot is not a member of the {chat.type} chat")
