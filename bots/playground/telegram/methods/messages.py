"""Sending, forwarding and deleting messages."""

from bots.playground.telegram import links
from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.forms import user_form
from bots.playground.telegram.markup import checked_buttons
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.state import Chat, Message, Payload

DELETABLE_SECONDS = 48 * 3600
"""core.telegram.org/bots/api#deletemessage"""
MOST_AT_ONCE = 100
_PREVIEW = {
    "is_disabled": bool,
    "url": str,
    "prefer_small_media": bool,
    "prefer_large_media": bool,
    "show_above_text": bool,
}
"""core.telegram.org/bots/api#linkpreviewoptions"""


async def send_message(call: Call) -> Payload:
    """core.telegram.org/bots/api#sendmessage"""
    body, buttons = call.body(), checked_buttons(call.arguments.nested("reply_markup"))
    if call.arguments.flag("allow_paid_broadcast"):
        raise bad_request("FLOODSKIP_NOT_ALLOWED")
    chat = call.open_chat()
    message = Message(
        **call.author(chat),
        text=body.text,
        entities=body.entities,
        buttons=buttons,
        **call.place(chat),
        preview=_preview(call),
    )
    call.spend(chat)
    return call.post(chat, message)


async def forward_message(call: Call) -> Payload:
    """core.telegram.org/bots/api#forwardmessage"""
    chat, source = call.open_chat(), _source(call, "message to forward not found")
    origin = {"type": "user", "date": source.date, "sender_user": user_form(call.world.users[source.sender])}
    call.spend(chat)
    return call.post(chat, _copy(call, chat, source, forward=origin))


async def copy_message(call: Call) -> Payload:
    """core.telegram.org/bots/api#copymessage"""
    chat, source = call.open_chat(), _source(call, "message to copy not found")
    call.spend(chat)
    return {"message_id": call.post(chat, _copy(call, chat, source))["message_id"]}


async def delete_message(call: Call) -> bool:
    """core.telegram.org/bots/api#deletemessage"""
    chat = call.open_chat()
    number = call.arguments.optional("message_id")
    if number is None:
        raise bad_request("message identifier is not specified")
    if number not in chat.messages:
        raise bad_request("message to delete not found")
    _check_deletable(call, chat, chat.messages[number])
    call.platform.remove(chat, [number])
    return True


async def delete_messages(call: Call) -> bool:
    """core.telegram.org/bots/api#deletemessages; messages that are not there are skipped."""
    chat, numbers = call.open_chat(), call.arguments.numbers("message_ids")
    if not 0 < len(numbers) <= MOST_AT_ONCE:
        raise bad_request("there must be between 1 and 100 message identifiers")
    for number in numbers:
        if number in chat.messages:
            _check_deletable(call, chat, chat.messages[number])
    call.platform.remove(chat, numbers)
    return True


async def pin_message(call: Call) -> bool:
    """core.telegram.org/bots/api#pinchatmessage"""
    return _set_pinned(call, pinned=True)


async def unpin_message(call: Call) -> bool:
    """core.telegram.org/bots/api#unpinchatmessage"""
    return _set_pinned(call, pinned=False)


def _set_pinned(call: Call, *, pinned: bool) -> bool:
    chat = call.open_chat()
    message = chat.messages.get(call.arguments.number("message_id"))
    if message is None:
        raise bad_request("message to pin not found" if pinned else "message to unpin not found")
    if chat.type != "private" and call.world.bot.id not in chat.admins:
        raise bad_request("not enough rights to manage pinned messages in the chat")
    message.pinned = pinned
    call.platform.show(chat, message)
    return True


def _check_deletable(call: Call, chat: Chat, message: Message) -> None:
    """A bot deletes its own messages, anybody's in private chats, and as an administrator in supergroups."""
    own = message.sender == call.world.bot.id or message.by_bot
    allowed = own or chat.type == "private" or call.world.bot.id in chat.admins
    too_old = message.date < call.platform.now() - DELETABLE_SECONDS and chat.type != "supergroup"
    if not allowed or too_old:
        raise bad_request("message can't be deleted")


def _source(call: Call, missing: str) -> Message:
    message = call.chat("from_chat_id").messages.get(call.arguments.number("message_id"))
    if message is None or message.service:
        raise bad_request(missing)
    return message


def _copy(call: Call, chat: Chat, source: Message, forward: Payload | None = None) -> Message:
    return Message(
        **call.author(chat),
        text=source.text,
        entities=source.entities,
        media=source.media,
        rich=source.rich,
        thread=call.thread(chat),
        forward=forward,
    )


def _preview(call: Call) -> Payload | None:
    given = call.arguments.fields("link_preview_options")
    if not given and call.arguments.flag("disable_web_page_preview"):
        return {"is_disabled": True}
    if given.get("url") and links.problem(str(given["url"])):
        raise bad_request("WEBPAGE_URL_INVALID")
    known = {name: given[name] for name, kind in _PREVIEW.items() if isinstance(given.get(name), kind)}
    return known or None


METHODS: dict[str, Method] = {
    "sendMessage": send_message,
    "forwardMessage": forward_message,
    "copyMessage": copy_message,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "pinChatMessage": pin_message,
    "unpinChatMessage": unpin_message,
}
