"""Answers to buttons, and the bot's reactions."""

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.parsing.builder import utf16_length

ANSWER_SECONDS = 60.0
"""How long a button waits for its answer; the platform's own time is not documented."""
NOTE_LENGTH = 200
"""core.telegram.org/bots/api#answercallbackquery"""
REACTIONS = frozenset(
    "❤👍👎🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡"
    "🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷😡"
) | {"❤‍🔥", "👨‍💻", "🤷‍♂", "🤷‍♀"}
"""core.telegram.org/bots/api#reactiontypeemoji"""


async def answer_callback_query(call: Call) -> bool:
    """core.telegram.org/bots/api#answercallbackquery"""
    note = call.arguments.text("text")
    if utf16_length(note) > NOTE_LENGTH:
        raise bad_request("MESSAGE_TOO_LONG")
    query_id = call.arguments.text("callback_query_id")
    query = call.world.queries.pop(query_id, None)
    if query is None or query.asked < call.platform.clock.now() - ANSWER_SECONDS:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    shown = {"id": query_id, "person": query.person, "text": note, "alert": call.arguments.flag("show_alert")}
    call.platform.changes.publish("callback_answer", shown)
    return True


async def set_message_reaction(call: Call) -> bool:
    """core.telegram.org/bots/api#setmessagereaction; bots give one reaction at most."""
    given = call.arguments.items("reaction")
    emoji = [str(each.get("emoji", "")) for each in given if isinstance(each, dict)]
    if len(emoji) > 1 or not REACTIONS.issuperset(emoji):
        raise bad_request("REACTION_INVALID")
    chat = call.chat()
    message = chat.messages.get(call.arguments.number("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    call.platform.react(chat, message, call.world.bot, emoji)
    return True


METHODS: dict[str, Method] = {
    "answerCallbackQuery": answer_callback_query,
    "setMessageReaction": set_message_reaction,
}
