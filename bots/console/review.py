"""Reviewing: one answer after another, with keys alone if one likes."""

from collections.abc import Sequence

from aiohttp import web

from bots.console.visit import Absent, Section, View, Visit, go
from core.learning import reviewing
from core.privacy.audit import Action
from core.store.records import Judgement, Lesson

PER_PAGE = 25


async def look(visit: Visit) -> View:
    """Show the next answer that waits, or one after those that were skipped."""
    lessons, skip = visit.core.store.lessons, visit.number("skip")
    queue = await lessons.queue()
    waiting = await lessons.waiting(1, skip=skip)
    await _note_reading(visit, waiting)
    found = await reviewing.shown(waiting, visit.core.pipeline)
    values = {"queue": queue, "answer": found[0] if found else None, "skip": skip}
    return View(template="review.html", values=values)


async def again(visit: Visit) -> View:
    """Show an answer that was reviewed, to think better of it."""
    lessons = visit.core.store.lessons
    lesson = await lessons.lesson(visit.request.match_info["answer"])
    if lesson is None:
        raise Absent("There is no such answer, or somebody in it does not agree that it is shown here.")
    await _note_reading(visit, [lesson])
    (answer,) = await reviewing.shown([lesson], visit.core.pipeline)
    return View(template="review.html", values={"queue": await lessons.queue(), "answer": answer, "skip": 0})


async def done(visit: Visit) -> View:
    """List what was reviewed, the newest first."""
    lessons, skip = visit.core.store.lessons, visit.number("skip")
    reviewed = await lessons.reviewed(PER_PAGE, skip=skip)
    await _note_reading(visit, reviewed)
    found = await reviewing.shown(reviewed, visit.core.pipeline)
    values = {"queue": await lessons.queue(), "answers": found, "skip": skip, "per_page": PER_PAGE}
    return View(template="reviewed.html", values=values)


async def judge(visit: Visit) -> web.Response:
    """Keep what the reviewer made of an answer, and show the next."""
    word = visit.text("judgement")
    if word not in list(Judgement):
        raise Absent("Choose keep, correct or discard.")
    correction = visit.text("correction") if word == Judgement.CORRECT else ""
    await reviewing.judge(
        visit.core.store.lessons,
        [visit.text("answer")],
        Judgement(word),
        reviewer=visit.name,
        at=visit.core.clock.now(),
        correction=correction,
    )
    return go(f"/review?skip={visit.number('skip')}")


async def _note_reading(visit: Visit, lessons: Sequence[Lesson]) -> None:
    for lesson in lessons:
        await visit.note(Action.READ, f"answer:{lesson.turn_id}")


SECTION = Section(
    title="Review",
    path="/review",
    looks={"": look, "/done": done, "/answer/{answer}": again},
    deeds={"": judge},
)
