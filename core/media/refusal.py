"""Why nothing was made of a file."""

from enum import StrEnum

from core.errors import FrontdeskError


class Refusal(StrEnum):
    """As it is passed from the child process to whoever tells the person."""

    FORMAT = "format"
    """None of the formats that are taken."""
    BROKEN = "broken"
    TOO_LONG = "too_long"
    """It takes longer than is listened to."""
    TOO_LARGE = "too_large"
    """It has more bytes, or more pixels, than are looked at."""
    SILENT = "silent"
    """There is no sound in it."""
    HARMFUL = "harmful"
    """It broke the process that decoded it, or took too much of its time or memory."""
    AWAY = "away"
    """It could not be fetched."""
    NO_VOICE = "no_voice"
    """There is nothing here to listen with."""
    NO_VISION = "no_vision"
    """There is nothing here to look with."""
    LATE = "late"
    """What was to be done with it took too long."""


class Unusable(FrontdeskError):
    """Nothing can be made of the file."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(f"refused: {reason}")
        self.reason = reason
