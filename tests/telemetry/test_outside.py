"""What leaves the machine when it is switched on: spans by ids, errors by type and place. Never a customer's word."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
import requests
import responses
import sentry_sdk
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from structlog.contextvars import get_contextvars

from connectors.counted import CountedSession
from service.telemetry import faults, spans
from service.telemetry.frames import frames
from service.telemetry.metrics import API_CALLS
from service.telemetry.spans import TelemetryMissing
from service.telemetry.trace import new_trace, traced
from service.telemetry.watching import Watching

WORDS = "my kettle leaks and my card is 4111 1111 1111 1111"


class Caught(Transport):
    """Takes what would go to Sentry."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.sent.append(envelope.serialize().decode())


@pytest.fixture
def caught() -> Iterator[Caught]:
    transport = Caught()
    assert faults.start_faults("https://key@sentry.example/1", transport=transport)
    yield transport
    faults.stop_faults()
    sentry_sdk.get_global_scope().set_client(None)


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    spans.use(SimpleSpanProcessor(exporter), "test")
    yield exporter
    spans.stop_spans()


def broken(text: str) -> None:
    local_value = text
    raise KeyError(local_value)


def test_an_error_is_told_by_type_place_and_ids(caught: Caught) -> None:
    sentry_sdk.add_breadcrumb(message=WORDS)
    sentry_sdk.set_context("document", {"text": WORDS})
    sentry_sdk.set_tag("subject", WORDS)
    with traced("score", "0af7651916cd43dd8448eb211c80319c", conversation="k3jq7x2mzd4a", subject=WORDS):
        try:
            try:
                broken(WORDS)
            except KeyError as error:
                raise ValueError(f"cannot read {WORDS}") from error
        except ValueError as error:
            faults.report(error, task="deskmark.score")
            faults.report(error, task="deskmark.score")
    (sent,) = caught.sent
    assert "kettle" not in sent
    assert "4111" not in sent
    event = json.loads(sent.splitlines()[2])
    assert event["tags"] == {
        "trace": "0af7651916cd43dd8448eb211c80319c",
        "conversation": "k3jq7x2mzd4a",
        "task": "deskmark.score",
    }
    types = [value["type"] for value in event["exception"]["values"]]
    assert types == ["KeyError", "ValueError"]
    places = [frame["function"] for value in event["exception"]["values"] for frame in value["stacktrace"]["frames"]]
    assert "broken" in places
    assert set(event) <= faults.KEPT
    frame = event["exception"]["values"][0]["stacktrace"]["frames"][0]
    assert set(frame) <= faults.KEPT_OF_FRAMES


def test_an_event_of_any_shape_is_cut_down() -> None:
    event = {"message": WORDS, "request": {"data": WORDS}, "user": {"email": WORDS}, "tags": None, "level": "error"}
    assert faults.scrubbed(event, {}) == {"level": "error", "tags": {}}
    bare = faults.scrubbed({"exception": {"values": [{"type": "X", "value": WORDS}]}}, {})
    assert bare["exception"] == {"values": [{"type": "X", "module": None, "stacktrace": {"frames": []}}]}


def test_off_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not faults.start_faults("")
    faults.report(KeyError(WORDS))
    for name in spans.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    assert not spans.start_spans("web")
    with traced("score", None):
        assert "trace" not in get_contextvars()
    faults.stop_faults()


def test_a_span_belongs_to_the_trace_of_the_rows(exported: InMemorySpanExporter) -> None:
    trace = new_trace()
    with (
        traced("score", trace, conversation="k3jq7x2mzd4a", delivery=7),
        traced("helpdesk request", None, method="GET"),
    ):
        assert get_contextvars()["trace"] == trace
    inner, outer = exported.get_finished_spans()
    assert [f"{span.context.trace_id:032x}" for span in (inner, outer)] == [trace, trace]
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id
    assert dict(outer.attributes or {}) == {"deskmark.conversation": "k3jq7x2mzd4a", "deskmark.delivery": 7}


def test_a_failed_span_names_the_error_only(exported: InMemorySpanExporter) -> None:
    with pytest.raises(KeyError), traced("score", new_trace()):
        broken(WORDS)
    (span,) = exported.get_finished_spans()
    assert span.status.description == "KeyError"
    assert span.events == ()
    assert "kettle" not in span.to_json()


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OpenTelemetry collector on this machine."""
    taken: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", taken
    server.shutdown()
    thread.join()
    server.server_close()


def test_spans_go_where_the_environment_says(
    collector: tuple[str, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, taken = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    watching = Watching("")
    watching.start("worker")
    watching.start("worker")
    trace = new_trace()
    with traced("score", trace, conversation="k3jq7x2mzd4a"):
        pass
    watching.stop()
    (body,) = taken
    assert bytes.fromhex(trace) in body
    assert b"k3jq7x2mzd4a" in body


@pytest.mark.parametrize(("dsn", "endpoint", "extra"), [("https://k@s/1", "", "sentry"), ("", "http://c", "otel")])
def test_an_extra_that_is_not_installed_is_named(
    monkeypatch: pytest.MonkeyPatch, dsn: str, endpoint: str, extra: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    monkeypatch.setattr("service.telemetry.watching.find_spec", lambda _: None)
    with pytest.raises(TelemetryMissing, match=rf"deskmark\[{extra}\]"):
        Watching(dsn)


def test_requests_to_helpdesks_are_counted(exported: InMemorySpanExporter) -> None:
    def counted(status: str) -> float:
        return float(API_CALLS.labels(connector="zendesk", status=status)._value.get())

    before = counted("200"), counted("none")
    with responses.RequestsMock() as wire, CountedSession("zendesk") as session:
        wire.get("https://acme.zendesk.com/api/v2/search.json", json={})
        session.get("https://acme.zendesk.com/api/v2/search.json", params={"query": WORDS})
        with pytest.raises(requests.ConnectionError):
            session.get("https://acme.zendesk.com/other")
    assert (counted("200"), counted("none")) == (before[0] + 1, before[1] + 1)
    assert all("kettle" not in span.to_json() for span in exported.get_finished_spans())


def test_frames_hold_no_value() -> None:
    try:
        broken(WORDS)
    except KeyError as error:
        found = frames(error)
    assert found[-1].endswith(" broken")
    assert "kettle" not in str(found)
