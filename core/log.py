"""Logging: one line per event on standard error, without secrets and without what people write."""

import json
import logging
import re
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import TextIO

from prometheus_client import Counter

from core.errors import FrontdeskError
from core.privacy.detection.secrets import without_tokens

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_CHAIN = 8
"""Errors that led to one another, told at most."""
_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
_OURS = ("core", "adapters", "bots")
_LINES = Counter("frontdesk_log_lines", "Warnings and errors in the log", ["level"])


class RedactingFormatter(logging.Formatter):
    """Blots out tokens, in tracebacks too: a last resort, for what a library says by surprise.

    A message stays on its line whatever it holds, so that nobody can forge one.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        record.message = _UNPRINTABLE.sub(_escaped, record.message)
        return super().formatMessage(record)

    def formatException(self, ei: _ExcInfo) -> str:
        """Where it happened and what kind it is; in words only what we raise on purpose.

        Libraries quote in their errors what they were given.
        """
        told, error = list[str](), ei[1]
        while error is not None and len(told) < _CHAIN:
            words = f": {error}" if isinstance(error, FrontdeskError | OSError) else ""
            frames = "".join(traceback.format_tb(error.__traceback__))
            told.insert(0, f"Traceback (most recent call last):\n{frames}{type(error).__name__}{words}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n\n".join(told)

    def format(self, record: logging.LogRecord) -> str:
        return without_tokens(super().format(record))


class JsonFormatter(RedactingFormatter):
    """An object for each line: `time` (UTC), `level`, `logger`, `message`, and `error` with a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_tokens(_UNPRINTABLE.sub(_escaped, record.getMessage())),
        }
        if record.exc_info:
            line["error"] = without_tokens(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class _Counting(logging.StreamHandler[TextIO]):
    """Counts what somebody should look at, beside writing it."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            _LINES.labels(level="error" if record.levelno >= logging.ERROR else "warning").inc()
        super().emit(record)


def _escaped(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode()


def setup(level: int) -> None:
    """Write log lines to standard error; can be called again with another level.

    Args:
        level: for our own lines. Libraries say warnings and worse: below, some write whole bodies.
    """
    handler = _Counting(sys.stderr)
    handler.setFormatter(RedactingFormatter(_FORMAT, datefmt="%Y-%m-%d %H:%M:%S"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _OURS:
        logging.getLogger(name).setLevel(level)


def as_json() -> None:
    """From now on each line of the log is a JSON object."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setFormatter(JsonFormatter())
