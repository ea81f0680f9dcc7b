"""Everything that reads what others wrote: whatever comes, a value or the error it declares, and never a long wait.

Each line of the table is one parser. `NASTY` holds inputs that broke parsers somewhere; the rest is Hypothesis's.
"""

from __future__ import annotations

import base64
import io
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors import export_files
from connectors.addresses import ForbiddenAddress, below
from connectors.base import Installation
from connectors.email_text import html_text, is_automatic, written_text
from connectors.errors import InvalidSignature
from connectors.export_files import NoExport
from connectors.http import LONGEST_WAIT, wait
from connectors.intercom import canvas
from connectors.intercom import payloads as intercom_payloads
from connectors.intercom import webhook as intercom_webhook
from connectors.intercom.written import parsed_note
from connectors.self_test import clock
from connectors.zendesk import payloads as zendesk_payloads
from connectors.zendesk import webhook as zendesk_webhook
from connectors.zendesk.limits import limits
from connectors.zendesk.options import Options
from connectors.zendesk.ticket_app import NotAKey, checked_key, decoy, opened
from service.commands.terminal import Moment
from service.document import DocumentError, from_json
from service.files import clusters, intents, reviews, scores
from service.files.spool import Spool
from service.language.cluster_state import StateUnreadable
from service.language.cluster_state import from_json as cluster_state
from service.policy_document import policy_from_json
from service.settings import Settings
from service.store.secrets import SecretBox, SecretsUnreadable, new_key
from service.translation.languages import Language
from service.translation.reasons import reason
from service.web.api.cursors import moment_of, place_of
from service.web.problems import Problem
from service.write_rules import RulesError, rules_from_document
from service.writeback import parse_note

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ZENDESK = Installation("i", "zendesk", "acme", "https://acme.zendesk.com", {"webhook_secret": "s"})
INTERCOM = Installation("i", "intercom", "acme", "https://api.intercom.io", {"client_secret": "s"})
HANG = 20
"""Seconds after which a parser counts as hanging: none takes a hundredth of it."""

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
NASTY: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b"\xef\xbb\xbf",
    b"\xff\xfe{\x00}\x00",
    b"{",
    b"null",
    b"[]",
    b"-",
    b"1e999",
    b"NaN",
    b'{"id": NaN}',
    b'{"a": 1, "a": 2}',
    b'{"id": "\\ud800"}',
    b'{"id": "\\u0000"}',
    b"9" * 5_000,
    b'{"id": ' + b"9" * 5_000 + b"}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b"[" * 50_000 + b"]" * 50_000,
    b"<" * 100_000,
    b"<div>" * 20_000,
    b"> " * 100_000,
    b" " * 1_000_000,
    b"\n" * 500_000,
    b"a" * 1_000_000,
    b'"' * 200_000,
    b"," * 200_000,
    b"On Mon wrote: " * 20_000,
    b"=?utf-8?q?" * 20_000,
    "\u202e\ufeff\u0130ß".encode() * 1_000,
    "²".encode(),
    b"0001-01-01T00:00:00+14:00",
    b"9999-12-31T23:59:59-14:00",
    b"\x1f\x8b\x08\x00\x00",
    b"PK\x03\x04 no archive",
)


@dataclass(frozen=True)
class Parser:
    """One reader of foreign input: how it is called, with what, and which errors it may raise."""

    name: str
    read: Callable[[Any], object]
    declared: tuple[type[Exception], ...] = ()
    given: st.SearchStrategy[Any] = field(default_factory=st.binary)
    of_bytes: Callable[[bytes], Any] = bytes
    """How the nasty inputs, which are bytes, are given to it."""


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return {"value": _text(content)[:1000]}


def _spooled(content: bytes) -> None:
    with Spool() as spool:
        scores.read(content.splitlines(keepends=True), spool, lambda _: None)


def _all(made: Any) -> None:
    for _ in made:
        pass


