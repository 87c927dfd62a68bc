"""What is made of a file: within the limits of its channel, with time marks, and not too many at once."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from core.media.decoding import Pixels
from core.media.listener import Speech, Stretch
from core.media.reader import Page
from core.media.refusal import Refusal
from core.media.senses import AT_ONCE, Senses
from core.message import Addressing, Attachment, Conversation, Message, Person, Platform, Recognised
from core.policy import Policy
from core.testing import FakeFiles

NOTE = (Path(__file__).parent / "samples" / "number.ogg").read_bytes()
PLACE = Conversation(platform=Platform.TELEGRAM, tenant="1", channel="1", direct=True)
SOMEBODY = Person(platform=Platform.TELEGRAM, tenant="1", id="1")


class Ears:
    """Hears what it is told to hear, once it is let."""

    def __init__(self, stretches: Sequence[Stretch] = ()) -> None:
        self.stretches = tuple(stretches)
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def listen(self, samples: bytes, tell: Callable[[float, float], None]) -> Speech:
        await self.go_on.wait()
        return Speech(language="en", stretches=self.stretches, confidence=0.9)

    async def close(self) -> None:
        """Nothing is open."""


class Eyes:
    async def read(self, picture: Pixels) -> Page:
        return Page(text="Words", codes=())

    async def close(self) -> None:
        """Nothing is open."""


class Counting(FakeFiles):
    """How many files were fetched."""

    fetched = 0

    async def fetch(self, attachment: Attachment, conversation: Conversation, *, limit: int) -> bytes:
        self.fetched += 1
        return await super().fetch(attachment, conversation, limit=limit)


@pytest.fixture
def files() -> Counting:
    return Counting(**{f"n{number}": NOTE for number in range(10)})


@pytest.fixture
async def ears() -> Ears:
    return Ears([Stretch(start=0.0, end=2.0, text="Hello.")])


@pytest.fixture
async def senses(files: Counting, ears: Ears) -> AsyncIterator[Senses]:
    opened = Senses(files, ears, Eyes())
    yield opened
    await opened.close()


async def recognised(
    senses: Senses,
    file: Attachment,
    policy: Policy | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Recognised:
    """What is made of a file that somebody sends."""
    message = Message(
        id="1",
        conversation=PLACE,
        sender=SOMEBODY,
        text="",
        addressed=Addressing.DIRECT,
        sent_at=datetime.now(UTC),
        attachments=(file,),
    )
    found = await senses.recognise(file, message, policy or Policy(), tell)
    assert found is not None
    return found


def _note(number: int = 0) -> Attachment:
    return Attachment(id=f"n{number}", kind="audio")


async def test_a_long_recording_is_shown_with_time_marks(senses: Senses, ears: Ears) -> None:
    ears.stretches = tuple(
        Stretch(start=10.0 * at, end=10.0 * at + 9, text=f"Sentence {at}.") for at in range(9)
    )
    found = await recognised(senses, _note())
    assert found.outline == "0:00 Sentence 0.\n1:00 Sentence 6."
    assert found.text.startswith("Sentence 0. Sentence 1.")


async def test_a_short_recording_is_shown_as_it_is(senses: Senses, ears: Ears) -> None:
    ears.stretches = (Stretch(start=0.0, end=59.0, text="One. Two."),)
    assert (await recognised(senses, _note())).outline == ""


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy(longest_recording_seconds=1), Refusal.TOO_LONG),
        (Policy(longest_recording_seconds=0), Refusal.NO_VOICE),
        (Policy(largest_file_megabytes=0.001), Refusal.TOO_LARGE),
    ],
)
async def test_a_channel_sets_how_long_and_how_large_recordings_may_be(
    senses: Senses, policy: Policy, reason: Refusal
) -> None:
    assert (await recognised(senses, _note(), policy)).refused == reason
    assert (await recognised(senses, _note())).text == "Hello."


async def test_a_channel_may_leave_pictures_alone(senses: Senses) -> None:
    picture = Attachment(id="n0", kind="image")
    assert (await recognised(senses, picture, Policy(reads_pictures=False))).refused == Refusal.NO_VISION


async def test_a_file_that_cannot_be_fetched_is_told(senses: Senses) -> None:
    assert (await recognised(senses, Attachment(id="gone", kind="audio"))).refused == Refusal.AWAY


async def test_ten_recordings_at_once_are_not_all_in_memory(
    senses: Senses, ears: Ears, files: Counting
) -> None:
    ears.go_on.clear()
    asked = [asyncio.create_task(recognised(senses, _note(number))) for number in range(10)]
    while files.fetched < AT_ONCE:
        await asyncio.sleep(0.01)
    for _ in range(100):
        await asyncio.sleep(0)
    assert files.fetched == AT_ONCE
    ears.go_on.set()
    assert [each.text for each in await asyncio.gather(*asked)] == ["Hello."] * 10


async def test_a_picture_does_not_wait_for_recordings(senses: Senses, ears: Ears, files: Counting) -> None:
    ears.go_on.clear()
    asked = [asyncio.create_task(recognised(senses, _note(number))) for number in range(10)]
    while files.fetched < AT_ONCE:
        await asyncio.sleep(0.01)
    picture = io.BytesIO()
    Image.new("RGB", (40, 30)).save(picture, "PNG")
    files.contents["picture"] = picture.getvalue()
    async with asyncio.timeout(60):
        assert (await recognised(senses, Attachment(id="picture", kind="image"))).text == "Words"
    ears.go_on.set()
    await asyncio.gather(*asked)


async def test_a_file_that_was_heard_is_not_heard_again(senses: Senses, files: Counting) -> None:
    await recognised(senses, _note())
    await recognised(senses, _note())
    assert files.fetched == 1
