"""What the bot gets to hear (core.telegram.org/bots/features#privacy-mode)."""

from bots.playground.telegram.state import Chat, Message, World
from bots.playground.telegram.text import excerpt


def hears(world: World, chat: Chat, message: Message) -> bool:
    """Whether the bot is told of a message: in groups with privacy mode, only when it is addressed."""
    if message.sender == world.bot.id:
        return False
    if chat.business:
        return world.connections[chat.business].is_enabled
    if chat.blocked or world.bot.id not in chat.members:
        return False
    if chat.type == "private" or not world.privacy or world.bot.id in chat.admins:
        return True
    return bool(message.service) or _answers(world, chat, message) or _addresses(world, message)


def hears_reactions(world: World, chat: Chat) -> bool:
    """Whether the bot is told of reactions: in groups only as an administrator.

    core.telegram.org/bots/api#update, message_reaction
    """
    if chat.business or chat.blocked:
        return False
    return chat.type == "private" or world.bot.id in chat.admins


def _answers(world: World, chat: Chat, message: Message) -> bool:
    original = chat.messages.get(message.reply_to or 0)
    return original is not None and original.sender == world.bot.id


def _addresses(world: World, message: Message) -> bool:
    """Whether it mentions the bot, or holds a command that is not for another bot."""
    name = f"@{world.bot.username}".lower()
    for entity in message.entities:
        said = excerpt(message.text, entity).lower()
        if entity["type"] == "mention" and said == name:
            return True
        if entity["type"] == "bot_command" and ("@" not in said or said.endswith(name)):
            return True
    return False
