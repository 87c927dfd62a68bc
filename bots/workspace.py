"""The Slack workspace bot."""

from adapters.slack.adapter import SlackAdapter
from bots.service import Core


def build(core: Core) -> SlackAdapter:
    """The assistant in a Slack workspace."""
    return SlackAdapter(
        settings=core.settings,
        policies=core.policies,
        intake=core.intake,
        cabinet=core.cabinet,
        leases=core.leases,
        pacer=core.pacer,
        clock=core.clock,
        reading_room=core.reading_room,
        files=core.files,
        suggestions=core.counter.suggestions if core.counter else None,
    )
