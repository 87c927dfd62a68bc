"""Knowledge gaps, dead letters, trainings and models in the console."""

from core.engine.shelf import Shelf
from tests.console import workshop
from tests.console.conftest import Caller, Office
from tests.console.samples import SCRIPT


async def test_what_the_documents_lack_is_shown_by_topic(caller: Caller, office: Office) -> None:
    assert "No question went without an answer." in await caller.look("/gaps")
    gaps = office.core.store.gaps
    await gaps.note("t1", "refund", "nothing found", f"How long does a refund take? {SCRIPT}")
    await gaps.note("t2", "refund period", "not sure", "Is the refund period [number] days?")
    text = await caller.look("/gaps")
    assert '<th scope="row">refund</th><td class="figure">2</td>' in text
    assert "&lt;script&gt;" in text and SCRIPT not in text


async def test_dead_letters_are_sent_anew_or_given_up(caller: Caller, office: Office) -> None:
    posts = [await office.sample.dead_letter() for _ in range(2)]
    text = await caller.look("/letters")
    assert text.count("channel_not_found &lt;script&gt;") == 2 and "Are you there" not in text
    outbox = office.core.store.outbox
    await caller.send("/letters", post=posts[0], deed="discard")
    assert [each.post_id for each in await outbox.dead_letters()] == posts[1:]
    await caller.send("/letters", post=posts[1], deed="retry")
    assert await outbox.dead_letters() == []
    assert "is no dead letter any more" in await caller.send("/letters", post=posts[1], deed="retry")


async def test_a_training_is_watched_until_it_made_a_model(caller: Caller, office: Office) -> None:
    assert "frontdesk learn train" in await caller.look("/training")
    name = workshop.training(office.home)
    assert "30 of 30" in await caller.look("/training")
    text = await caller.look(f"/training/{name}")
    assert "run.js" in text and "<polyline" in text
    await caller.look("/training/nothing")
    assert caller.status == 404


async def test_a_model_that_proved_better_answers_at_a_press(caller: Caller, office: Office) -> None:
    shelf = Shelf(office.home)
    serving, candidate = workshop.model(office.home, "base"), workshop.model(office.home, "house")
    workshop.lineage_of(candidate, serving, "house-style@0123456789ab")
    assert "was not compared with" in await caller.look(f"/models/{candidate.reference}")
    workshop.evaluation(office.home, candidate, serving, perplexity=7.0)
    text = await caller.look(f"/models/{candidate.reference}")
    assert "It passed every gate" in text and "× 0.70" in text and "Loss per step" in text
    await caller.send("/models", deed="canary", model=candidate.reference)
    assert "tried on 10%" in await caller.look("/models")
    await caller.send("/models", deed="promote", model=candidate.reference)
    assert shelf.active() == candidate.reference
    await caller.send("/models", deed="rollback")
    assert shelf.active() == serving.reference
    assert "rollback" in await caller.look("/models")


async def test_a_model_that_proved_worse_does_not(caller: Caller, office: Office) -> None:
    serving, candidate = workshop.model(office.home, "base"), workshop.model(office.home, "shuffled")
    workshop.evaluation(office.home, candidate, serving, perplexity=14.0)
    text = await caller.look(f"/models/{candidate.reference}")
    assert "Not yet" in text and "Perplexity of the right answers" in text
    refused = await caller.send("/models", deed="promote", model=candidate.reference)
    assert caller.status == 422 and "has not proved that it is better" in refused
    assert Shelf(office.home).active() == serving.reference
