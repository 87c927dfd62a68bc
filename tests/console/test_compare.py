"""Comparing answers in the console, without knowing whose is whose."""

from core.learning.evaluation import pairs
from core.privacy.audit import Action
from tests.console import workshop
from tests.console.conftest import Caller, Office


async def test_answers_are_judged_blind_and_the_result_comes_with_an_interval(
    caller: Caller, office: Office
) -> None:
    assert "Nothing was evaluated yet" in await caller.look("/compare")
    match = workshop.match(office.home)
    for pair in match.pairs:
        text = await caller.look(f"/compare/{match.name}")
        assert pair.question in text and match.candidate not in text and match.serving not in text
        shown = [text.index(each) for each in (pair.serving, pair.candidate)]
        assert (shown[0] < shown[1]) == (pair.first("Rita") == "serving")
        better = "first" if pair.first("Rita") == "candidate" else "second"
        await caller.send(f"/compare/{match.name}", pair=pair.id, better=better)
    assert "People prefer house@1 in 100%" in await caller.look(f"/compare/{match.name}")
    text = await caller.look("/compare")
    assert "100% (51% to 100%)" in text and "4 better, 0 worse, 0 as good" in text
    assert {each.reviewer for each in pairs.verdicts(office.home, match)} == {"Rita"}
    read = await office.core.store.audit.records(50, action=Action.READ)
    assert {each.entry.subject for each in read} >= {f"pair:{match.name}/{each.id}" for each in match.pairs}


async def test_what_is_no_pair_and_no_choice_is_refused(caller: Caller, office: Office) -> None:
    match = workshop.match(office.home)
    await caller.send(f"/compare/{match.name}", pair="nothing", better="first")
    assert caller.status == 404
    await caller.send(f"/compare/{match.name}", pair=match.pairs[0].id, better="candidate")
    assert caller.status == 404
    await caller.look("/compare/nothing")
    assert caller.status == 404
    assert pairs.verdicts(office.home, match) == []
