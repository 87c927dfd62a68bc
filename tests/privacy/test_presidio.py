"""Presidio on what our own pipeline reads; without the extra `privacy` there is nothing to test."""

import socket
from importlib.util import find_spec

import pytest

from core.language.pipeline import Pipeline
from core.privacy.detection.detector import Detector
from core.privacy.detection.finding import Kind
from core.privacy.detection.presidio import Presidio

pytestmark = pytest.mark.skipif(
    find_spec("presidio_analyzer") is None, reason="the extra `privacy` is not installed"
)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("somebody wants to connect")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("my passport number is 533380006", "en"),
        ("Meine Krankenversichertennummer ist A123456780", "de"),
        ("Mi pasaporte es AAA123456", "es"),
    ],
)
async def test_ids_that_only_presidio_knows_are_found_and_nothing_is_fetched(
    text: str, language: str
) -> None:
    pipeline = Pipeline()
    (analysis,) = await pipeline.analyse([text], language)
    assert any(text[each.start : each.end] in text.split() for each in Presidio().find(analysis))
    (read,) = await Detector(pipeline).read([text], language)
    assert {each.kind for each in read.findings} == {Kind.NATIONAL_ID}
    await pipeline.close()
