"""The voice itself, in its confined process: what it says is understood, and no text breaks it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from core.confined import limits
from core.media.decoder import Decoder
from core.media.decoding import RATE
from core.media.refusal import Unusable
from core.media.speaker import Form, Speaker

SENTENCE = "Your parcel number 4711 arrives on Monday."
ODD = (
    *("🙂", "…", "日本語です", "a" * 3_000, "word " * 600, "\x00\x07", "[x](/ˈ/)", "1" * 400, "<|>{}~^\\"),
    "I" * 200 + " " + "-" * 500,
)


@pytest.fixture
async def speaker() -> AsyncIterator[Speaker]:
    opened = Speaker()
    yield opened
    await opened.close()


@pytest.mark.parametrize(("form", "begin"), [(Form.OGG, b"OggS"), (Form.MP3, b"ID3")])
async def test_a_text_becomes_a_file_of_some_seconds(speaker: Speaker, form: Form, begin: bytes) -> None:
    speech = await speaker.speak(SENTENCE, form)
    assert speech.startswith(begin)
    assert speaker.confined == limits.can_filter()
    decoder = Decoder()
    try:
        samples = await decoder.samples(speech, longest=60)
    finally:
        await decoder.close()
    assert 1.5 < len(samples) / 2 / RATE < 6


async def test_whatever_it_is_to_read_the_next_text_is_read(speaker: Speaker) -> None:
    for text in ODD:
        with suppress(Unusable):
            assert await speaker.speak(text, Form.MP3)
        assert await speaker.speak(f"{len(text)} characters.", Form.MP3)


async def test_what_was_read_is_at_hand_and_a_process_that_died_is_replaced(speaker: Speaker) -> None:
    first = await speaker.speak(SENTENCE, Form.OGG)
    os.kill(speaker.process_id or 0, signal.SIGKILL)
    async with asyncio.timeout(60):
        while speaker.process_id:
            await asyncio.sleep(0.01)
    assert await speaker.speak(SENTENCE, Form.OGG) == first
    assert speaker.process_id is None
    assert await speaker.speak("Good day.", Form.OGG)


async def test_who_is_cancelled_ends_the_process(speaker: Speaker) -> None:
    await speaker.speak("Good day.", Form.OGG)
    os.kill(speaker.process_id or 0, signal.SIGSTOP)
    reading = asyncio.create_task(speaker.speak("Good evening.", Form.OGG))
    for _ in range(100):  # until it waits for the process
        await asyncio.sleep(0)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert speaker.process_id is None
