"""The world in the shapes of the Bot API."""

from typing import Any

from bots.playground.telegram.state import Chat, Connection, Message, Payload, Topic, User, World

_NO_GIFTS = {
    "unlimited_gifts": False,
    "limited_gifts": False,
    "unique_gifts": False,
    "premium_subscription": False,
    "gifts_from_channels": False,
}
_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)


def user_form(user: User) -> Payload:
    """A `User`."""
    form: Payload = {"id": user.id, "is_bot": user.is_bot, "first_name": user.first_name}
    if user.username:
        form["username"] = user.username
    if not user.is_bot:
        form["language_code"] = user.language_code
    return form


def me_form(world: World) -> Payload:
    """The `User` that getMe returns."""
    return user_form(world.bot) | {
        "can_join_groups": True,
        "can_read_all_group_messages": not world.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": True,
        "has_main_web_app": False,
        "has_topics_enabled": world.private_topics,
        "allows_users_to_create_topics": world.private_topics,
    }


def chat_form(world: World, chat: Chat) -> Payload:
    """A `Chat`."""
    if chat.type == "private":
        person = world.users[chat.id]
        form: Payload = {"id": chat.id, "type": "private", "first_name": person.first_name}
        return form | ({"username": person.username} if person.username else {})
    form = {"id": chat.id, "type": chat.type, "title": chat.title}
    return form | ({"is_forum": True} if chat.is_forum else {})


def full_chat_form(world: World, chat: Chat) -> Payload:
    """A `ChatFullInfo`."""
    return chat_form(world, chat) | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": _NO_GIFTS,
    }


def message_form(world: World, chat: Chat, message: Message, *, nested: bool = True) -> Payload:
    """A `Message`; `nested` includes the one it answers."""
    form: Payload = {
        "message_id": message.id,
        "date": message.date,
        "chat": chat_form(world, chat),
        "from": user_form(world.users[message.sender]),
        **message.media,
        **message.service,
        **_text(message),
        **_circumstances(chat, message),
    }
    if chat.business:
        form["business_connection_id"] = chat.business
    if message.by_bot:
        form["sender_business_bot"] = user_form(world.bot)
    original = chat.messages.get(message.reply_to or 0)
    if nested and original is not None:
        form["reply_to_message"] = message_form(world, chat, original, nested=False)
    return form


def _text(message: Message) -> Payload:
    if message.rich is not None:
        return {"rich_message": message.rich}
    if not message.text:
        return {}
    prefix = "caption" if message.media else "text"
    entities = {"caption_entities" if message.media else "entities": message.entities}
    return {prefix: message.text} | (entities if message.entities else {})


def _circumstances(chat: Chat, message: Message) -> Payload:
    """What else is known of a message, where it applies."""
    fields: dict[str, Any] = {
        "edit_date": message.edited,
        "message_thread_id": message.thread or _reply_thread(chat, message),
        "is_topic_message": True if message.thread is not None else None,
        "reply_markup": {"inline_keyboard": message.buttons} if message.buttons else None,
        "media_group_id": message.album or None,
        "forward_origin": message.forward,
        "link_preview_options": message.preview,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _reply_thread(chat: Chat, message: Message) -> int | None:
    """In supergroups an answer names the message that its thread began with, though that is no topic.

    core.telegram.org/api/threads
    """
    if chat.type != "supergroup":
        return None
    root = message
    while root.reply_to is not None and root.reply_to in chat.messages:
        root = chat.messages[root.reply_to]
    return None if root is message else root.id


def reaction_forms(emoji: list[str]) -> list[Payload]:
    """`ReactionType`s."""
    return [{"type": "emoji", "emoji": each} for each in emoji]


def topic_form(topic: Topic) -> Payload:
    """A `ForumTopic`."""
    return {"message_thread_id": topic.id, "name": topic.name, "icon_color": topic.color}


def member_form(user: User, status: str) -> Payload:
    """A `ChatMember`."""
    form: Payload = {"user": user_form(user), "status": status}
    if status == "kicked":
        form["until_date"] = 0
    if status == "administrator":
        form |= dict.fromkeys(_RIGHTS, False) | {
            "can_manage_chat": True,
            "can_manage_topics": True,
            "can_pin_messages": True,
        }
    if status == "creator":
        form["is_anonymous"] = False
    return form


def connection_form(world: World, connection: Connection) -> Payload:
    """A `BusinessConnection`."""
    return {
        "id": connection.id,
        "user": user_form(world.users[connection.owner]),
        "user_chat_id": connection.owner,
        "date": connection.date,
        "is_enabled": connection.is_enabled,
        "rights": connection.rights,
    }
