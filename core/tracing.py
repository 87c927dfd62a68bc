"""Traces for OpenTelemetry, where an operator names a collector: turns and what they wait for, never text."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from core.errors import ConfigurationError

Value = str | int | float | bool

_tracer: Any = None
"""`opentelemetry.trace.Tracer`; None where nothing is traced."""


class Span:
    """A stretch of work; what is found out on the way may be added.

    Args:
        traced: `opentelemetry.trace.Span`; None where nothing is traced.
    """

    def __init__(self, traced: Any = None) -> None:
        self._traced = traced

    def note(self, **attributes: Value) -> None:
        """Add ids, counts or times; never what anybody wrote."""
        if self._traced is not None:
            self._traced.set_attributes(_named(attributes))


@contextmanager
def span(name: str, **attributes: Value) -> Iterator[Span]:
    """Trace what the block does, as part of what is traced around it; costs next to nothing where nothing is.

    Errors are named by their type alone, as their messages may quote somebody.
    """
    if _tracer is None:
        yield Span()
        return
    with _tracer.start_as_current_span(
        name, attributes=_named(attributes), record_exception=False, set_status_on_exception=False
    ) as traced:
        try:
            yield Span(traced)
        except BaseException as error:
            traced.set_attribute("error.type", type(error).__name__)
            raise


@contextmanager
def exporting(endpoint: str | None, exporter: Any = None) -> Iterator[None]:
    """Send traces to a collector for as long as the block runs.

    Args:
        endpoint: where it takes OTLP over HTTP, as http://127.0.0.1:4318/v1/traces; None: nothing is traced.
        exporter: `opentelemetry.sdk.trace.export.SpanExporter`, in the place of that to the endpoint.

    Raises:
        ConfigurationError: the extra `otel` is missing.
    """
    global _tracer
    if endpoint is None:
        yield
        return
    if find_spec("opentelemetry") is None:
        raise ConfigurationError(
            "FRONTDESK_OTEL_ENDPOINT needs the extra `otel`: "
            "run `.venv/bin/pip install --editable '.[otel]'` in Frontdesk's folder, or empty it."
        )
    provider = _provider(endpoint, exporter)
    _tracer = provider.get_tracer("frontdesk")
    try:
        yield
    finally:
        _tracer = None
        provider.shutdown()


def _provider(endpoint: str, exporter: Any) -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    provider = TracerProvider(resource=Resource({"service.name": "frontdesk"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter or OTLPSpanExporter(endpoint=endpoint)))
    return provider


def _named(attributes: dict[str, Value]) -> dict[str, Value]:
    return {f"frontdesk.{name}": value for name, value in attributes.items()}
