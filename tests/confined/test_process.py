"""Child processes: one request at a time, replaced when they die, ended when nobody needs them."""

import asyncio
import io

import pytest
from PIL import Image

from core.confined.process import ChildDied, ChildNotStarted, ChildProcess
from core.media.decoder import LARGEST_ANSWER

MODULE = "core.media.decoder_child"
NOISE = {"do": "listen", "longest": 60}


async def test_a_child_that_nobody_needs_is_ended_and_started_again_for_the_next_request() -> None:
    child = ChildProcess(MODULE, seconds=60, largest_answer=LARGEST_ANSWER, idle_seconds=0.05)
    refused = await child.ask(NOISE, b"noise")
    while child.process_id is not None:
        await asyncio.sleep(0.01)
    assert await child.ask(NOISE, b"noise") == refused
    await child.close()
    assert child.process_id is None


async def test_a_request_that_is_cancelled_ends_the_child() -> None:
    child = ChildProcess(MODULE, seconds=60, largest_answer=LARGEST_ANSWER)
    await child.ask(NOISE, b"noise")
    asking = asyncio.create_task(child.ask(NOISE, b"noise" * 1_000_000))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait({asking})
    assert child.process_id is None
    await child.close()


async def test_a_longer_answer_than_is_taken_ends_the_child() -> None:
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "PNG")
    child = ChildProcess(MODULE, seconds=60, largest_answer=1_000)
    with pytest.raises(ChildDied):
        await child.ask({"do": "look"}, file.getvalue())
    assert child.process_id is None


async def test_a_child_that_does_not_start_says_how_it_ended() -> None:
    child = ChildProcess("core.no_such_module", seconds=60, largest_answer=1_000)
    with pytest.raises(ChildNotStarted) as caught:
        await child.ask(NOISE, b"noise")
    assert str(caught.value) == "it does not start: it ended with return code 1"


@pytest.mark.parametrize(
    ("returncode", "told"),
    [
        (-9, "it ended with SIGKILL"),
        (3, "it ended with return code 3"),
        (None, "it was ended, as it did not answer as it should"),
    ],
)
def test_what_a_child_died_of_can_be_logged(returncode: int | None, told: str) -> None:
    assert str(ChildDied(returncode)) == told
