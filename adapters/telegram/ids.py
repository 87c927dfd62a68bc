"""Telegram's identifiers, and those we hand to it."""

import re
import zlib
from typing import Literal

from core.message import Conversation, Message, Platform, Press

Verdict = Literal["good", "bad"]

STOP, AGAIN, FURTHER, CHOSEN = "stop", "again", "further", "chosen"
"""What buttons carry besides a verdict (core.telegram.org/bots/api#inlinekeyboardbutton: up to 64 bytes)."""
DESK = "desk:"
"""How what the desk's buttons carry begins; it is a command as it stands."""
EDIT = f"{DESK}edit"
_VERDICT = re.compile(r"(good|bad):(\S+)")
_PASSAGE = re.compile(r"read:(-?[0-9]{1,18})", re.ASCII)
_CHOICE = re.compile(r"choose:(\S{1,40}):(\S{1,24})")
_NUMBER = re.compile(r"[0-9]{1,18}")
_VERDICTS: dict[str, Verdict] = {"good": "good", "bad": "bad"}


def update_key(bot: int, update: int) -> str:
    """The inbox key of an update; `update_id` is unique per bot."""
    return f"telegram:{bot}:{update}"


def press_key(message: Message, press: Press) -> str:
    """The inbox key of a pressed button: each person chooses once per answer, however often they press."""
    return f"telegram:{message.conversation.tenant}:press:{press.turn_id}:{message.sender.id}"


def tenant(bot: int, connection: str = "") -> str:
    """A bot, and the business account for which it answers."""
    return f"{bot}/{connection}" if connection else str(bot)


def business_connection(conversation: Conversation) -> str | None:
    """The business connection through which a conversation runs."""
    return conversation.tenant.partition("/")[2] or None


def conversation(
    bot: int, chat: int, *, thread: int | None = None, direct: bool, connection: str = ""
) -> Conversation:
    """Where a dialogue takes place on Telegram."""
    return Conversation(
        platform=Platform.TELEGRAM,
        tenant=tenant(bot, connection),
        channel=str(chat),
        thread="" if thread is None else str(thread),
        direct=direct,
    )


def number(text: str) -> int | None:
    """A message or topic id as Telegram takes it; None where we have none of Telegram's."""
    return int(text) if _NUMBER.fullmatch(text) else None


def pressed(callback: str) -> str:
    """The message id of a pressed button, which is no message to Telegram."""
    return f"callback-{callback}"


def draft(post: str) -> int:
    """A draft's id: of 32 bits, not zero, the same for the same post."""
    return zlib.crc32(post.encode()) & 0x7FFFFFFF or 1


def verdict_data(verdict: Verdict, turn: str) -> str:
    """What a feedback button carries."""
    return f"{verdict}:{turn}"


def read_verdict(data: str) -> tuple[Verdict, str] | None:
    """The verdict and the turn of a feedback button; None for any other button."""
    match = _VERDICT.fullmatch(data)
    return (_VERDICTS[match[1]], match[2]) if match else None


def choice_data(turn: str, choice: str) -> str:
    """What a button to choose by carries."""
    return f"choose:{turn}:{choice}"


def read_choice(data: str) -> Press | None:
    """What was chosen; None for any other button."""
    match = _CHOICE.fullmatch(data)
    return Press(turn_id=match[1], choice=match[2]) if match else None


def passage_data(passage: int) -> str:
    """What a button for a passage carries."""
    return f"read:{passage}"


def read_passage(data: str) -> int | None:
    """The passage that a button is for; None for any other button."""
    match = _PASSAGE.fullmatch(data)
    return int(match[1]) if match else None
