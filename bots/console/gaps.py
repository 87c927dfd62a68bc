"""What people ask and the documents do not say."""

from datetime import timedelta

from bots.console.visit import Section, View, Visit
from core.knowledge import gaps
from core.privacy.audit import Action

DAYS = 90
"""How far back; older questions are not kept."""


async def look(visit: Visit) -> View:
    """Show the topics, the most asked first."""
    await visit.note(Action.READ, "gaps")
    begin = visit.core.clock.now() - timedelta(days=DAYS)
    topics = gaps.topics(await visit.core.store.gaps.since(begin))
    return View(template="gaps.html", values={"topics": topics, "days": DAYS})


SECTION = Section(title="Gaps", path="/gaps", looks={"": look}, deeds={})
