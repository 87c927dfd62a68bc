"""Reply markup: inline keyboards are checked (core.telegram.org/bots/api#inlinekeyboardmarkup)."""

from typing import Any

from bots.playground.telegram import links
from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.state import Payload

DATA_BYTES = 64
MOST_BUTTONS = 100
COPY_LENGTH = 256
_OTHERS = (
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
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
    for name, check in _CHECKS.items():
        if button.get(name):
            check(button[name])
            return {"text": str(button["text"]), name: button[name]}
    if not any(name in button for name in _OTHERS):
        raise _unparsable("Text buttons are unallowed in the inline keyboard")
    return dict(button)


def _check_data(data: Any) -> None:
    if not isinstance(data, str) or len(data.encode("utf-8", "replace")) > DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")


def _check_url(url: Any) -> None:
    if reason := links.problem(str(url)):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: {reason}")


def _check_web_app(app: Any) -> None:
    url = app.get("url", "") if isinstance(app, dict) else ""
    if not str(url).startswith("https://"):
        raise bad_request(
            f"inline keyboard button Web App URL '{url}' is invalid: Only HTTPS links are allowed"
        )


def _check_copy(copy: Any) -> None:
    text = copy.get("text", "") if isinstance(copy, dict) else ""
    if not isinstance(text, str) or not 0 < len(text) <= COPY_LENGTH:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def _refuse(_: Any) -> None:
    """Games and payments go with messages of their own kind."""
    raise bad_request("BUTTON_TYPE_INVALID")


_CHECKS = {
    "callback_data": _check_data,
    "url": _check_url,
    "web_app": _check_web_app,
    "copy_text": _check_copy,
    "callback_game": _refuse,
    "pay": _refuse,
}


def _unparsable(reason: str) -> Exception:
    return bad_request(f"can't parse inline keyboard button: {reason}")
