"""What reading an answer aloud takes, and how well it is understood by what listens."""

import statistics
import time
from pathlib import Path

from rich.console import Console

from bots.media import open_listener, open_speaker
from core import settings
from core.media.aloud import aloud as words_of
from core.media.decoder import Decoder
from core.media.decoding import RATE
from core.media.speaker import Form
from tests.benchmarks.media.errors import word_errors

ANSWERS = (
    "You can return it within thirty days. Please put the receipt into the box.",
    "The meeting room is free from two to four in the afternoon; shall I tell your colleagues?",
    """The parcel left our warehouse on Monday. It usually takes three working days, so it should reach you on
    Thursday. If it does not, write to me again, and I will ask the carrier where it is.""",
    """To reset your password, open the settings, choose security, and press the button at the bottom of the
    page. You will get a message with a link that works for one hour. If nothing arrives, look into the folder
    for unwanted mail first.""",
)
"""Without figures, which what listens writes in its own way."""


async def aloud() -> None:
    """Measure, and print."""
    speaker = open_speaker()
    listener = open_listener(settings.load().model_copy(update={"speech": "whisper-base"}))
    if speaker is None or listener is None:
        raise SystemExit("it takes the extra `voice`, and `frontdesk model pull whisper-base`")
    decoder, console = Decoder(), Console()
    taken, wrong, words = list[float](), 0, 0
    try:
        began = time.perf_counter()
        await speaker.speak("Good day.", Form.OGG)
        console.print(f"The first words take {time.perf_counter() - began:.1f} s")
        for text in map(words_of, ANSWERS):
            began = time.perf_counter()
            speech = await speaker.speak(text, Form.OGG)
            seconds = time.perf_counter() - began
            samples = await decoder.samples(speech, longest=120)
            taken.append(seconds / (len(samples) / 2 / RATE))
            heard = await listener.listen(samples, lambda at, of: None)
            errors, count = word_errors(text, heard.text)
            wrong, words = wrong + errors, words + count
        console.print(
            f"A second of speech takes {statistics.median(taken):.3f} s; {wrong} of {words} words were "
            f"heard wrongly; the process took {_peak(speaker.process_id)} MB at most"
        )
    finally:
        for each in (speaker, listener, decoder):
            await each.close()


def _peak(process_id: int | None) -> int:
    status = Path(f"/proc/{process_id}/status").read_text()
    return next(int(line.split()[1]) // 1000 for line in status.splitlines() if line.startswith("VmHWM"))
