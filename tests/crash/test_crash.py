"""The short form: every point once over each way in, and both broken builds found out."""

import pytest

from tests.crash.builds import BLIND, HASTY
from tests.crash.fleet import LINKS, Part
from tests.crash.network import NoNetworkError
from tests.crash.round import FLEET_POINTS, POINTS, TOLD, WORKER_POINTS, Plan, play
from tests.crash.verdict import Wrong

MESSAGES = 150


@pytest.mark.parametrize("over_http", [False, True], ids=["socket and polling", "signed posts and webhook"])
async def test_a_service_that_keeps_dying_answers_everything_once(*, over_http: bool) -> None:
    verdict = await play(Plan(seed=4, messages=MESSAGES, kills=POINTS, over_http=over_http))
    assert verdict.is_kept, verdict.notes
    assert verdict.all_kills == len(POINTS)
    assert verdict.asked >= MESSAGES


@pytest.mark.parametrize("over_http", [False, True], ids=["socket and polling", "signed posts and webhook"])
async def test_what_customers_and_agents_write_reaches_the_other_side_once(*, over_http: bool) -> None:
    plan = Plan(seed=4, messages=MESSAGES, kills=POINTS, over_http=over_http, desk=True)
    verdict = await play(plan)
    assert verdict.is_kept, verdict.notes
    assert verdict.all_kills == len(POINTS)
    assert verdict.asked >= MESSAGES


async def test_two_processes_on_one_database_do_not_answer_twice() -> None:
    plan = Plan(seed=4, messages=60, kills=("leased", TOLD, "acked"), over_http=False, twin=True)
    verdict = await play(plan)
    assert verdict.is_kept, verdict.notes


async def test_a_fleet_of_which_any_part_dies_answers_everything_once() -> None:
    parts = [part for part in Part if part not in LINKS]
    deaths = (*FLEET_POINTS, *WORKER_POINTS, *parts, "leased", "marked_sending", "sent")
    verdict = await play(Plan(seed=4, messages=MESSAGES, kills=deaths, over_http=True, fleet=True))
    assert verdict.is_kept, verdict.notes
    assert verdict.all_kills == len(deaths)
    assert verdict.asked >= MESSAGES


async def test_a_fleet_of_which_links_are_cut_answers_everything_once() -> None:
    cuts = (Part.LINK, Part.DATABASE_LINK, Part.MACHINE)  # which is all links of a core
    plan = Plan(seed=4, messages=MESSAGES, kills=(*cuts, "sent"), over_http=False, fleet=True)
    try:
        verdict = await play(plan)
    except NoNetworkError as error:
        pytest.skip(str(error))
    assert verdict.is_kept, verdict.notes
    assert all(verdict.kills[each] == 1 for each in cuts)


async def test_a_service_that_is_told_to_stop_leaves_nothing_behind() -> None:
    verdict = await play(Plan(seed=4, messages=60, kills=(TOLD,) * 4, over_http=True))
    assert verdict.is_kept, verdict.notes
    assert verdict.total(Wrong.STRAY) == 0


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
