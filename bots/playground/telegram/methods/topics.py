"""Topics of forums and of private chats."""

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.forms import topic_form
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.state import Chat, Payload, Topic

NAME_LENGTH = 128


async def create_topic(call: Call) -> Payload:
    """core.telegram.org/bots/api#createforumtopic"""
    chat, name = _forum(call), call.arguments.text("name").strip()
    if not 0 < len(name) <= NAME_LENGTH:
        raise bad_request("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    return topic_form(call.platform.open_topic(chat, call.world.bot.id, name))


async def edit_topic(call: Call) -> bool:
    """core.telegram.org/bots/api#editforumtopic"""
    chat = _forum(call)
    topic, name = _topic(call, chat), call.arguments.text("name").strip()
    if name in ("", topic.name):
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name = name
    call.platform.show_chat(chat)
    return True


async def close_topic(call: Call) -> bool:
    """core.telegram.org/bots/api#closeforumtopic"""
    return _set_closed(call, closed=True)


async def reopen_topic(call: Call) -> bool:
    """core.telegram.org/bots/api#reopenforumtopic"""
    return _set_closed(call, closed=False)


async def delete_topic(call: Call) -> bool:
    """core.telegram.org/bots/api#deleteforumtopic: its messages go with it."""
    chat = _forum(call)
    topic = _topic(call, chat)
    del chat.topics[topic.id]
    call.platform.remove(chat, [each.id for each in chat.messages.values() if each.thread == topic.id])
    call.platform.show_chat(chat)
    return True


def _set_closed(call: Call, *, closed: bool) -> bool:
    chat = _forum(call)
    topic = _topic(call, chat)
    if topic.closed is closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    call.platform.close_topic(chat, call.world.bot.id, topic, closed=closed)
    return True


def _forum(call: Call) -> Chat:
    chat = call.open_chat()
    if chat.type == "private":
        if not call.world.private_topics:
            raise bad_request("the chat is not a forum")
        return chat
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")
    if call.world.bot.id not in chat.admins:
        raise bad_request("not enough rights to create a topic")
    return chat


def _topic(call: Call, chat: Chat) -> Topic:
    topic = chat.topics.get(call.arguments.number("message_thread_id"))
    if topic is None:
        raise bad_request("TOPIC_ID_INVALID")
    return topic


METHODS: dict[str, Method] = {
    "createForumTopic": create_topic,
    "editForumTopic": edit_topic,
    "closeForumTopic": close_topic,
    "reopenForumTopic": reopen_topic,
    "deleteForumTopic": delete_topic,
}
