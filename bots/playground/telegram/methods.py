"""The Bot API's methods, as strict as the platform."""

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bots.playground.faults import Faults
from bots.playground.ratelimit import RateLimiter
from bots.playground.telegram.errors import TelegramError, bad_request, too_many_requests
from bots.playground.telegram.forms import chat_form, me_form, message_form
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import Chat, Draft, Message, Payload, World
from bots.playground.telegram.text import CAPTION, checked_buttons, checked_text, utf16_length
from bots.playground.telegram.wire import Arguments

DRAFT_SECONDS = 30.0
CALLBACK_SECONDS = 15 * 60.0
DOWNLOAD_LIMIT = 20 * 1024 * 1024
EVERY_SECOND = 30
"""Messages a second to all chats (core.telegram.org/bots/faq#broadcasting-to-users)."""
GROUP_MINUTE = 20
"""Messages a minute to one group."""
CHAT_BURST = 3
"""Messages a second to one chat that go through: one is the rule, short bursts are tolerated."""

Method = Callable[["Methods", Arguments], Awaitable[Any]]


@dataclass
class Methods:
    """Everything a bot can call."""

    platform: Platform
    faults: Faults
    limiter: RateLimiter
    rich: bool = False
    """Whether methods newer than Bot API 10.0 exist."""
    table: dict[str, Method] = field(init=False)

    def __post_init__(self) -> None:
        self.table = {name.lower(): method for name, method in _TABLE.items()}

    @property
    def world(self) -> World:
        return self.platform.world

    async def call(self, name: str, arguments: Arguments) -> Any:
        """The result of a method.

        Raises:
            TelegramError: refused, as Telegram refuses it.
        """
        method = self.table.get(name.lower())
        if method is None:
            raise TelegramError(404, "Not Found")
        result = await method(self, arguments)
        self.platform.changed()
        return result

    async def get_me(self, _: Arguments) -> Any:
        return me_form(self.world)

    async def get_updates(self, arguments: Arguments) -> Any:
        self._allow(arguments)
        return await self.platform.updates.poll(
            arguments.number("offset", 0), arguments.number("limit", 100), arguments.number("timeout", 0)
        )

    async def set_webhook(self, arguments: Arguments) -> Any:
        url = arguments.text("url")
        local = url.startswith(("http://127.0.0.1", "http://localhost"))
        if url and not url.startswith("https://") and not local:
            raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
        self._allow(arguments)
        updates = self.platform.updates
        updates.webhook, updates.secret = url, arguments.text("secret_token")
        if arguments.flag("drop_pending_updates"):
            updates.drop()
        updates.wake()
        return True

    async def delete_webhook(self, arguments: Arguments) -> Any:
        return await self.set_webhook(Arguments(dict(arguments.values) | {"url": ""}))

    async def get_webhook_info(self, _: Arguments) -> Any:
        updates = self.platform.updates
        info = {
            "url": updates.webhook,
            "has_custom_certificate": False,
            "pending_update_count": updates.pending,
        }
        return info | ({"last_error_message": updates.last_error} if updates.last_error else {})

    async def send_message(self, arguments: Arguments) -> Any:
        chat = self._open_chat(arguments)
        text, entities = checked_text(arguments.text("text"), arguments.nested("entities"))
        buttons = checked_buttons(arguments.nested("reply_markup"))
        thread, reply_to = self._thread(chat, arguments), self._reply(chat, arguments)
        self._spend(chat)
        message = self._new(
            chat, text=text, entities=entities, buttons=buttons, thread=thread, reply_to=reply_to
        )
        self.world.drafts.pop((chat.id, thread), None)
        return message_form(self.world, chat, message)

    async def send_message_draft(self, arguments: Arguments) -> Any:
        chat = self._open_chat(arguments)
        if chat.type != "private":
            raise bad_request("drafts can be sent only to private chats")
        if arguments.number("draft_id", 0) == 0:
            raise bad_request("draft_id must be non-zero")
        text = arguments.text("text")
        entities: list[Payload] = []
        if text.strip():
            text, entities = checked_text(text, arguments.nested("entities"))
        thread = arguments.optional("message_thread_id")
        self.world.drafts[(chat.id, thread)] = Draft(
            chat=chat.id,
            id=arguments.number("draft_id"),
            text=text,
            entities=entities,
            thread=thread,
            can_stop=arguments.flag("can_stop"),
            expires=self.platform.clock.now() + DRAFT_SECONDS,
        )
        return True

    async def edit_message_text(self, arguments: Arguments) -> Any:
        chat = self._open_chat(arguments)
        message = self._own(chat, arguments.number("message_id"))
        text, entities = checked_text(arguments.text("text"), arguments.nested("entities"))
        buttons = checked_buttons(arguments.nested("reply_markup"))
        if (text, entities, buttons) == (message.text, message.entities, message.buttons):
            raise bad_request(
                "message is not modified: specified new message content and reply markup are exactly "
                "the same as a current content and reply markup of the message"
            )
        self._spend(chat)
        message.text, message.entities, message.buttons = text, entities, buttons
        message.edited = int(self.platform.clock.now())
        return message_form(self.world, chat, message)

    async def edit_message_reply_markup(self, arguments: Arguments) -> Any:
        chat = self._open_chat(arguments)
        message = self._own(chat, arguments.number("message_id"))
        buttons = checked_buttons(arguments.nested("reply_markup"))
        if buttons == message.buttons:
            raise bad_request("message is not modified")
        message.buttons = buttons
        return message_form(self.world, chat, message)

    async def delete_message(self, arguments: Arguments) -> Any:
        chat = self._open_chat(arguments)
        if chat.messages.pop(arguments.number("message_id"), None) is None:
            raise bad_request("message to delete not found")
        return True

    async def send_chat_action(self, arguments: Arguments) -> Any:
        chat = self._open_chat(arguments)
        if not arguments.text("action"):
            raise bad_request("wrong parameter action in request")
        chat.typing_until = self.platform.clock.now() + 5
        return True

    async def set_message_reaction(self, arguments: Arguments) -> Any:
        chat = self._open_chat(arguments)
        message = chat.messages.get(arguments.number("message_id"))
        if message is None:
            raise bad_request("message to react not found")
        message.reactions[self.world.bot.id] = [each["emoji"] for each in arguments.nested("reaction") or []]
        return True

    async def answer_callback_query(self, arguments: Arguments) -> Any:
        asked = self.world.callbacks.pop(arguments.text("callback_query_id"), None)
        if asked is None or asked < self.platform.clock.now() - CALLBACK_SECONDS:
            raise bad_request("query is too old and response timeout expired or query ID is invalid")
        if utf16_length(arguments.text("text")) > 200:
            raise bad_request("MESSAGE_TOO_LONG")
        return True

    async def set_my_commands(self, arguments: Arguments) -> Any:
        commands = arguments.nested("commands") or []
        if len(commands) > 100 or any(not each.get("command", "").islower() for each in commands):
            raise bad_request("BOT_COMMAND_INVALID")
        if not arguments.text("language_code"):
            self.world.commands = commands
        return True

    async def get_my_commands(self, _: Arguments) -> Any:
        return self.world.commands

    async def get_chat(self, arguments: Arguments) -> Any:
        extra = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}
        return chat_form(self.world, self._chat(arguments)) | extra

    async def get_file(self, arguments: Arguments) -> Any:
        file = self.world.files.get(arguments.text("file_id"))
        if file is None:
            raise bad_request("wrong file_id or the file is temporarily unavailable")
        if len(file.data) > DOWNLOAD_LIMIT:
            raise bad_request("file is too big")
        size = len(file.data)
        return {"file_id": file.id, "file_unique_id": file.id, "file_size": size, "file_path": file.path}

    async def send_document(self, arguments: Arguments) -> Any:
        chat = self._open_chat(arguments)
        name, data = arguments.files.get("document", ("", b""))
        if not name:
            raise bad_request("there is no document in the request")
        caption = arguments.text("caption")
        if caption:
            caption, _ = checked_text(caption, None, limit=CAPTION)
        self._spend(chat)
        file = self.platform.keep_file(name, data)
        media = {"document": {"file_id": file.id, "file_unique_id": file.id, "file_name": name}}
        message = self._new(
            chat, text=caption, media=media, caption=True, thread=self._thread(chat, arguments)
        )
        return message_form(self.world, chat, message)

    async def get_business_connection(self, arguments: Arguments) -> Any:
        connection = self.world.businesses.get(arguments.text("business_connection_id"))
        if connection is None:
            raise bad_request("business connection not found")
        return connection

    async def nothing(self, _: Arguments) -> Any:
        return True

    def _allow(self, arguments: Arguments) -> None:
        allowed = arguments.nested("allowed_updates")
        if allowed is not None:
            self.platform.updates.allowed = frozenset(allowed) if allowed else None

    def _chat(self, arguments: Arguments) -> Chat:
        chat = self.world.chats.get(arguments.number("chat_id"))
        if chat is None:
            raise bad_request("chat not found")
        return chat

    def _open_chat(self, arguments: Arguments) -> Chat:
        chat = self._chat(arguments)
        if chat.migrated_to is not None:
            raise TelegramError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                migrate_to_chat_id=chat.migrated_to,
            )
        if chat.blocked:
            private = chat.type == "private"
            reason = "bot was blocked by the user" if private else f"bot was kicked from the {chat.type} chat"
            raise TelegramError(403, f"Forbidden: {reason}")
        return chat

    def _own(self, chat: Chat, message_id: int) -> Message:
        message = chat.messages.get(message_id)
        if message is None:
            raise bad_request("message to edit not found")
        if message.sender != self.world.bot.id:
            raise bad_request("message can't be edited")
        return message

    def _thread(self, chat: Chat, arguments: Arguments) -> int | None:
        thread = arguments.optional("message_thread_id")
        if thread is not None and chat.type != "private" and thread not in chat.topics:
            raise bad_request("message thread not found")
        return thread

    def _reply(self, chat: Chat, arguments: Arguments) -> int | None:
        parameters = arguments.nested("reply_parameters") or {}
        reply_to = parameters.get("message_id") or arguments.optional("reply_to_message_id")
        lenient = parameters.get("allow_sending_without_reply", False)
        if reply_to is not None and int(reply_to) not in chat.messages:
            if not lenient:
                raise bad_request("message to be replied not found")
            return None
        return None if reply_to is None else int(reply_to)

    def _new(self, chat: Chat, **fields: Any) -> Message:
        now = int(self.platform.clock.now())
        message = Message(id=self.world.number(), sender=self.world.bot.id, date=now, **fields)
        chat.messages[message.id] = message
        chat.typing_until = 0
        return message

    def _spend(self, chat: Chat) -> None:
        """Count a message or an edit against the limits."""
        waits = [
            self.limiter.check("all", EVERY_SECOND, 1),
            self.limiter.check(f"chat {chat.id}", CHAT_BURST, 1),
        ]
        if chat.type != "private":
            waits.append(self.limiter.check(f"group {chat.id}", GROUP_MINUTE, 60))
        if max(waits) > 0:
            raise too_many_requests(math.ceil(max(waits)))


_NO_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}
_TABLE: dict[str, Method] = {
    "getMe": Methods.get_me,
    "getUpdates": Methods.get_updates,
    "setWebhook": Methods.set_webhook,
    "deleteWebhook": Methods.delete_webhook,
    "getWebhookInfo": Methods.get_webhook_info,
    "sendMessage": Methods.send_message,
    "sendMessageDraft": Methods.send_message_draft,
    "editMessageText": Methods.edit_message_text,
    "editMessageReplyMarkup": Methods.edit_message_reply_markup,
    "deleteMessage": Methods.delete_message,
    "sendChatAction": Methods.send_chat_action,
    "setMessageReaction": Methods.set_message_reaction,
    "answerCallbackQuery": Methods.answer_callback_query,
    "setMyCommands": Methods.set_my_commands,
    "getMyCommands": Methods.get_my_commands,
    "getChat": Methods.get_chat,
    "getFile": Methods.get_file,
    "sendDocument": Methods.send_document,
    "getBusinessConnection": Methods.get_business_connection,
    "close": Methods.nothing,
    "logOut": Methods.nothing,
    "readBusinessMessage": Methods.nothing,
}
