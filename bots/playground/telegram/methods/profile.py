"""The bot itself: who it is, its menu and descriptions."""

import json
import re
from functools import partial

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.forms import me_form
from bots.playground.telegram.methods.call import Call, Method
from bots.playground.telegram.state import Payload

MOST_COMMANDS = 100
_COMMAND = re.compile(r"/?[a-z0-9_]{1,32}")
SCOPES = (
    "default",
    "all_private_chats",
    "all_group_chats",
    "all_chat_administrators",
    "chat",
    "chat_administrators",
    "chat_member",
)
TEXTS = {
    "Name": ("name", 64),
    "Description": ("description", 512),
    "ShortDescription": ("short_description", 120),
}
"""By method: the field and its longest value (core.telegram.org/bots/api#setmyname and below)."""


async def get_me(call: Call) -> Payload:
    """core.telegram.org/bots/api#getme"""
    return me_form(call.world)


async def set_my_commands(call: Call) -> bool:
    """core.telegram.org/bots/api#setmycommands"""
    commands = [_command(each) for each in call.arguments.items("commands")]
    if len(commands) > MOST_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    call.world.commands[_scope(call)] = commands
    call.platform.changes.publish("bot", {})
    return True


async def get_my_commands(call: Call) -> list[Payload]:
    """core.telegram.org/bots/api#getmycommands"""
    return call.world.commands.get(_scope(call), [])


async def delete_my_commands(call: Call) -> bool:
    """core.telegram.org/bots/api#deletemycommands"""
    call.world.commands.pop(_scope(call), None)
    call.platform.changes.publish("bot", {})
    return True


async def set_text(call: Call, kind: str) -> bool:
    """setMyName, setMyDescription and setMyShortDescription."""
    name, longest = TEXTS[kind]
    value = call.arguments.text(name)
    if len(value) > longest:
        raise bad_request(f"{name.replace('_', ' ')} is too long")
    call.world.profile[f"{name}/{call.arguments.text('language_code')}"] = value
    call.platform.changes.publish("bot", {})
    return True


async def get_text(call: Call, kind: str) -> Payload:
    """getMyName, getMyDescription and getMyShortDescription."""
    name = TEXTS[kind][0]
    default = call.world.bot.first_name if kind == "Name" else ""
    return {name: call.world.profile.get(f"{name}/{call.arguments.text('language_code')}", default)}


async def set_menu_button(call: Call) -> bool:
    """core.telegram.org/bots/api#setchatmenubutton"""
    if call.arguments.fields("menu_button").get("type", "default") not in ("default", "commands", "web_app"):
        raise bad_request("can't parse menu button: MenuButton has unsupported type")
    return True


async def log_out(_: Call) -> bool:
    """core.telegram.org/bots/api#logout and #close"""
    return True


def _command(given: object) -> Payload:
    if not isinstance(given, dict):
        raise bad_request("can't parse BotCommand: expected an Object")
    for name in ("command", "description"):
        if name not in given:
            raise bad_request(f"can't parse BotCommand: Can't find field \"{name}\"")
    if not _COMMAND.fullmatch(str(given["command"])):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(str(given["description"]).strip()) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": str(given["command"]).lstrip("/"), "description": str(given["description"])}


def _scope(call: Call) -> str:
    """The key under which a menu is kept."""
    scope = call.arguments.fields("scope") or {"type": "default"}
    if scope.get("type") not in SCOPES:
        raise bad_request("can't parse BotCommandScope: Unsupported type specified")
    return json.dumps([scope, call.arguments.text("language_code")], sort_keys=True)


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setChatMenuButton": set_menu_button,
    "logOut": log_out,
    "close": log_out,
}
METHODS |= {f"setMy{kind}": partial(set_text, kind=kind) for kind in TEXTS}
METHODS |= {f"getMy{kind}": partial(get_text, kind=kind) for kind in TEXTS}
