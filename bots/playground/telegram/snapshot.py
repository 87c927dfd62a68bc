"""The world as the page and the tests see it."""

from dataclasses import asdict

from bots.playground.telegram.forms import chat_form, connection_form, me_form, user_form
from bots.playground.telegram.platform import Platform
from bots.playground.telegram.state import Chat, Payload
from bots.playground.telegram.webhook import Webhook


def snapshot(platform: Platform, webhook: Webhook) -> Payload:
    """Everything, with the number of the newest change in it (`seq`)."""
    world = platform.world
    chats = [each for each in world.chats.values() if each.migrated_to is None]
    return {
        "seq": platform.changes.seq,
        "now": platform.clock.now(),
        "bot": me_form(world),
        "settings": {"privacy": world.privacy, "rich": world.rich, "private_topics": world.private_topics},
        "commands": [{"scope": scope, "commands": commands} for scope, commands in world.commands.items()],
        "profile": world.profile,
        "people": [user_form(each) for each in world.users.values() if not each.is_bot],
        "chats": [chat_view(platform, each) for each in chats],
        "businesses": [
            connection_form(world, each)
            | {"chats": [chat_view(platform, chat) for chat in each.chats.values()]}
            for each in world.connections.values()
        ],
        "drafts": [asdict(each) for each in world.drafts.values()],
        "pending": len(platform.updates.queue),
        "polled": platform.updates.polled,
        "webhook": webhook.url,
    }


def chat_view(platform: Platform, chat: Chat) -> Payload:
    """A chat with its topics, members and messages."""
    typing = [thread for number, thread in platform.world.typing if number == chat.id and not chat.business]
    return chat_form(platform.world, chat) | {
        "business": chat.business,
        "topics": [asdict(each) for each in chat.topics.values()],
        "members": chat.members,
        "admins": chat.admins,
        "standing": chat.standing,
        "blocked": chat.blocked,
        "started": chat.started,
        "typing": bool(typing),
        "typing_in": typing,
        "messages": [each.view() for each in chat.messages.values()],
    }
