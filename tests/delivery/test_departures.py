"""When somebody leaves, nothing more is written for nobody."""

from dataclasses import replace

from core.message import Conversation, Departure, Person, Platform
from core.policy import Policy
from core.testing import ScriptedEngine
from tests.delivery.conftest import Desk, open_desk
from tests.places import Place
from tests.samples import ANNA, BEN, arrival, conversation, message

CHANNEL = Conversation(platform=Platform.TERMINAL, tenant="t", channel="c")
THREAD, OTHER_THREAD = conversation("c", "one"), conversation("c", "two")


def departure(*, where: Conversation = CHANNEL, person: Person | None = None) -> Departure:
    return Departure(conversation=where, person=person, reason="left")


async def test_a_removed_assistant_stops_all_that_runs_in_the_channel(desk: Desk) -> None:
    desk.engine.hold.clear()
    for place in (THREAD, OTHER_THREAD, conversation("elsewhere")):
        await desk.accept(arrival(message("hello", where=place)))
    await desk.until(lambda: len(desk.engine.prompts) == 3)
    await desk.accept(arrival(departure()))
    await desk.until(lambda: desk.dispatcher.busy == 1)
    desk.engine.hold.set()
    await desk.idle()
    assert desk.texts == ["echo: hello"]
    assert await desk.store.work.count_open() == 0


async def test_an_uninstalled_app_stops_everything(desk: Desk) -> None:
    desk.engine.hold.clear()
    for place in (THREAD, conversation("elsewhere")):
        await desk.accept(arrival(message("hello", where=place)))
    await desk.until(lambda: len(desk.engine.prompts) == 2)
    await desk.accept(arrival(departure(where=replace(CHANNEL, channel=""))))
    await desk.idle()
    assert desk.texts == []


async def test_a_person_who_leaves_takes_only_their_own_question_along(desk: Desk) -> None:
    desk.engine.hold.clear()
    await desk.accept(arrival(message("from anna", where=THREAD, sender=ANNA)))
    await desk.accept(arrival(message("from ben", where=OTHER_THREAD, sender=BEN)))
    await desk.until(lambda: len(desk.engine.prompts) == 2)
    await desk.accept(arrival(departure(person=ANNA)))
    await desk.until(lambda: desk.dispatcher.busy == 1)
    desk.engine.hold.set()
    await desk.idle()
    assert desk.texts == ["echo: Ben: from ben"]


async def test_what_is_asked_after_coming_back_is_answered(place: Place) -> None:
    engine = ScriptedEngine()
    async with open_desk(place, engine=engine, policy=Policy(settle_seconds=0)) as desk:
        engine.hold.clear()
        await desk.accept(arrival(message("before", where=THREAD)))
        await desk.until(lambda: bool(engine.prompts))
        await desk.accept(arrival(departure()))
        await desk.accept(arrival(message("after", where=THREAD)))
        await desk.until(lambda: len(engine.prompts) == 2)
        engine.hold.set()
        await desk.idle()
        assert desk.texts == ["echo: Anna: after"]
