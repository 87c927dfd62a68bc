"""Files: sending them, and getting those that people sent (core.telegram.org/bots/api#sending-files)."""

from functools import partial

from bots.playground.telegram import media
from bots.playground.telegram.errors import TelegramError, bad_request
from bots.playground.telegram.markup import checked_buttons
from bots.playground.telegram.media import Upload
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.naming import with_people
from bots.playground.telegram.state import Message, Payload
from bots.playground.telegram.text import CAPTION, Formatted, formatted

KINDS = ("photo", "document", "voice", "audio", "video", "animation", "video_note", "sticker")
_ATTACHED = "attach://"


async def send_file(call: Call, kind: str) -> Payload:
    """sendPhoto, sendDocument and their like."""
    caption, buttons = call.caption(), checked_buttons(call.arguments.nested("reply_markup"))
    chat = call.open_chat()
    place = call.place(chat)
    shown = uploaded(call, kind, call.arguments.text(kind), field=kind)
    call.spend(chat)
    message = Message(
        **call.author(chat),
        text=caption.text,
        entities=caption.entities,
        media=shown,
        buttons=buttons,
        **place,
    )
    return call.post(chat, message)


def uploaded(call: Call, kind: str, reference: str, field: str = "") -> Payload:
    """The media field of a file that comes with the call, or is there already.

    Raises:
        TelegramError: there is no such file, it is empty or too large, or it should come from the internet.
    """
    name = reference.removeprefix(_ATTACHED) if reference.startswith(_ATTACHED) else field
    upload = call.arguments.files.get(name)
    if upload is not None:
        return media.store(call.world, kind, _checked(upload, kind))
    if not reference or reference.startswith(_ATTACHED):
        raise bad_request(f"there is no {kind.replace('_', ' ')} in the request")
    if reference.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")  # the emulator never reaches the internet
    return _known(call, kind, reference)


def caption_of(call: Call, item: Payload) -> Formatted:
    """The caption of a media object (core.telegram.org/bots/api#inputmedia)."""
    mode, entities = str(item.get("parse_mode") or ""), item.get("caption_entities")
    given = entities if isinstance(entities, list) else []
    caption = formatted(str(item.get("caption") or ""), mode, given, limit=CAPTION)
    return with_people(caption, call.world.users)


def _known(call: Call, kind: str, file_id: str) -> Payload:
    for chat in call.world.chats.values():
        for message in chat.messages.values():
            if file_id in media.file_ids(message.media) and kind in message.media:
                return message.media
    raise bad_request("wrong file identifier/HTTP URL specified")


def _checked(upload: Upload, kind: str) -> Upload:
    if not upload.data:
        raise bad_request("file must be non-empty")
    if len(upload.data) > media.UPLOAD_LIMIT:
        raise TelegramError(413, "Request Entity Too Large")
    if kind == "photo" and len(upload.data) > media.PHOTO_LIMIT:
        raise bad_request("file is too big for a photo; the maximum size is 10485760 bytes")
    return upload


async def get_file(call: Call) -> Payload:
    """core.telegram.org/bots/api#getfile: the link works for an hour at least."""
    file_id = call.arguments.text("file_id")
    if not file_id:
        raise bad_request("file_id not specified")
    file = media.find(call.world, file_id)
    if file is None:
        raise bad_request("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > media.DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    file.link_until = call.platform.clock.now() + media.LINK_SECONDS
    return media.file_form(file)


_NAMES = {kind: "send" + "".join(each.title() for each in kind.split("_")) for kind in KINDS}
METHODS: dict[str, Method] = {name: partial(send_file, kind=kind) for kind, name in _NAMES.items()}
METHODS["getFile"] = get_file
