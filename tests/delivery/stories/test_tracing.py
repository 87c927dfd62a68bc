"""What is traced of a turn: ids, counts and times, and never a word of anybody."""

import json
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from core import tracing
from core.errors import ConfigurationError
from tests.delivery.stories.bot import Bot, Side

EXTRA = find_spec("opentelemetry") is not None
ENDPOINT = "http://127.0.0.1:4318/v1/traces"
needs_extra = pytest.mark.skipif(not EXTRA, reason="needs the extra `otel`")
QUESTION, ANSWER = "where is the quinquagesima?", "It is a sesquipedalian matter."


@pytest.fixture
def spans() -> Iterator[Any]:
    """What was exported, once the block is over."""
    memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter = memory.InMemorySpanExporter()
    with tracing.exporting(ENDPOINT, exporter):
        yield exporter


@needs_extra
async def test_a_turn_is_traced_with_what_it_waited_for_and_without_a_word(
    bot: Bot, slack: Side, spans: Any
) -> None:
    await bot.start(ANSWER)
    await slack.say(QUESTION)
    await slack.sees(ANSWER)
    await bot.quiet()
    await bot.stop()
    tracing._tracer.span_processor.force_flush()
    found = {each.name: each for each in spans.get_finished_spans()}
    assert set(found) == {"turn", "answer", "generate", "send"}
    assert all(found[name].parent for name in ("answer", "generate", "send"))
    assert len({each.context.trace_id for each in found.values()}) == 1, "one trace a turn"
    assert found["answer"].attributes["frontdesk.route"] == "chat"
    assert found["turn"].attributes["frontdesk.platform"] == "slack"
    told = json.dumps([each.to_json() for each in found.values()])
    assert "quinquagesima" not in told and "sesquipedalian" not in told


@needs_extra
def test_of_an_error_only_its_type_is_told(spans: Any) -> None:
    with pytest.raises(ValueError, match="said"), tracing.span("turn"):
        raise ValueError("somebody said quinquagesima")
    tracing._tracer.span_processor.force_flush()
    (span,) = spans.get_finished_spans()
    assert span.attributes["error.type"] == "ValueError" and "quinquagesima" not in span.to_json()


@pytest.mark.skipif(EXTRA, reason="the extra `otel` is installed")
def test_without_the_extra_a_sentence_says_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="needs the extra `otel`"), tracing.exporting(ENDPOINT):
        pass


def test_where_nobody_asked_for_it_nothing_is_traced() -> None:
    with tracing.exporting(None), tracing.span("turn", turn="t1") as span:
        span.note(route="chat")
    assert tracing._tracer is None
