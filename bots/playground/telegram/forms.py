"""The world in the shapes of the Bot API."""

from bots.playground.telegram.state import Chat, Message, Payload, User, World


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
    }


def chat_form(world: World, chat: Chat) -> Payload:
    """A `Chat`."""
    if chat.type == "private":
        person = world.users[chat.id]
        return {
            "id": chat.id,
            "type": "private",
            "first_name": person.first_name,
            "username": person.username,
        }
    form: Payload = {"id": chat.id, "type": chat.type, "title": chat.title}
    return form | {"is_forum": True} if chat.is_forum else form


def message_form(world: World, chat: Chat, message: Message, *, nested: bool = True) -> Payload:
    """A `Message`; `nested` includes the one it answers."""
    form: Payload = {
        "message_id": message.id,
        "date": message.date,
        "chat": chat_form(world, chat),
        "from": user_form(world.users[message.sender]),
        **message.media,
    }
    if message.text:
        form["caption" if message.caption else "text"] = message.text
    if message.entities:
        form["caption_entities" if message.caption else "entities"] = message.entities
    if message.edited is not None:
        form["edit_date"] = message.edited
    if message.thread is not None:
        form |= {"message_thread_id": message.thread, "is_topic_message": True}
    if message.buttons:
        form["reply_markup"] = {"inline_keyboard": message.buttons}
    if message.album:
        form["media_group_id"] = message.album
    if message.business:
        form["business_connection_id"] = message.business
    original = chat.messages.get(message.reply_to or 0)
    if nested and original is not None:
        form["reply_to_message"] = message_form(world, chat, original, nested=False)
    return form


def reaction_forms(emoji: list[str]) -> list[Payload]:
    """`ReactionType`s."""
    return [{"type": "emoji", "emoji": each} for each in emoji]
