"""A passage in full, in a window that only the person who asked for it sees."""

import logging

from adapters import citations
from adapters.markdown import clean
from adapters.slack.api import Api
from adapters.slack.workspaces import Workspaces
from core import words
from core.errors import PlatformError, StoreError
from core.knowledge.access import ReadingRoom
from core.knowledge.passages import Found
from core.message import Conversation

_SECTION, _SECTIONS = 2_900, 12
"""Characters of one section, of 3,000 that Slack takes; and how many of them are shown."""

log = logging.getLogger(__name__)


class PassageWindow:
    """Opens windows; one that cannot be opened costs nobody an answer."""

    def __init__(self, *, api: Api, workspaces: Workspaces, reading_room: ReadingRoom) -> None:
        self._api = api
        self._workspaces = workspaces
        self._reading_room = reading_room

    async def open(self, passage_id: int, place: Conversation, trigger: str) -> None:
        """Show the passage, if it may be shown in `place`.

        Args:
            trigger: Slack's proof that a person pressed a button, good for three seconds.
        """
        try:
            found = await self._reading_room.passage(passage_id, place)
            workspace = await self._workspaces.get(place.tenant)
            async with self._api.calling("views.open", workspace) as client:
                await client.views_open(trigger_id=trigger, view=view(found))
        except (PlatformError, StoreError) as error:
            log.info("passage %d was not shown in %s: %s", passage_id, place.key, error)


def view(found: Found | None) -> dict[str, object]:
    """The window. Its words are plain text, in which nothing comes alive."""
    blocks = [_section(words.passage_gone())] if found is None else _content(found)
    title = {"type": "plain_text", "text": words.passage()}
    return {
        "type": "modal",
        "title": title,
        "close": {"type": "plain_text", "text": words.close()},
        "blocks": blocks,
    }


def _content(found: Found) -> list[dict[str, object]]:
    where = " › ".join(dict.fromkeys((found.document.title, *found.passage.headings)))
    place = f"{where}, {found.passage.place}" if found.passage.place else where
    text = clean(found.passage.text).strip() or "…"
    pieces = [text[at : at + _SECTION] for at in range(0, len(text), _SECTION)]
    return [
        {"type": "context", "elements": [_plain(citations.shortened(place, 300))]},
        *(_section(piece) for piece in pieces[:_SECTIONS] if piece.strip()),
    ]


def _section(text: str) -> dict[str, object]:
    return {"type": "section", "text": _plain(text)}


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}
