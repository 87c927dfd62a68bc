"""Dead letters: posts that no platform took."""

from aiohttp import web

from bots.console.visit import Absent, Section, View, Visit, go
from core.privacy.audit import Action


async def look(visit: Visit) -> View:
    """List them, the oldest first."""
    return View(template="letters.html", values={"letters": await visit.core.store.outbox.dead_letters()})


async def decide(visit: Visit) -> web.Response:
    """Send a letter anew, or give it up."""
    outbox, post = visit.core.store.outbox, visit.text("post")
    deeds = {"retry": outbox.revive, "discard": outbox.discard}
    deed = deeds.get(visit.text("deed"))
    if deed is None or not await deed(post):
        raise Absent("That is no dead letter any more, or its words were forgotten.")
    await visit.note(Action.CHANGE, f"post:{post}", detail=visit.text("deed"))
    return go("/letters")


SECTION = Section(title="Dead letters", path="/letters", looks={"": look}, deeds={"": decide})
