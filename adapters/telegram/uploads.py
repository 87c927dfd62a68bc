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
