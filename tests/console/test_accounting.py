"""What visitors of the console do is accounted for."""

from core.privacy.audit import Action, End
from tests.console.conftest import Caller, Office


async def _trail(office: Office) -> list[tuple[str, Action, str, str, End]]:
    """Oldest first, without what came with signing in."""
    found = reversed(await office.core.store.audit.records(50))
    return [
        (each.entry.actor, each.entry.action, each.entry.subject, each.known, each.entry.end)
        for each in found
    ]


async def test_signing_in_is_accounted_for_also_where_it_fails(stranger: Caller, office: Office) -> None:
    await stranger.sign_in(password="wrong")
    await stranger.sign_in()
    assert await _trail(office) == [
        ("Rita", Action.SIGN_IN, "console", "", End.REFUSED),
        ("Rita", Action.SIGN_IN, "console", "", End.DONE),
    ]


async def test_reading_a_conversation_is_accounted_for(caller: Caller, office: Office) -> None:
    await caller.look("/conversations/slack:T1:C0:")
    await caller.look("/conversations/slack:T1:NOWHERE:")
    assert (await _trail(office))[1:] == [
        ("Rita", Action.READ, "conversation", "slack:T1:C0:", End.DONE),
    ]


async def test_a_review_is_accounted_for_with_the_answer_it_is_of(caller: Caller, office: Office) -> None:
    for platform in ("slack", "telegram", "web"):
        for channel in range(4):
            await office.sample.consents(platform, f"C{channel}")  # type: ignore[arg-type]  # a platform's name
    (lesson,) = await office.core.store.lessons.waiting(1)
    await caller.look("/review")
    await caller.send("/review", answer=lesson.turn_id, judgement="keep")
    assert ("Rita", Action.READ, f"answer:{lesson.turn_id}", "", End.DONE) in await _trail(office)
    (review,) = await office.core.store.audit.records(9, action=Action.REVIEW)
    assert (review.entry.subject, review.entry.detail) == (f"answer:{lesson.turn_id}", "keep")


async def test_what_is_refused_stands_in_the_trail_as_refused(caller: Caller, office: Office) -> None:
    await caller.send("/models", deed="promote", model="nothing@1")
    deeds = [(action, end) for _, action, _, _, end in await _trail(office)]
    assert deeds[1:] == [(Action.PROMOTE, End.DONE), (Action.PROMOTE, End.REFUSED)]
