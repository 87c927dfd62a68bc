"""Rich messages of Bot API 10.1; until they are switched on, these methods do not exist."""

from bots.playground.telegram.errors import TelegramError, bad_request
from bots.playground.telegram.markup import checked_buttons
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.methods.drafts import show_draft
from bots.playground.telegram.state import Message, Payload

LENGTH = 32_768
"""Characters (core.telegram.org/bots/api#inputrichmessage)."""
MOST_BLOCKS = 500
_SOURCES = ("html", "markdown", "blocks")


async def send_rich_message(call: Call) -> Payload:
    """core.telegram.org/bots/api#sendrichmessage"""
    _check_switched_on(call)
    rich, buttons = checked_rich(call), checked_buttons(call.arguments.nested("reply_markup"))
    chat = call.open_chat()
    message = Message(
        **call.author(chat),
        rich=rich,
        buttons=buttons,
        **call.place(chat),
    )
    call.spend(chat)
    return call.post(chat, message)


async def send_rich_message_draft(call: Call) -> bool:
    """core.telegram.org/bots/api#sendrichmessagedraft"""
    _check_switched_on(call)
    return show_draft(call, "", [], checked_rich(call))


def checked_rich(call: Call) -> Payload:
    """The `rich_message` as a `RichMessage`; text in HTML or Markdown becomes a single paragraph.

    Raises:
        TelegramError: not exactly one of its sources is given, or it is too long.
    """
    given = call.arguments.fields("rich_message")
    sources = [name for name in _SOURCES if given.get(name)]
    if len(sources) != 1:
        raise bad_request(
            "exactly one of the fields html, markdown and blocks must be specified in RichMessage"
        )
    content = given[sources[0]]
    if sources == ["blocks"]:
        if not isinstance(content, list) or len(content) > MOST_BLOCKS:
            raise bad_request("RICH_MESSAGE_TOO_LONG")
        return {"blocks": content}
    if len(str(content)) > LENGTH:
        raise bad_request("RICH_MESSAGE_TOO_LONG")
    return {"blocks": [{"type": "paragraph", "text": str(content)}]}


def _check_switched_on(call: Call) -> None:
    if not call.world.rich:
        raise TelegramError(404, "Not Found: method not found")


METHODS: dict[str, Method] = {
    "sendRichMessage": send_rich_message,
    "sendRichMessageDraft": send_rich_message_draft,
}
