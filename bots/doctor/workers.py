"""Workers on other machines, where they write the answers."""

from collections.abc import Sequence

from bots.doctor.finding import Finding, broken, fine, off_the_loop
from bots.doctor.model import model
from bots.fleet import workers
from core.errors import FrontdeskError
from core.settings import Settings


async def answering(settings: Settings) -> Sequence[Finding]:
    """Whether something can write answers: a worker, or else FRONTDESK_MODEL here."""
    if settings.nats_url is None:
        return await off_the_loop(model)(settings)
    try:
        found = await workers(settings)
    except FrontdeskError as error:
        return [broken(str(error), "docs/scaling.md shows how NATS and workers are set up.")]
    if not found.ok:
        return [broken(found.detail, "Start `frontdesk worker` with the same FRONTDESK_NATS_URL.")]
    return [fine(f"Answers are written by {found.detail}")]
