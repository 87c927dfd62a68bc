"""The Web API, one module per family of methods."""

from bots.playground.slack.methods import (
    agents,
    auth,
    chat,
    conversations,
    files,
    oauth,
    reactions,
    streaming,
    users,
    views,
)
from bots.playground.slack.methods.call import Method

FAMILIES = (agents, auth, chat, conversations, files, oauth, reactions, streaming, users, views)
METHODS: dict[str, Method] = {method.name: method for family in FAMILIES for method in family.METHODS}
"""Every method the emulator knows, by name."""
