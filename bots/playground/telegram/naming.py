"""Mentions of people by their ids (core.telegram.org/bots/api#formatting-options, `tg://user?id=`)."""

import re
from collections.abc import Mapping
from dataclasses import replace

from bots.playground.telegram.errors import bad_request
from bots.playground.telegram.forms import user_form
from bots.playground.telegram.state import Payload, User
from bots.playground.telegram.text import Formatted

_LINK = re.compile(r"tg://user\?id=([0-9]{1,18})")


def with_people(content: Formatted, users: Mapping[int, User]) -> Formatted:
    """Links to people become mentions; links to people nobody knows are dropped.

    Raises:
        TelegramError: an explicit mention of somebody nobody knows.
    """
    named = [_named(each, users) for each in content.entities]
    return replace(content, entities=[each for each in named if each is not None])


def _named(entity: Payload, users: Mapping[int, User]) -> Payload | None:
    number = _mentioned(entity)
    if number is None:
        return entity
    if number not in users and entity["type"] == "text_mention":
        raise bad_request("user not found")
    if number not in users:
        return None
    place = {"offset": entity["offset"], "length": entity["length"]}
    return {"type": "text_mention", **place, "user": user_form(users[number])}


def _mentioned(entity: Payload) -> int | None:
    """Whom an entity mentions by id; 0 when that is no id, None when it mentions nobody."""
    if entity["type"] == "text_mention":
        number = entity["user"].get("id")
        return number if isinstance(number, int) else 0
    link = _LINK.fullmatch(entity.get("url", ""))
    return int(link[1]) if link else None