def _cursor(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode()


documents = json_values.map(lambda value: json.dumps(value).encode())
keyed = st.dictionaries(
    st.sampled_from(
        [
            "id",
            "type",
            "detail",
            "event",
            "current",
            "data",
            "item",
            "topic",
            "messages",
            "author",
            "text",
            "at",
            "role",
        ]
    ),
    json_values,
)
bodies = st.binary(max_size=300) | documents | keyed.map(lambda value: json.dumps(value).encode())
lines = st.lists(bodies, max_size=4).map(b"\n".join)
texts = st.text(max_size=200)
headers = st.dictionaries(
    st.sampled_from(
        ["X-Zendesk-Webhook-Signature", "X-Zendesk-Webhook-Signature-Timestamp", "X-Hub-Signature", "Retry-After",
         "X-RateLimit-Reset", "ratelimit-remaining", "ratelimit-reset", "zendesk-ratelimit-x", "Date"]
    ),
    st.text(max_size=40)
    | st.sampled_from(["²", "9" * 400, "Mon, 01 Jan 0001 00:00:00 +2359", "remaining=1; resets=" + "9" * 400]),
)  # fmt: skip


def _of_header(name: str) -> Callable[[bytes], dict[str, str]]:
    return lambda content: {name: content.decode("latin-1")[:60_000]}


PARSERS = (
    Parser("zendesk webhook body", lambda body: zendesk_webhook.delivery({}, body), given=bodies),
    Parser("intercom webhook body", intercom_webhook.delivery, given=bodies),
    Parser(
        "zendesk signature headers",
        lambda given: zendesk_webhook.verify(ZENDESK, given, b"{}", now=NOW),
        (InvalidSignature,),
        headers,
        _of_header("X-Zendesk-Webhook-Signature-Timestamp"),
    ),
    Parser(
        "intercom signature header",
        lambda given: intercom_webhook.verify(INTERCOM, given, b"{}"),
        (InvalidSignature,),
        headers,
        _of_header("X-Hub-Signature"),
    ),
    Parser("intercom panel body", canvas.asked, (canvas.NotAsked,), bodies),
    Parser(
        "intercom panel signature",
        lambda given: canvas.verify(INTERCOM, given, b"{}"),
        (InvalidSignature,),
        headers,
        _of_header("X-Body-Signature"),
    ),
    Parser(
        "zendesk app token",
        lambda token: opened(token, base_url="https://acme.zendesk.com", app=decoy(), now=NOW),
        (InvalidSignature,),
        texts,
        _text,
    ),
    Parser("public key of an app", checked_key, (NotAKey,), texts, _text),
    Parser("a note of ours", parse_note, (), texts, _text),
    Parser("a note of ours, reflowed", parsed_note, (), texts, _text),
    Parser("a reason", lambda text: reason(text, Language.DE), (), texts, _text),
    Parser(
        "zendesk ticket", lambda data: zendesk_payloads.ticket(zendesk_payloads.record(data)), (), json_values, _json
    ),
    Parser("zendesk user", lambda data: zendesk_payloads.user(zendesk_payloads.record(data)), (), json_values, _json),
    Parser("zendesk moment", zendesk_payloads.moment, (), json_values, _text),
    Parser("zendesk options", lambda data: Options.read(zendesk_payloads.record(data)), (), json_values, _json),
    Parser(
        "intercom conversation",
        lambda data: intercom_payloads.Conversation.model_validate(data if isinstance(data, dict) else {"parts": data}),
        (),
        json_values,
        _json,
    ),
    Parser(
        "intercom rows",
        lambda data: intercom_payloads.rows(data, "data", intercom_payloads.Tag),
        (),
        json_values,
        _json,
    ),
    Parser("rate limit headers", lambda given: list(limits(given)), (), headers, _of_header("ratelimit-reset")),
    Parser("endpoint limit headers", lambda given: list(limits(given)), (), headers, _of_header("zendesk-ratelimit-x")),
    Parser("Retry-After", wait, (), headers, _of_header("Retry-After")),
    Parser("X-RateLimit-Reset", wait, (), headers, _of_header("X-RateLimit-Reset")),
    Parser(
        "Date header",
        lambda value: clock(value, now=NOW, tolerance=300, signed=True),
        (),
        texts,
        lambda c: _text(c)[:60_000],
    ),
    Parser("helpdesk address", lambda value: below("zendesk.com").accepted(value), (ForbiddenAddress,), texts, _text),
    Parser("e-mail text", written_text, (), texts, lambda content: _text(content)[:65_536]),
    Parser("e-mail HTML", html_text, (), texts, lambda content: _text(content)[:65_536]),
    Parser("automatic answers", is_automatic, (), texts, _text),
    Parser(
        "export file",
        lambda content: _all(export_files.read(io.BytesIO(content), frozenset({"tickets"}))),
        (NoExport,),
        lines,
    ),
    Parser("conversation document", from_json, (DocumentError,), bodies),
    Parser("conversations file", _spooled, (), lines),
    Parser("policy document", policy_from_json, (DocumentError,), bodies),
    Parser("write rules", rules_from_document, (RulesError,), json_values.filter(lambda v: isinstance(v, dict)), _json),
    Parser("intent file", lambda content: _all(intents.examples(content)), (intents.NoIntentFile,), lines),
    Parser("review file", lambda content: _all(reviews.reviews(content)), (reviews.NoReviewFile,), lines),
    Parser("messages to group", lambda content: clusters.read(content.split(b"\n"), lambda _: None), (), lines),
    Parser("state of groups", lambda content: cluster_state(content, "m"), (StateUnreadable,), bodies),
    Parser("cursor of the API", lambda given: place_of(given, 3), (Problem,), bodies.map(_cursor) | texts, _cursor),
    Parser("time in a cursor", moment_of, (Problem,), texts, _text),
    Parser(
        "time on the command line",
        lambda value: Moment().convert(value, None, None),
        (click.UsageError,),
        texts,
        lambda content: _text(content)[:500],
    ),
    Parser("stored secrets", SecretBox(new_key()).unlock, (SecretsUnreadable,), st.binary()),
    Parser("secret keys", SecretBox, (ValueError,), texts, _text),
    Parser(
        "settings",
        lambda value: Settings(secret_key=value, session_key="s", database_url=value, public_url=value, port=value),
        (ValidationError,),
        texts,
        _text,
    ),
)


@contextmanager
def not_hanging(name: str) -> Iterator[None]:
    def ring(_number: int, _frame: object) -> None:
        raise AssertionError(f"{name} hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(HANG)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def try_out(parser: Parser, value: Any) -> None:
    try:
        parser.read(value)
    except parser.declared as error:
        assert len(str(error)) < 2_000, f"{parser.name} quotes its whole input"


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_whatever_comes_a_value_or_the_declared_error(parser: Parser) -> None:
    @given(parser.given)
    def tried(value: Any) -> None:
        try_out(parser, value)

    tried()


@pytest.mark.parametrize("parser", PARSERS, ids=lambda parser: parser.name)
def test_what_broke_parsers_elsewhere(parser: Parser) -> None:
    for content in NASTY:
        with not_hanging(parser.name):
            try_out(parser, parser.of_bytes(content))


@given(headers)
def test_no_header_makes_anybody_wait_for_ever(given_headers: dict[str, str]) -> None:
    assert 0 <= wait(given_headers) <= LONGEST_WAIT
