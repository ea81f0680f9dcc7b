"""OpenTelemetry spans: off unless `OTEL_EXPORTER_OTLP_ENDPOINT` names where to and the extra `otel` is installed.

A span carries ids and names of our own, never a text. Its trace id is the trace of the rows, so that web and workers,
whatever lies between them, are one trace.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NAME = "deskmark"


class TelemetryMissing(RuntimeError):
    """Something was switched on whose extra is not installed; the message names it."""


class _Kept:
    tracer: Tracer | None = None
    provider: Any = None


def start_spans(process: str) -> bool:
    """Send spans from now on, if the environment names where to; whether it does. Once a process, after any fork.

    `process` is the name under which they are shown.
    """
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return False
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    use(BatchSpanProcessor(OTLPSpanExporter()), process)
    return True


def use(processor: Any, process: str) -> None:
    """Give every span of this process to an OpenTelemetry span processor."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": NAME, "service.instance.id": process}))
    provider.add_span_processor(processor)
    _Kept.provider, _Kept.tracer = provider, provider.get_tracer(NAME)


def stop_spans() -> None:
    """Send what waits and make no more spans."""
    if _Kept.provider is not None:
        _Kept.provider.shutdown()
    _Kept.provider = _Kept.tracer = None


@contextmanager
def span(name: str, trace: str | None, ids: Mapping[str, str | int]) -> Iterator[None]:
    """A span around the body, a part of `trace`; nothing where spans are off.

    An exception's type is kept with it, its message and values are not.
    """
    tracer = _Kept.tracer
    if tracer is None:
        yield
        return
    from opentelemetry.trace import Status, StatusCode, get_current_span  # noqa: PLC0415

    inside = get_current_span().get_span_context().is_valid
    context = None if inside or trace is None else _beginning(trace)
    attributes = {f"deskmark.{key}": value for key, value in ids.items()}
    with tracer.start_as_current_span(
        name, context, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield
        except Exception as error:
            made.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _beginning(trace: str) -> Any:
    """The context in which a span belongs to `trace`; its parent is the webhook, which has ended long ago."""
    from opentelemetry.trace import (  # noqa: PLC0415
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    number = int(trace, 16)
    parent = SpanContext(
        trace_id=number, span_id=(number & 0xFFFFFFFFFFFFFFFF) or 1, is_remote=True, trace_flags=TraceFlags(0x01)
    )
    return set_span_in_context(NonRecordingSpan(parent))
