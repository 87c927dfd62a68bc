"""A suggested answer in a window where an agent changes it before it is sent."""

import json
import logging

from adapters.slack.api import Api
from adapters.slack.ingress import DRAFT, DRAFT_TEXT, Editing
from adapters.slack.workspaces import Workspaces
from core import words
from core.desk.ports import Suggestions
from core.desk.words import edit_suggestion, no_suggestion, send_suggestion
from core.errors import PlatformError, StoreError
from core.translation import spoken

_LONGEST = 3_000
"""Characters of a field (docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element)."""

log = logging.getLogger(__name__)


class DraftEditor:
    """Opens the windows; what is written in them comes back as a view submission."""

    def __init__(self, *, api: Api, workspaces: Workspaces, suggestions: Suggestions, language: str) -> None:
        """`language`: what agents are spoken to in."""
        self._language = language
        self._api = api
        self._workspaces = workspaces
        self._suggestions = suggestions

    async def open(self, editing: Editing) -> None:
        """Show the suggestion under whose post the button was pressed."""
        place = editing.conversation
        try:
            text = await self._suggestions.text_of(place, editing.post)
            workspace = await self._workspaces.get(place.tenant)
            async with self._api.calling("views.open", workspace) as client:
                with spoken(self._language):
                    await client.views_open(trigger_id=editing.trigger, view=view(editing, text))
        except (PlatformError, StoreError) as error:
            log.info("a suggestion was not opened in %s: %s", place.key, error)


def view(editing: Editing, text: str) -> dict[str, object]:
    """The window; without a text, it says why there is none."""
    window: dict[str, object] = {
        "type": "modal",
        "title": _plain(edit_suggestion()),
        "close": _plain(words.close()),
    }
    if not text:
        return {**window, "blocks": [{"type": "section", "text": _plain(no_suggestion())}]}
    place = editing.conversation
    field = {
        "type": "plain_text_input",
        "action_id": DRAFT_TEXT,
        "multiline": True,
        "initial_value": text[:_LONGEST],
        "max_length": _LONGEST,
    }
    return {
        **window,
        "callback_id": DRAFT,
        "private_metadata": json.dumps(
            {"channel": place.channel, "thread": place.thread, "post": editing.post}
        ),
        "submit": _plain(send_suggestion()),
        "blocks": [
            {"type": "input", "block_id": DRAFT_TEXT, "label": _plain(edit_suggestion()), "element": field}
        ],
    }


def _plain(text: str) -> dict[str, object]:
    return {"type": "plain_text", "text": text, "emoji": False}
