"""Datasets in the console."""

import re
from io import BytesIO

import aiohttp

from core.learning import examples, leaving
from core.message import Platform
from tests.console import workshop
from tests.console.conftest import Caller, Office
from tests.console.samples import NAME, PHONE


async def _reviewed(caller: Caller, office: Office) -> None:
    """Everything that Slack's people asked is kept."""
    for channel in ("C0", "C1", "C2", "C3"):
        await office.sample.consents(Platform.SLACK, channel)
    for lesson in await office.core.store.lessons.waiting(50):
        await caller.send("/review", answer=lesson.turn_id, judgement="keep")


async def test_a_dataset_is_built_from_what_was_reviewed(caller: Caller, office: Office) -> None:
    await _reviewed(caller, office)
    text = await caller.send("/datasets", name="house-style", feedback="yes", held_out="0")
    assert re.fullmatch(r"/console/datasets/house-style@[0-9a-f]{12}", caller.path)
    assert "feedback" in text and NAME not in text and PHONE not in text
    (made,) = examples.datasets(office.home)
    assert caller.path.endswith(made.reference)
    exported = await caller.look(f"/datasets/{made.reference}/export?form=openai&part=train")
    assert caller.status == 200 and '"role": "assistant"' in exported
    assert "attachment" in caller.headers["Content-Disposition"]


async def test_a_dataset_with_people_who_withdrew_says_so(caller: Caller, office: Office) -> None:
    await _reviewed(caller, office)
    await caller.send("/datasets", name="house-style", feedback="yes", held_out="0")
    assert "stands" in await caller.look("/datasets")
    await office.sample.consents(Platform.SLACK, "C0", granted=False)
    assert "1 withdrew: build again" in await caller.look("/datasets")
    (made,) = examples.datasets(office.home)
    assert "withdrawn consent since" in await caller.look(f"/datasets/{made.reference}")


async def test_a_model_that_learnt_from_people_who_withdrew_says_so(caller: Caller, office: Office) -> None:
    await _reviewed(caller, office)
    await caller.send("/datasets", name="house-style", feedback="yes", held_out="0")
    (made,) = examples.datasets(office.home)
    serving, candidate = workshop.model(office.home, "base"), workshop.model(office.home, "house")
    workshop.lineage_of(candidate, serving, made.reference, sorted(leaving.people_of(made)))
    assert "left</span>" not in await caller.look("/models")
    await office.sample.consents(Platform.SLACK, "C0", granted=False)
    assert "1 left</span>" in await caller.look("/models")
    assert "1 person whose words it learnt" in await caller.look(f"/models/{candidate.reference}")


async def test_a_file_makes_a_dataset_too(caller: Caller, office: Office) -> None:
    form = aiohttp.FormData()
    form.add_field("token", await caller.token())
    form.add_field("name", "prices")
    form.add_field("held_out", "0")
    form.add_field("licence", "our own")
    rows = "question,answer\nWhat costs bread?,<script>alert(1)</script> 3 euros.\n"
    form.add_field("file", rows.encode(), filename="prices.csv", content_type="text/csv")
    text = await caller.submit("/datasets", form)
    assert caller.path.startswith("/console/datasets/prices@")
    assert "file:prices.csv" in text and "our own" in text
    assert "<script>alert" not in text and "&lt;script&gt;alert" in text


async def test_what_cannot_be_built_says_why(caller: Caller) -> None:
    assert "There is nothing to learn from" in await caller.send(
        "/datasets", name="a", feedback="yes", held_out="0"
    )
    assert caller.status == 422
    assert "from 0 to 90" in await caller.send("/datasets", name="a", feedback="yes", held_out="100")
    for path in (
        "/datasets/nothing@1",
        "/datasets/..%2F..%2Fetc",
        "/datasets/nothing@1/export?form=x&part=y",
    ):
        await caller.look(path)
        assert caller.status == 404


async def test_a_file_that_is_too_large_is_refused_in_words(caller: Caller) -> None:
    form = aiohttp.FormData()
    form.add_field("token", await caller.token())
    form.add_field("file", BytesIO(b"x" * 1_100_000), filename="big.csv", content_type="text/csv")
    assert "more than 1 MB" in await caller.submit("/datasets", form)
    assert caller.status == 413
