"""What reaches the log."""

import io
import json
import logging

import pytest

from core import log
from core.log import JsonFormatter, RedactingFormatter

SECRETS = [
    "xoxb-123456789012-abcdefABCDEF",
    "xapp-1-A0123-456-deadbeef",
    "xoxe.xoxp-1-Mi0yLTEyMzQ",
    "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_token_reaches_the_log_even_by_a_traceback(secret: str) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(message)s"))
    logger = logging.Logger("a library that tells too much")
    logger.addHandler(handler)
    try:
        raise ConnectionError(f"https://api.telegram.org/bot{secret}/getMe")
    except ConnectionError:
        logger.exception("calling with %s", secret)
    assert secret not in stream.getvalue()
    assert stream.getvalue().count("[secret]") == 2


def test_nobody_can_forge_a_line() -> None:
    record = logging.makeLogRecord({"msg": "event %s", "args": ("Ev1\n12:00 ERROR all is lost \ud800",)})
    line = RedactingFormatter("%(message)s").format(record)
    assert line == "event Ev1\\n12:00 ERROR all is lost \\ud800"


def test_a_line_can_be_json_and_holds_no_more_than_text() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.Logger("core.delivery")
    logger.addHandler(handler)
    try:
        raise ValueError(" ".join(["words", "of", "somebody"]))
    except ValueError:
        logger.exception('event "%s"\nwith %s', "Ev1", SECRETS[0])
    (text,) = stream.getvalue().splitlines()
    line = json.loads(text)
    assert (line["level"], line["logger"]) == ("error", "core.delivery")
    assert line["message"] == 'event "Ev1"\\nwith [secret]'
    assert "ValueError" in line["error"] and "words of somebody" not in text


def test_ordinary_words_stay() -> None:
    record = logging.makeLogRecord({"msg": "slack:T0ACME:C0HELP:1732467600.000100 answered in 12:30"})
    assert RedactingFormatter("%(message)s").format(record) == record.getMessage()


def test_libraries_are_heard_from_warnings_up_and_we_as_asked() -> None:
    before = logging.getLogger().handlers[:]
    try:
        log.setup(logging.DEBUG)
        assert logging.getLogger("core.delivery").isEnabledFor(logging.DEBUG)
        assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    finally:
        log.setup(logging.NOTSET)
        logging.getLogger().handlers[:] = before
