"""The web widget."""

from adapters.web.adapter import WebAdapter
from bots.service import Core


def build(core: Core) -> WebAdapter:
    """The assistant on the pages of a host site."""
    return WebAdapter(
        settings=core.settings,
        policies=core.policies,
        intake=core.intake,
        feed=core.store.feed,
        clock=core.clock,
        reading_room=core.reading_room,
        files=core.files,
        sealer=core.store.sealer,
    )
