"""Who did what, and whether the trail holds."""

from bots.console.visit import Section, View, Visit
from core.privacy.audit import Action

PER_PAGE = 50


async def look(visit: Visit) -> View:
    """Show the trail, newest first."""
    audit, asked = visit.core.store.audit, visit.asked("action")
    action = Action(asked) if asked in list(Action) else None
    found = await audit.records(PER_PAGE + 1, before=visit.number("before"), action=action)
    return View(
        template="audit.html",
        values={
            "actions": list(Action),
            "action": action or "",
            "records": found[:PER_PAGE],
            "older": found[PER_PAGE - 1].number if len(found) > PER_PAGE else 0,
            "verified": await audit.verify(),
        },
    )


SECTION = Section(title="Audit", path="/audit", looks={"": look}, deeds={})
