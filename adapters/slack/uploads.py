"""Files from elsewhere, brought to Slack (docs.slack.dev/messaging/working-with-files)."""

from adapters.slack.api import Api, answer
from adapters.slack.errors import mapped
from adapters.slack.workspaces import Workspaces
from core.errors import Refused, Unreachable
from core.message import LyingFile
from core.ports import Files

LARGEST = 50 * 1024 * 1024
"""Bytes that are carried from one platform to another; they are held in memory meanwhile."""

_NAMELESS = {
    "audio": "voice message.ogg",
    "document": "file",
    "image": "picture.jpg",
    "video": "video.mp4",
}


class Uploads:
    """Uploads files, to be attached to a message that stands already."""

    def __init__(self, *, api: Api, workspaces: Workspaces, files: Files) -> None:
        self._api = api
        self._workspaces = workspaces
        self._files = files

    async def bring(self, file: LyingFile, team: str) -> str:
        """Fetch a file where it lies and upload it; returns Slack's id of it.

        Raises:
            PlatformError: it could not be fetched or uploaded; Refused: it never will be.
        """
        content = await self._files.fetch(file.attachment, file.conversation, limit=LARGEST)
        if not content:
            raise Refused("The file is empty.")
        workspace = await self._workspaces.get(team)
        name = name_of(file)
        async with self._api.calling("files.getUploadURLExternal", workspace) as client:
            ticket = answer(await client.files_getUploadURLExternal(filename=name, length=len(content)))
        await self._send(ticket.required("upload_url"), content)
        async with self._api.calling("files.completeUploadExternal", workspace) as client:
            await client.files_completeUploadExternal(
                files=[{"id": ticket.required("file_id"), "title": name}]
            )
        return ticket.required("file_id")

    async def _send(self, url: str, content: bytes) -> None:
        with mapped(repeatable=True):
            async with self._api.session.post(url, data=content) as response:
                if response.status != 200:
                    raise Unreachable(f"Slack took no upload: status {response.status}.")


def name_of(file: LyingFile) -> str:
    """What a file is called; those without a name are called after what they are."""
    return file.attachment.name or {
        "audio": "voice message.ogg",
        "image": "picture.jpg",
        "video": "video.mp4",
    }.get(file.attachment.kind, "file")
