"""Editing the bot's own messages (core.telegram.org/bots/api#updating-messages)."""

from bots.playground.telegram.errors import bad_request, not_modified
from bots.playground.telegram.forms import message_form
from bots.playground.telegram.markup import checked_buttons
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.methods.files import caption_of, uploaded
from bots.playground.telegram.methods.rich import checked_rich
from bots.playground.telegram.state import Chat, Message, Payload

EDITABLE = ("animation", "audio", "document", "photo", "video")


async def edit_text(call: Call) -> Payload:
    """core.telegram.org/bots/api#editmessagetext"""
    if call.world.rich and call.arguments.nested("rich_message") is not None:
        return _apply(call, text="", entities=[], rich=checked_rich(call))
    body = call.body()
    return _apply(call, text=body.text, entities=body.entities, rich=None)


async def edit_caption(call: Call) -> Payload:
    """core.telegram.org/bots/api#editmessagecaption"""
    caption = call.caption()
    if not call.own(call.open_chat()).media:
        raise bad_request("there is no caption in the message to edit")
    return _apply(call, text=caption.text, entities=caption.entities)


async def edit_media(call: Call) -> Payload:
    """core.telegram.org/bots/api#editmessagemedia: a text message gets its media so, too."""
    wanted = call.arguments.nested("media")
    if not isinstance(wanted, dict) or wanted.get("type") not in EDITABLE:
        raise bad_request("unsupported media type specified")
    kind, caption = str(wanted["type"]), caption_of(call, wanted)
    shown = uploaded(call, kind, str(wanted.get("media", "")))
    return _apply(call, text=caption.text, entities=caption.entities, media=shown)


async def edit_buttons(call: Call) -> Payload:
    """core.telegram.org/bots/api#editmessagereplymarkup"""
    return _apply(call)


def _apply(call: Call, **changes: object) -> Payload:
    """Change the message; buttons that are not given again disappear.

    Raises:
        TelegramError: nothing would change, or it cannot.
    """
    buttons = checked_buttons(call.arguments.nested("reply_markup"))
    chat = call.open_chat()
    message = call.own(chat)
    _check_kind(message, changes)
    wanted = changes | {"buttons": buttons}
    if all(getattr(message, name) == value for name, value in wanted.items()):
        raise not_modified()
    call.spend(chat)
    return _changed(call, chat, message, wanted)


def _changed(call: Call, chat: Chat, message: Message, wanted: dict[str, object]) -> Payload:
    for name, value in wanted.items():
        setattr(message, name, value)
    if wanted.keys() != {"buttons"}:
        message.edited = call.platform.now()
    call.platform.show(chat, message)
    return message_form(call.world, chat, message)


def _check_kind(message: Message, changes: dict[str, object]) -> None:
    if "rich" in changes and message.media:
        raise bad_request("there is no text in the message to edit")


METHODS: dict[str, Method] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageMedia": edit_media,
    "editMessageReplyMarkup": edit_buttons,
}
