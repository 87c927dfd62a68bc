"""Files that people attached in Telegram: fills `core.ports.Files`."""

from adapters.download import download
from adapters.telegram import limits
from adapters.telegram.api import Api
from core.errors import Refused, TooLarge
from core.message import Attachment, Conversation


class TelegramFiles:
    """Fetches them from the Bot API's server, which gives out 20 MB of a file at most."""

    def __init__(self, *, api: Api) -> None:
        self._api = api

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        async with self._api.calling(rates=limits.signs(conversation)) as bot:
            file = await bot.get_file(attachment.id)
        if (file.file_size or 0) > limit:
            raise TooLarge
        url = file.file_path or ""
        if not url.startswith(f"{self._api.root}/file/bot"):
            raise Refused(
                "The file does not lie with Telegram."
            )  # a path on the disk of a server of one's own
        return await download(url, limit=limit)
