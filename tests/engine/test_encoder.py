"""The encoder at work: order, truncation, cancelling, who goes first."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from core.engine import turns
from core.engine.encoder import CHARACTERS, PATIENCE, TEXTS, LocalEncoder, open_encoder, pieces
from core.engine.shelf import ShelvedModel
from core.engine.turns import Turns
from core.errors import ModelError
from core.testing import FakeClock
from tests.engine.tiny_bert import LONGEST

MANY = [f"{'leave ' * (number % 13)}{number}" for number in range(300)]


@pytest.fixture
async def encoder(tiny_encoder: ShelvedModel) -> AsyncIterator[LocalEncoder]:
    opened = await open_encoder(tiny_encoder, "cpu", replicas=2)
    yield opened
    await opened.close()


async def test_vectors_stand_in_the_order_of_their_texts(encoder: LocalEncoder) -> None:
    together = await encoder.encode(MANY)
    alone = np.concatenate([await encoder.encode([text]) for text in MANY])
    assert together.shape == (300, encoder.dimensions)
    assert together.dtype == np.float32
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    # int8 rounds the activations of a row alone: what else is in the batch changes nothing but the last bits.
    assert np.allclose(together, alone, atol=1e-4)


async def test_no_texts_have_no_vectors(encoder: LocalEncoder) -> None:
    assert (await encoder.encode([])).shape == (0, encoder.dimensions)


async def test_a_long_text_counts_by_its_beginning(encoder: LocalEncoder) -> None:
    begun = "how long may i stay at home ? " * 4
    one, other = await encoder.encode([begun, begun + "leaves " * 100_000])
    assert np.allclose(one, other, atol=1e-5)
    assert await encoder.count(["how long", begun]) == [4, LONGEST]


async def test_any_text_has_a_vector(encoder: LocalEncoder) -> None:
    vectors = await encoder.encode(["", " \n", "\ud800", "😀" * 5000, "\x00", "[SEP] [PAD]"])
    assert np.isfinite(vectors).all()


async def test_it_says_which_model_it_is(encoder: LocalEncoder, tiny_encoder: ShelvedModel) -> None:
    assert encoder.reference == tiny_encoder.reference
    assert encoder.card().reference == tiny_encoder.reference
    assert encoder.card().context_length == LONGEST


async def test_a_cancelled_call_leaves_every_place_free(encoder: LocalEncoder) -> None:
    for background in (False, True):
        calls = [asyncio.create_task(encoder.encode(MANY * 3, background=background)) for _ in range(8)]
        await asyncio.sleep(0)
        for call in calls:
            call.cancel()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert len(await asyncio.gather(*(encoder.encode(["leave"]) for _ in range(8)))) == 8


async def test_a_question_is_answered_before_documents_that_came_first(encoder: LocalEncoder) -> None:
    done: list[str] = []

    async def encode(name: str, texts: list[str], background: bool) -> None:
        await encoder.encode(texts, background=background)
        done.append(name)

    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(encode("documents", MANY * 5, True))
        await asyncio.sleep(0)
        group.create_task(encode("question", ["how long ?"], False))
    assert done == ["question", "documents", "documents", "documents"]


async def test_background_work_holds_back_while_somebody_is_being_answered(
    tiny_encoder: ShelvedModel,
) -> None:
    clock, answering = FakeClock(), [True]
    encoder = await open_encoder(tiny_encoder, "cpu", busy=lambda: bool(answering), clock=clock)
    held = asyncio.create_task(encoder.encode(["leave"], background=True))
    await encoder.encode(["how long ?"])
    assert not held.done()
    answering.clear()
    await clock.advance(0.1)
    assert len(await held) == 1
    await encoder.close()


async def test_background_work_goes_on_slowly_where_somebody_always_is(
    tiny_encoder: ShelvedModel,
) -> None:
    clock = FakeClock()
    encoder = await open_encoder(tiny_encoder, "cpu", busy=lambda: True, clock=clock)
    held = asyncio.create_task(encoder.encode(["leave"], background=True))
    await encoder.encode(["how long ?"])
    await clock.advance(PATIENCE / 2)
    assert not held.done()
    await clock.advance(PATIENCE)
    assert len(await held) == 1
    await encoder.close()


async def test_a_closed_encoder_refuses(tiny_encoder: ShelvedModel) -> None:
    encoder = await open_encoder(tiny_encoder, "cpu")
    await encoder.close()
    with pytest.raises(ModelError, match="closed"):
        await encoder.encode(["leave"])


async def test_closing_refuses_those_who_wait(tiny_encoder: ShelvedModel) -> None:
    encoder = await open_encoder(tiny_encoder, "cpu", replicas=2)
    waiting = [asyncio.create_task(encoder.encode(MANY, background=True)) for _ in range(4)]
    await asyncio.sleep(0)
    await encoder.close()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(result, ModelError) for result in results)


async def test_background_work_leaves_a_place_free_and_questions_take_all() -> None:
    places = Turns(2, kept=1)
    await places.take(background=True)
    second = asyncio.create_task(places.take(background=True))
    await asyncio.sleep(0)
    assert not second.done()
    await places.take(background=False)
    third = asyncio.create_task(places.take(background=False))
    await asyncio.sleep(0)
    places.give_back()
    await third
    assert not second.done()
    places.give_back()
    places.give_back()
    await second


async def test_a_crowd_that_nobody_could_wait_behind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "WAITING", 2)
    places = Turns(1, kept=0)
    await places.take(background=False)
    waiting = [asyncio.create_task(places.take(background=False)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(ModelError, match="wait for the encoder already"):
        await places.take(background=False)
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    places.give_back()
    await places.take(background=False)


def test_texts_are_put_together_by_length_and_within_bounds() -> None:
    texts = ["x" * (number * 37 % 5000) for number in range(500)]
    together = list(pieces(texts))
    assert sorted(at for piece in together for at in piece) == list(range(500))
    for piece in together:
        longest = max(len(texts[at]) for at in piece)
        assert len(piece) <= TEXTS
        assert len(piece) == 1 or len(piece) * longest <= CHARACTERS
