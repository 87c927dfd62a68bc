"""Editing, deleting, forwarding, drafts, reactions, answers to buttons."""

from bots.playground.telegram.seed import FORUM, GROUP, MINA
from tests.playground.telegram.rules.rule import Rule, text

MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly "
    "the same as a current content and reply markup of the message"
)
RULES = [
    Rule(
        "edit of nothing",
        "editMessageText",
        text("hi", message_id=9),
        says="Bad Request: message to edit not found",
    ),
    Rule(
        "edit without an id",
        "editMessageText",
        text("hi"),
        says="Bad Request: message identifier is not specified",
    ),
    Rule(
        "edit of a person's message",
        "editMessageText",
        text("hi", message_id=101),
        says="Bad Request: message can't be edited",
    ),
    Rule("edit that changes nothing", "editMessageText", text("First", message_id=102), says=MODIFIED),
    Rule(
        "buttons that change nothing",
        "editMessageReplyMarkup",
        {"chat_id": MINA, "message_id": 102},
        says=MODIFIED,
    ),
    Rule(
        "caption of a text",
        "editMessageCaption",
        {"chat_id": MINA, "message_id": 102, "caption": "x"},
        says="Bad Request: there is no caption in the message to edit",
    ),
    Rule(
        "media of no kind",
        "editMessageMedia",
        {"chat_id": MINA, "message_id": 102, "media": {"type": "sticker", "media": "x"}},
        says="Bad Request: unsupported media type specified",
    ),
    Rule(
        "media without a file",
        "editMessageMedia",
        {"chat_id": MINA, "message_id": 102, "media": {"type": "photo", "media": "attach://nothing"}},
        says="Bad Request: there is no photo in the request",
    ),
    Rule(
        "deleting nothing",
        "deleteMessage",
        {"chat_id": MINA, "message_id": 9},
        says="Bad Request: message to delete not found",
    ),
    Rule(
        "deleting a person's message in a group",
        "deleteMessage",
        {"chat_id": GROUP, "message_id": 103},
        says="Bad Request: message can't be deleted",
    ),
    Rule(
        "deleting too many",
        "deleteMessages",
        {"chat_id": MINA, "message_ids": list(range(101))},
        says="Bad Request: there must be between 1 and 100",
    ),
    Rule(
        "forwarding nothing",
        "forwardMessage",
        {"chat_id": MINA, "from_chat_id": MINA, "message_id": 9},
        says="Bad Request: message to forward not found",
    ),
    Rule(
        "copying nothing",
        "copyMessage",
        {"chat_id": MINA, "from_chat_id": MINA, "message_id": 9},
        says="Bad Request: message to copy not found",
    ),
    Rule(
        "pinning without the right",
        "pinChatMessage",
        {"chat_id": GROUP, "message_id": 103},
        says="Bad Request: not enough rights to manage pinned messages in the chat",
    ),
    Rule(
        "draft in a group",
        "sendMessageDraft",
        {"chat_id": GROUP, "draft_id": 1, "text": "x"},
        says="Bad Request: TEXTDRAFT_PEER_INVALID",
    ),
    Rule(
        "draft in a forum",
        "sendMessageDraft",
        {"chat_id": FORUM, "draft_id": 1, "text": "x"},
        says="Bad Request: TEXTDRAFT_PEER_INVALID",
    ),
    Rule(
        "draft number 0",
        "sendMessageDraft",
        text("x", draft_id=0),
        says="Bad Request: draft_id must be non-zero",
    ),
    Rule(
        "draft of 4097 characters",
        "sendMessageDraft",
        text("a" * 4097, draft_id=1),
        says="Bad Request: message is too long",
    ),
    Rule(
        "chat action of no known kind",
        "sendChatAction",
        {"chat_id": MINA, "action": "dance"},
        says="Bad Request: wrong parameter action in request",
    ),
    Rule(
        "unknown callback query",
        "answerCallbackQuery",
        {"callback_query_id": "1"},
        says="Bad Request: query is too old and response timeout expired or query ID is invalid",
    ),
    Rule(
        "201 characters in a note",
        "answerCallbackQuery",
        {"callback_query_id": "1", "text": "a" * 201},
        says="Bad Request: MESSAGE_TOO_LONG",
    ),
    Rule(
        "reaction that is no emoji of Telegram's",
        "setMessageReaction",
        {"chat_id": MINA, "message_id": 101, "reaction": [{"type": "emoji", "emoji": "🦖"}]},
        says="Bad Request: REACTION_INVALID",
    ),
    Rule(
        "two reactions of a bot",
        "setMessageReaction",
        {"chat_id": MINA, "message_id": 101, "reaction": [{"type": "emoji", "emoji": "👍"}] * 2},
        says="Bad Request: REACTION_INVALID",
    ),
    Rule(
        "reaction to nothing",
        "setMessageReaction",
        {"chat_id": MINA, "message_id": 9, "reaction": []},
        says="Bad Request: message to react not found",
    ),
]
