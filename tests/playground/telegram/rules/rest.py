"""Methods, files, menus, topics, webhooks."""

from bots.playground.telegram.seed import FORUM, GROUP, MINA
from tests.playground.telegram.rules.rule import Rule

RULES = [
    Rule("unknown method", "sendTelepathy", status=404, says="Not Found: method not found"),
    Rule(
        "method of a newer Bot API", "sendRichMessage", {"chat_id": MINA}, 404, "Not Found: method not found"
    ),
    Rule("method that is not emulated", "sendInvoice", status=501, says="Not Implemented"),
    Rule("no file id", "getFile", says="Bad Request: file_id not specified"),
    Rule(
        "unknown file",
        "getFile",
        {"file_id": "x"},
        says="Bad Request: wrong file_id or the file is temporarily unavailable",
    ),
    Rule(
        "document missing",
        "sendDocument",
        {"chat_id": MINA},
        says="Bad Request: there is no document in the request",
    ),
    Rule(
        "photo by unknown id",
        "sendPhoto",
        {"chat_id": MINA, "photo": "x"},
        says="Bad Request: wrong file identifier/HTTP URL specified",
    ),
    Rule(
        "photo from the internet",
        "sendPhoto",
        {"chat_id": MINA, "photo": "https://example.com/a.jpg"},
        says="Bad Request: failed to get HTTP URL content",
    ),
    Rule(
        "1025 characters in a caption",
        "sendPhoto",
        {"chat_id": MINA, "photo": "x", "caption": "a" * 1025},
        says="Bad Request: message caption is too long",
    ),
    Rule(
        "album of one",
        "sendMediaGroup",
        {"chat_id": MINA, "media": [{"type": "photo", "media": "x"}]},
        says="Bad Request: there must be between 2 and 10 items",
    ),
    Rule(
        "mixed album",
        "sendMediaGroup",
        {"chat_id": MINA, "media": [{"type": "photo", "media": "x"}, {"type": "document", "media": "y"}]},
        says="Bad Request: can't use the media of the specified type in the album",
    ),
    Rule(
        "command in capitals",
        "setMyCommands",
        {"commands": [{"command": "Help", "description": "Help"}]},
        says="Bad Request: BOT_COMMAND_INVALID",
    ),
    Rule(
        "command without a description",
        "setMyCommands",
        {"commands": [{"command": "help"}]},
        says="Bad Request: can't parse BotCommand",
    ),
    Rule(
        "101 commands",
        "setMyCommands",
        {"commands": [{"command": "a", "description": "b"}] * 101},
        says="Bad Request: BOT_COMMANDS_TOO_MUCH",
    ),
    Rule("name of 65 characters", "setMyName", {"name": "a" * 65}, says="Bad Request: name is too long"),
    Rule(
        "topic in a group without",
        "createForumTopic",
        {"chat_id": GROUP, "name": "x"},
        says="Bad Request: the chat is not a forum",
    ),
    Rule(
        "topic without a name",
        "createForumTopic",
        {"chat_id": FORUM, "name": " "},
        says="Bad Request: TOPIC_TITLE_EMPTY",
    ),
    Rule(
        "unknown topic to close",
        "closeForumTopic",
        {"chat_id": FORUM, "message_thread_id": 99},
        says="Bad Request: TOPIC_ID_INVALID",
    ),
    Rule(
        "webhook without a port that can be",
        "setWebhook",
        {"url": "https://example.com:99999/"},
        says="Bad Request: invalid webhook URL specified",
    ),
    Rule(
        "webhook without HTTPS",
        "setWebhook",
        {"url": "http://example.com/"},
        says="Bad Request: bad webhook: An HTTPS URL must be provided for webhook",
    ),
    Rule(
        "webhook on another port",
        "setWebhook",
        {"url": "https://example.com:9000/"},
        says="Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
    ),
    Rule(
        "secret with a space",
        "setWebhook",
        {"url": "https://example.com", "secret_token": "a b"},
        says="Bad Request: secret token contains unallowed characters",
    ),
    Rule(
        "secret of 257 characters",
        "setWebhook",
        {"url": "https://example.com", "secret_token": "a" * 257},
        says="Bad Request: secret token is too long",
    ),
    Rule(
        "allowed_updates that are no list",
        "getUpdates",
        {"allowed_updates": "message"},
        says="Bad Request: can't parse allowed updates JSON object",
    ),
]
