"""What a bot can learn of a chat and its members."""

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.forms import full_chat_form, member_form
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.state import Chat, Payload


async def get_chat(call: Call) -> Payload:
    """core.telegram.org/bots/api#getchat"""
    return full_chat_form(call.world, call.chat())


async def get_chat_member(call: Call) -> Payload:
    """core.telegram.org/bots/api#getchatmember"""
    chat, number = call.chat(), call.arguments.number("user_id")
    if number not in call.world.users:
        raise bad_request("PARTICIPANT_ID_INVALID")
    return member_form(call.world.users[number], _status(chat, number))


async def get_chat_administrators(call: Call) -> list[Payload]:
    """core.telegram.org/bots/api#getchatadministrators"""
    chat = call.chat()
    if chat.type == "private":
        raise bad_request("there are no administrators in the private chat")
    return [member_form(call.world.users[each], _status(chat, each)) for each in chat.admins]


async def get_chat_member_count(call: Call) -> int:
    """core.telegram.org/bots/api#getchatmembercount"""
    return len(call.chat().members)


async def leave_chat(call: Call) -> bool:
    """core.telegram.org/bots/api#leavechat"""
    chat = call.open_chat()
    if chat.type == "private":
        raise bad_request("chat member status can't be changed in private chats")
    call.platform.change_standing(chat, call.world.bot.id, "left")
    return True


def _status(chat: Chat, user: int) -> str:
    """The first administrator is the creator."""
    if chat.admins[:1] == [user]:
        return "creator"
    if user in chat.admins:
        return "administrator"
    return "member" if user in chat.members else "left"


METHODS: dict[str, Method] = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
}
