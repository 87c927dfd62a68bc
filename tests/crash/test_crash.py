"""The short form: every point once over each way in, and both broken builds found out."""

import pytest

from tests.crash.builds import BLIND, HASTY
from tests.crash.round import POINTS, Plan, play
from tests.crash.verdict import Wrong

MESSAGES = 150


@pytest.mark.parametrize("over_http", [False, True], ids=["socket and polling", "signed posts and webhook"])
async def test_a_service_that_keeps_dying_answers_everything_once(*, over_http: bool) -> None:
    verdict = await play(Plan(seed=4, messages=MESSAGES, kills=POINTS, over_http=over_http))
    assert verdict.is_kept, verdict.notes
    assert verdict.all_kills == len(POINTS)
    assert verdict.asked >= MESSAGES


async def test_a_build_that_acknowledges_first_is_found_out() -> None:
    points = ("acked", "verified", "leased", "acked", "settled", "acked")
    plan = Plan(seed=4, messages=60, kills=points, over_http=True, build=HASTY, quiet_seconds=3.0)
    verdict = await play(plan)
    assert verdict.total(Wrong.LOST) > 0


async def test_a_build_that_sends_again_blindly_is_found_out() -> None:
    points = ("settled", "sent", "platform_accepted", "settled", "acked", "settled")
    plan = Plan(seed=4, messages=60, kills=points, over_http=False, build=BLIND, quiet_seconds=3.0)
    verdict = await play(plan)
    assert verdict.total(Wrong.DOUBLED) > 0
