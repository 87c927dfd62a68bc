"""Albums: several files as one group of messages."""

from typing import Any

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.methods.files import caption_of, uploaded
from bots.playground.telegram.state import Chat, Message, Payload

_GROUPS = {"photo": "pictures", "video": "pictures", "document": "documents", "audio": "sound"}


async def send_media_group(call: Call) -> list[Payload]:
    """core.telegram.org/bots/api#sendmediagroup"""
    items = call.arguments.items("media")
    _check_kinds(items)
    chat = call.open_chat()
    album = str(call.world.number())
    messages = [_message(call, chat, item, album) for item in items]
    call.spend(chat)
    return [call.post(chat, each) for each in messages]


def _check_kinds(items: list[Any]) -> None:
    """Photos and videos mix with each other; documents and sound only with their like."""
    if not 2 <= len(items) <= 10:
        raise bad_request("there must be between 2 and 10 items in the album")
    groups = {_GROUPS.get(str(each.get("type"))) if isinstance(each, dict) else None for each in items}
    if len(groups) > 1 or None in groups:
        raise bad_request("can't use the media of the specified type in the album")


def _message(call: Call, chat: Chat, item: Payload, album: str) -> Message:
    caption = caption_of(call, item)
    return Message(
        **call.author(chat),
        text=caption.text,
        entities=caption.entities,
        media=uploaded(call, item["type"], str(item.get("media", ""))),
        **call.place(chat),
        album=album,
    )


METHODS: dict[str, Method] = {"sendMediaGroup": send_media_group}
