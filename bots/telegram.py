"""The Telegram bot."""

from adapters.telegram.adapter import TelegramAdapter
from bots.service import Core


def build(core: Core) -> TelegramAdapter:
    """The assistant as a Telegram bot."""
    return TelegramAdapter(
        settings=core.settings,
        policies=core.policies,
        intake=core.intake,
        cabinet=core.cabinet,
        leases=core.leases,
        pacer=core.pacer,
        clock=core.clock,
        reading_room=core.reading_room,
        files=core.files,
    )
