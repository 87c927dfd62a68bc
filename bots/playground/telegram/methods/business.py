"""Business accounts the bot answers for."""

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.forms import connection_form
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.state import Connection, Payload


async def get_business_connection(call: Call) -> Payload:
    """core.telegram.org/bots/api#getbusinessconnection"""
    return connection_form(call.world, call.connection())


async def read_business_message(call: Call) -> bool:
    """core.telegram.org/bots/api#readbusinessmessage"""
    connection = _permitted(call, "can_read_messages")
    chat = connection.chats.get(call.arguments.number("chat_id"))
    if chat is None:
        raise bad_request("chat not found")
    if call.arguments.number("message_id") not in chat.messages:
        raise bad_request("message to read not found")
    return True


async def delete_business_messages(call: Call) -> bool:
    """core.telegram.org/bots/api#deletebusinessmessages"""
    connection = call.connection()
    numbers = call.arguments.numbers("message_ids")
    for chat in connection.chats.values():
        found = [chat.messages[each] for each in numbers if each in chat.messages]
        right = (
            "can_delete_sent_messages" if all(each.by_bot for each in found) else "can_delete_all_messages"
        )
        if found:
            _permitted(call, right)
            call.platform.remove(chat, [each.id for each in found])
    return True


def _permitted(call: Call, right: str) -> Connection:
    connection = call.connection()
    if not connection.is_enabled or not connection.rights.get(right):
        raise bad_request("BUSINESS_CONNECTION_NOT_ALLOWED")
    return connection


METHODS: dict[str, Method] = {
    "getBusinessConnection": get_business_connection,
    "readBusinessMessage": read_business_message,
    "deleteBusinessMessages": delete_business_messages,
}
