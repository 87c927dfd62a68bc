"""What the overview tells."""

from tests.console.conftest import Caller, Office


async def test_a_week_in_figures(caller: Caller) -> None:
    text = " ".join((await caller.look("?days=7")).split())
    assert "<dt>Answers</dt><dd>20<small>none failed</small>" in text
    assert "<dt>Found good</dt><dd>65%<small>20 judged</small>" in text
    for platform in ("slack", "telegram", "web"):
        assert f'<th scope="row">{platform}</th>' in text


async def test_a_period_that_is_none_is_a_month(caller: Caller) -> None:
    assert '<a href="/console?days=30" aria-current="true">' in await caller.look("?days=12345")


async def test_nothing_of_what_people_wrote_is_shown(caller: Caller, office: Office) -> None:
    text = await caller.look()
    assert "shoes" not in text and "Anna" not in text and "UC0" not in text


async def test_without_a_help_desk_it_tells_how_many_people_were_satisfied(caller: Caller) -> None:
    text = " ".join((await caller.look("?days=7")).split())
    assert "<dt>People answered</dt><dd>9<small>there is no help desk</small>" in text
    assert "<dt>Satisfied</dt><dd>67%<small>9 of them judged</small>" in text
