"""Files that people attached in Slack: fills `core.ports.Files`."""

from urllib.parse import urlsplit

from adapters.download import download
from adapters.slack.api import Api, answer
from adapters.slack.workspaces import Workspaces
from core.errors import Refused, TooLarge
from core.message import Attachment, Conversation


class SlackFiles:
    """Fetches them with the token of their workspace; it takes the scope `files:read`."""

    def __init__(self, *, api: Api, workspaces: Workspaces) -> None:
        self._api = api
        self._workspaces = workspaces

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        workspace = await self._workspaces.get(conversation.tenant)
        async with self._api.calling("files.info", workspace) as client:
            file = answer(await client.files_info(file=attachment.id)).part("file")
        if file.number("size") > limit:
            raise TooLarge
        url = file.text("url_private_download") or file.text("url_private")
        if not _is_of(url, self._api.base_url):
            raise Refused("The file does not lie with Slack.")
        return await download(url, limit=limit, headers={"Authorization": f"Bearer {workspace.token}"})


def _is_of(url: str, api: str) -> bool:
    """Whether an address is at the host of the Web API or at one below it, so that it may see our token."""
    try:
        asked, known = urlsplit(url), urlsplit(api)
        same_way = (asked.scheme, asked.port) == (known.scheme, known.port)
    except ValueError:
        return False
    host, root = asked.hostname or "", known.hostname or ""
    return same_way and root != "" and (host == root or host.endswith(f".{root}"))
