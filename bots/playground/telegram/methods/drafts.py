"""Drafts: what a person sees while the bot is still writing, and typing."""

from bots.playground.telegram import limits
from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.state import Draft, Payload
from bots.playground.telegram.text import LENGTH

DRAFT_SECONDS = 30.0
"""core.telegram.org/bots/api#sendmessagedraft"""
TYPING_SECONDS = 5.0
"""core.telegram.org/bots/api#sendchataction"""
ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


async def send_message_draft(call: Call) -> bool:
    """core.telegram.org/bots/api#sendmessagedraft; an empty text shows that the bot is thinking."""
    body = call.content("text", "entities", LENGTH)
    return show_draft(call, body.text, body.entities, None)


def show_draft(call: Call, text: str, entities: list[Payload], rich: Payload | None) -> bool:
    """Show a draft.

    Raises:
        TelegramError: the chat is not private, or the draft has no id.
    """
    arguments = call.arguments
    chat = call.open_chat()
    if chat.type != "private" or chat.business:
        raise bad_request("TEXTDRAFT_PEER_INVALID")
    if arguments.number("draft_id") == 0:
        raise bad_request("draft_id must be non-zero")
    thread = call.thread(chat)
    limits.spend_sign(call.limiter)
    draft = Draft(
        chat=chat.id,
        thread=thread,
        id=arguments.number("draft_id"),
        text=text,
        entities=entities,
        rich=rich,
        can_stop=arguments.flag("can_stop"),
        keep_on_stop=arguments.flag("keep_on_stop"),
        expires=call.platform.clock.now() + DRAFT_SECONDS,
    )
    call.platform.set_draft(draft)
    return True


async def send_chat_action(call: Call) -> bool:
    """core.telegram.org/bots/api#sendchataction"""
    action = call.arguments.text("action")
    if action not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    chat = call.open_chat()
    thread = call.thread(chat)
    limits.spend_sign(call.limiter)
    call.platform.set_typing((chat.id, thread), action, TYPING_SECONDS)
    return True


METHODS: dict[str, Method] = {
    "sendMessageDraft": send_message_draft,
    "sendChatAction": send_chat_action,
}
