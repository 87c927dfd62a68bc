"""Files from elsewhere, brought to Telegram as what they are."""

from telegram import (
    InputFile,
    InputMediaAudio,
    InputMediaDocument,
    InputMediaPhoto,
    InputMediaVideo,
)

from adapters.telegram import ids, limits
from adapters.telegram.api import Api
from adapters.telegram.errors import NotModified
from core.errors import Refused
from core.message import LyingFile, Post
from core.ports import Files

LARGEST = 50 * 1024 * 1024
"""Bytes that a bot may send (core.telegram.org/bots/api#sending-files)."""
LARGEST_PHOTO = 10 * 1024 * 1024
_PHOTOS = ("image/jpeg", "image/png")
_UPLOAD_SECONDS = 120.0

Media = InputMediaAudio | InputMediaDocument | InputMediaPhoto | InputMediaVideo


class Uploads:
    """Puts files into posts that stand already."""

    def __init__(self, *, api: Api, files: Files) -> None:
        self._api = api
        self._files = files

    async def put_into(self, post: Post, file: LyingFile) -> None:
        """Make the post show the file; that it does already is success.

        Raises:
            PlatformError: it could not be fetched or shown; Refused: it never will be.
        """
        content = await self._files.fetch(file.attachment, file.conversation, limit=LARGEST)
        if not content:
            raise Refused("The file is empty.")
        place = post.conversation
        try:
            async with self._api.calling(rates=limits.edits(place)) as bot:
                await bot.edit_message_media(
                    _media(file, content),
                    chat_id=int(place.channel),
                    message_id=int(post.platform_id),
                    business_connection_id=ids.business_connection(place),
                    write_timeout=_UPLOAD_SECONDS,
                )
        except NotModified:
            return

    async def speak(self, post: Post, file: LyingFile) -> str:
        """Send the file as a voice note; returns its `message_id`.

        Raises:
            PlatformError: it could not be fetched or sent; Refused: it never will be.
        """
        content = await self._files.fetch(file.attachment, file.conversation, limit=LARGEST)
        place = post.conversation
        async with self._api.calling(rates=limits.posts(place), repeatable=False) as bot:
            message = await bot.send_voice(
                int(place.channel),
                content,
                duration=_seconds(content),
                filename=file.attachment.name,
                message_thread_id=ids.number(place.thread),
                business_connection_id=ids.business_connection(place),
                write_timeout=_UPLOAD_SECONDS,
            )
        return str(message.message_id)


def _seconds(content: bytes) -> int:
    """How long Opus in Ogg lasts: its last page counts 48,000 a second (RFC 7845, section 4)."""
    last = content.rfind(b"OggS")
    return round(int.from_bytes(content[last + 6 : last + 14], "little") / 48_000) if last >= 0 else 0


def _media(file: LyingFile, content: bytes) -> Media:
    attachment = file.attachment
    sent = InputFile(content, filename=attachment.name or "file", attach=True)
    match attachment.kind:
        case "image" if attachment.media_type in ("", *_PHOTOS) and len(content) <= LARGEST_PHOTO:
            return InputMediaPhoto(sent)
        case "video" if attachment.media_type in ("", "video/mp4"):
            return InputMediaVideo(sent)
        case "audio" if attachment.media_type in ("audio/mpeg", "audio/mp4"):
            return InputMediaAudio(sent)
    return InputMediaDocument(sent)
