"""Speech to text, by a child process that holds the model and can be ended at any moment."""

import json
import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.confined.process import ChildDied, ChildProcess, ChildStalled
from core.media.refusal import Refusal, Unusable

SECONDS = 240.0
"""That one recording may take."""
LARGEST_ANSWER = 2_000_000
IDLE_SECONDS = 600.0
"""After which the model leaves the memory."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Something that was said in one go."""

    start: float
    """Seconds from the beginning of the recording."""
    end: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Speech:
    """What was heard."""

    language: str
    stretches: tuple[Stretch, ...]
    confidence: float
    """The model's own: between 0 and 1, the mean probability of a token."""

    @property
    def text(self) -> str:
        return " ".join(each.text for each in self.stretches)


class Listener:
    """Listens to one recording at a time; the others wait.

    Args:
        model: folder of a Whisper model in CTranslate2's format.
        threads: of the processor.
        language: the only one that the model knows; empty: it finds out.
    """

    def __init__(self, model: Path, *, threads: int, language: str = "") -> None:
        self._child = ChildProcess(
            "core.media.listener_child",
            seconds=SECONDS,
            largest_answer=LARGEST_ANSWER,
            idle_seconds=IDLE_SECONDS,
        )
        self._asked = {"model": str(model.resolve()), "threads": threads, "language": language}

    @property
    def process_id(self) -> int | None:
        """Of the child that holds the model."""
        return self._child.process_id

    async def listen(self, samples: bytes, tell: Callable[[float, float], None]) -> Speech:
        """What is said in a recording.

        Args:
            samples: as `Decoder.samples` gives them.
            tell: given, again and again, how many seconds were listened to and how many there are.

        Raises:
            Unusable: it took too long, or the model cannot be used.
        """

        def told(body: bytes) -> None:
            progress = json.loads(body)
            tell(float(progress["at"]), float(progress["of"]))

        try:
            answer = json.loads(await self._child.ask(self._asked, samples, told))
        except ChildStalled:
            raise Unusable(Refusal.LATE) from None
        except ChildDied as error:
            _log.warning("the process that listens is of no use: %s", error)
            raise Unusable(Refusal.NO_VOICE) from None
        return Speech(
            language=answer["language"],
            stretches=tuple(
                Stretch(start=each["start"], end=each["end"], text=each["text"].strip())
                for each in answer["segments"]
            ),
            confidence=_confidence(
                [(each["end"] - each["start"], each["logprob"]) for each in answer["segments"]]
            ),
        )

    async def close(self) -> None:
        """End the child process."""
        await self._child.close()


def _confidence(stretches: Sequence[tuple[float, float]]) -> float:
    """Over all stretches, each as (seconds, mean log-probability)."""
    seconds = sum(length for length, _ in stretches)
    if not seconds:
        return 0.0
    return math.exp(sum(length * logprob for length, logprob in stretches) / seconds)
