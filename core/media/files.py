"""Files, wherever they lie: on the platforms, or made on this machine when they are fetched."""

import asyncio
from collections.abc import Mapping

from core.errors import Refused, Unreachable
from core.media.metadata import stripped
from core.message import Attachment, Conversation, Platform
from core.ports import Files


class PlatformFiles:
    """Fills `core.ports.Files` with those of the platforms that are connected.

    Pictures come without what their files tell beside them, so that it reaches nobody.
    """

    def __init__(self) -> None:
        self._files: dict[Platform, Files] = {}

    def connect(self, platform: Platform, files: Files) -> None:
        """Ask `files` for what lies on a platform from now on."""
        self._files[platform] = files

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        files = self._files.get(conversation.platform)
        if files is None:
            raise Unreachable("The platform of the file is not connected.")
        content = await files.fetch(attachment, conversation, limit=limit)
        return await asyncio.to_thread(stripped, content)


class MadeFiles:
    """Fills `core.ports.Files` with what is made here at the moment in which it is fetched.

    Args:
        makers: by the tenant of the conversations in which their files lie.
    """

    def __init__(self, makers: Mapping[str, Files]) -> None:
        self._makers = makers

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        maker = self._makers.get(conversation.tenant)
        if maker is None:
            raise Refused("Nothing here makes such files any more.")
        return await maker.fetch(attachment, conversation, limit=limit)
