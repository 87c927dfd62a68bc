"""Reply markup: inline keyboards are checked (core.telegram.org/bots/api#inlinekeyboardmarkup)."""

from typing import Any

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.state import Payload

DATA_BYTES = 64
MOST_BUTTONS = 100
_ACTIONS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


def checked_buttons(markup: Any) -> list[list[Payload]]:
    """The rows of an inline keyboard; none for the keyboards that replace a person's own.

    Raises:
        TelegramError: it has another shape, a button says or does nothing, or carries over 64 bytes.
    """
    if markup is None:
        return []
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard", [])
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    checked = [[_button(each) for each in row] for row in rows if row]
    if sum(map(len, checked)) > MOST_BUTTONS:
        raise bad_request("reply markup is too long")
    return checked


def _button(button: Any) -> Payload:
    if not isinstance(button, dict):
        raise _unparsable("InlineKeyboardButton must be an Object")
    if not str(button.get("text", "")).strip():
        raise _unparsable('Can\'t find field "text"')
    if not any(name in button for name in _ACTIONS):
        raise _unparsable("Text buttons are unallowed in the inline keyboard")
    data = button.get("callback_data")
    if data is not None and not 0 < len(str(data).encode()) <= DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")
    url = str(button.get("url", "https://"))
    if not url.startswith(("https://", "http://", "tg://")):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    return dict(button)


def _unparsable(reason: str) -> Exception:
    return bad_request(f"can't parse inline keyboard button: {reason}")
