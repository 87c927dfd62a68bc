"""Reviewing answers in the console."""

from core.message import Platform
from core.store.records import Judgement, Signal
from tests.console.conftest import Caller, Office
from tests.console.samples import NAME, PHONE, SCRIPT


async def test_nobody_is_shown_who_did_not_agree(caller: Caller) -> None:
    text = await caller.look("/review")
    assert "No answer waits for a review." in text
    assert "20 more are not shown" in text


async def test_what_somebody_found_bad_comes_first_and_without_names(caller: Caller, office: Office) -> None:
    for channel in ("C0", "C1"):
        for platform in Platform:
            await office.sample.consents(platform, channel)
    text = await caller.look("/review")
    assert "1 bad" in text
    every = [await caller.look(f"/review?skip={skip}") for skip in range(14)]
    assert any("[name]" in text and "&lt;script&gt;" in text for text in every)
    for text in every:
        assert NAME not in text and PHONE not in text and SCRIPT not in text


async def test_a_reviewer_sees_what_people_did_about_an_answer(caller: Caller, office: Office) -> None:
    await office.sample.consents(Platform.SLACK, "C0")
    lessons = office.core.store.lessons
    (first, *_) = await lessons.waiting(1)
    for signal in (Signal.REASKED, Signal.HANDED_OVER):
        await lessons.signal(first.turn_id, signal)
    text = await caller.look("/review")
    assert "asked once more in other words" in text and "people took over" in text


async def test_a_review_is_kept_under_the_reviewers_name(caller: Caller, office: Office) -> None:
    await office.sample.consents(Platform.SLACK, "C0")
    lessons = office.core.store.lessons
    waiting = await lessons.waiting(10)
    await caller.send("/review", answer=waiting[0].turn_id, judgement="keep")
    assert caller.path == "/console/review"
    await caller.send("/review", answer=waiting[1].turn_id, judgement="correct", correction=" Better so. ")
    reviewed = {each.turn_id: each.review for each in await lessons.reviewed(10)}
    kept, corrected = (reviewed[each.turn_id] for each in waiting[:2])
    assert kept and (kept.judgement, kept.reviewer, kept.correction) == (Judgement.KEEP, "Rita", "")
    assert corrected and (corrected.judgement, corrected.correction) == (Judgement.CORRECT, "Better so.")
    listed = await caller.look("/review/done")
    assert "Better so." in listed and "Rita" in listed
    again = await caller.look(f"/review/answer/{waiting[1].turn_id}")
    assert "Rita would have answered" in again


async def test_what_may_not_be_learnt_from_cannot_be_reviewed_or_seen(caller: Caller, office: Office) -> None:
    text = await caller.send("/review", answer="t1", judgement="keep")
    assert caller.status == 422 and "is no answer to review" in text
    await caller.look("/review/answer/t1")
    assert caller.status == 404
    assert (await office.core.store.lessons.queue()).reviewed == 0


async def test_a_correction_needs_words(caller: Caller, office: Office) -> None:
    await office.sample.consents(Platform.SLACK, "C0")
    (lesson,) = await office.core.store.lessons.waiting(1)
    text = await caller.send("/review", answer=lesson.turn_id, judgement="correct", correction="  ")
    assert caller.status == 422 and "There is no correction" in text


async def test_a_review_without_our_token_is_none(caller: Caller, office: Office) -> None:
    await office.sample.consents(Platform.SLACK, "C0")
    (lesson,) = await office.core.store.lessons.waiting(1)
    await caller.send("/review", token="0" * 64, answer=lesson.turn_id, judgement="keep")
    assert caller.status == 403
    assert (await office.core.store.lessons.queue()).reviewed == 0
