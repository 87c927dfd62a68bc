"""Text in pictures, read by a child process that holds the models and can be ended at any moment."""

import json
import logging
from dataclasses import dataclass

from core.confined.process import ChildDied, ChildProcess, ChildStalled
from core.media.decoding import Pixels
from core.media.layout import Line, laid_out
from core.media.refusal import Refusal, Unusable
from core.message import Box

SECONDS = 120.0
"""That a picture may take for which somebody waits."""
LARGEST_ANSWER = 2_000_000
IDLE_SECONDS = 600.0
"""After which the model leaves the memory."""
LEGIBLE = 0.5
"""The model's confidence in a line, from which it is worth showing."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Code:
    """What stands in a bar code or a QR code: data, which nobody follows."""

    format: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Page:
    """What was read in a picture."""

    text: str
    """Rows and columns as they stand there; empty where there is no text."""
    codes: tuple[Code, ...]
    rows: tuple[Box, ...] = ()
    """Where each line of the text stands."""


class PictureReader:
    """Reads one picture at a time; the others wait.

    Args:
        threads: of the processor.
        seconds: that one picture may take.
    """

    def __init__(self, *, threads: int, seconds: float = SECONDS) -> None:
        self._child = ChildProcess(
            "core.media.reader_child",
            seconds=seconds,
            largest_answer=LARGEST_ANSWER,
            idle_seconds=IDLE_SECONDS,
        )
        self._threads = threads

    @property
    def process_id(self) -> int | None:
        """Of the child that holds the models."""
        return self._child.process_id

    async def read(self, picture: Pixels) -> Page:
        """What stands in a picture.

        Raises:
            Unusable: it took too long, or the models cannot be used.
        """
        asked = {"width": picture.width, "height": picture.height, "threads": self._threads}
        try:
            answer = json.loads(await self._child.ask(asked, picture.rgb))
        except ChildStalled:
            raise Unusable(Refusal.LATE) from None
        except ChildDied as error:
            _log.warning("the process that reads pictures is of no use: %s", error)
            raise Unusable(Refusal.NO_VISION) from None
        lines = [
            Line(
                text=each["text"].strip(),
                left=each["left"],
                right=each["right"],
                top=each["top"],
                bottom=each["bottom"],
            )
            for each in answer["lines"]
            if each["score"] >= LEGIBLE and each["text"].strip()
        ]
        rows = laid_out(lines)
        return Page(
            text="\n".join(row.text for row in rows),
            codes=tuple(Code(**each) for each in answer["codes"]),
            rows=tuple(_box(row, answer["width"], answer["height"]) for row in rows),
        )

    async def close(self) -> None:
        """End the child process."""
        await self._child.close()


def _box(row: Line, width: int, height: int) -> Box:
    """Of a row in a picture of so many pixels."""
    return Box(
        left=round(row.left / width, 3),
        top=round(row.top / height, 3),
        right=round(row.right / width, 3),
        bottom=round(row.bottom / height, 3),
    )
