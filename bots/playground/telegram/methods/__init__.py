"""The Bot API's methods, one module per family."""

from bots.playground.telegram.methods import (
    albums,
    business,
    callbacks,
    chats,
    drafts,
    edits,
    files,
    intake,
    messages,
    profile,
    rich,
    topics,
)
from bots.playground.telegram.methods.call import Method

FAMILIES = (
    albums,
    business,
    callbacks,
    chats,
    drafts,
    edits,
    files,
    intake,
    messages,
    profile,
    rich,
    topics,
)
METHODS: dict[str, Method] = {
    name.lower(): method for each in FAMILIES for name, method in each.METHODS.items()
}
"""Every method that is emulated, by its name in lower case: Telegram does not mind the case."""
