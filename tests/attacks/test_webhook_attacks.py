"""Attacks on the webhook endpoint: whatever is sent, it is refused, ignored or recorded once, never a failure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from meanwhile import statements
from sqlalchemy import select

from service.store import installations as store
from service.store.models import Delivery, DeliveryState
from service.web.parts import REFUSALS

CONNECTORS = ("intercom", "zendesk")
REFUSED = (401, {"result": "refused"})


@pytest.fixture(params=["sqlite", "postgres"])
def web(request: pytest.FixtureRequest, make_web: Any) -> Any:
    return make_web(request.getfixturevalue(f"{request.param}_url"))


def send(web: Any, connector: str, installation: str, body: bytes, headers: Any) -> tuple[int, Any]:
    answer = web.client().post(f"/webhooks/{connector}/{installation}", data=body, headers=headers)
    return answer.status_code, answer.get_json(silent=True)


def signed_as(connector: str, body: bytes, at: Any) -> dict[str, str]:
    """The headers of a genuine webhook with this body."""
    if connector == "intercom":
        return {"X-Hub-Signature": "sha1=" + hmac.new(b"i-signing-secret", body, hashlib.sha1).hexdigest()}
    moment = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(b"z-signing-secret", moment.encode() + body, hashlib.sha256).digest()
    return {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": moment,
        "X-Zendesk-Webhook-Invocation-Id": hashlib.sha256(body).hexdigest()[:26],
    }


def stored(web: Any) -> list[Delivery]:
    with web.parts.database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


@pytest.mark.parametrize("connector", CONNECTORS)
def test_replay(connector: str, web: Any, signed: Any, clock: Any) -> None:
    """The same bytes again are the same delivery; Zendesk's signed time lets them in for five minutes only."""
    installation = web.installation(connector)
    sent = signed.builders[connector]("4711", at=web.clock())
    assert send(web, connector, installation, sent.body, sent.headers)[0] == 200
    for _ in range(3):
        assert send(web, connector, installation, sent.body, sent.headers) == (200, {"result": "duplicate"})
    clock.forward(minutes=6)
    late = send(web, connector, installation, sent.body, sent.headers)
    assert late == (REFUSED if connector == "zendesk" else (200, {"result": "duplicate"}))
    assert len(stored(web)) == 1


def test_a_replay_under_another_invocation_id_is_a_hint_and_no_more(web: Any, signed: Any) -> None:
    """Zendesk does not sign the invocation's id: within the tolerance a replay can be recorded again. A webhook is only
    a hint to read the conversation, so nothing comes of it but one more read."""
    installation = web.installation("zendesk")
    sent = signed.zendesk("4711", at=web.clock(), invocation="A")
    send(web, "zendesk", installation, sent.body, sent.headers)
    again = {**sent.headers, "X-Zendesk-Webhook-Invocation-Id": "B"}
    assert send(web, "zendesk", installation, sent.body, again)[0] == 200
    assert {row.external_id for row in stored(web)} == {"4711"}


FORGED = {
    "no signature": lambda good: {},
    "empty": lambda good: dict.fromkeys(good, ""),
    "cut": lambda good: {name: value[:-1] for name, value in good.items()},
    "longer": lambda good: {name: value + "0" for name, value in good.items()},
    "other case": lambda good: {name: value.swapcase() for name, value in good.items()},
    "padded": lambda good: {name: f" {value} x" for name, value in good.items()},
    "not ASCII": lambda good: dict.fromkeys(good, "ä" * 40),
    "huge": lambda good: dict.fromkeys(good, "a" * 60000),
    "other algorithm": lambda good: {name: value.replace("sha1=", "sha256=") + "=" for name, value in good.items()},
}


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("how", FORGED)
def test_forged(connector: str, how: str, web: Any, signed: Any) -> None:
    installation = web.installation(connector)
    good = signed.builders[connector]("4711", at=web.clock())
    kept = {name: value for name, value in good.headers.items() if "Signature" not in name or "Timestamp" in name}
    signatures = {name: value for name, value in good.headers.items() if name not in kept}
    assert send(web, connector, installation, good.body, {**kept, **FORGED[how](signatures)}) == REFUSED
    assert not stored(web)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_signature_of_somebody_else(connector: str, web: Any, signed: Any) -> None:
    """Signed with the secret of another installation, or with what stands where none is set."""
    first, second = (
        web.installation(connector),
        web.installation(
            connector, account="other", secrets=dict.fromkeys(signed.secrets[connector], "another secret")
        ),
    )
    sent = signed.builders[connector]("1", at=web.clock())
    assert send(web, connector, second, sent.body, sent.headers) == REFUSED
    unset = web.installation(connector, account="unset", secrets={})
    for guess in ("", "none", "no secret"):
        sent = signed.builders[connector]("1", at=web.clock(), secret=guess)
        assert send(web, connector, unset, sent.body, sent.headers) == REFUSED
        assert send(web, connector, "nobody", sent.body, sent.headers) == REFUSED
    assert first and not stored(web)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_truncated(connector: str, web: Any, signed: Any) -> None:
    installation = web.installation(connector)
    sent = signed.builders[connector]("4711", at=web.clock())
    for length in (0, 1, len(sent.body) // 2, len(sent.body) - 1):
        assert send(web, connector, installation, sent.body[:length], sent.headers) == REFUSED
    assert not stored(web)


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("installation", ["known", "guessed"])
def test_oversized(connector: str, installation: str, web: Any) -> None:
    known = web.installation(connector)
    name = known if installation == "known" else "nobody"
    assert send(web, connector, name, b"x" * 1_100_000, {})[0] == 413


ODD_BODIES: dict[str, bytes] = {
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"data":' * 100_000 + b"1" + b"}" * 100_000,
    "nested in an item": b'{"topic":"conversation.admin.closed","data":{"item":' + b"[" * 100_000,
    "utf-16": '{"id": "1"}'.encode("utf-16"),
    "utf-32": '{"id": "1"}'.encode("utf-32"),
    "latin-1": '{"id": "\u00e4"}'.encode("latin-1"),
    "invalid utf-8": b'{"id": "\xff\xfe\x80"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "null bytes": b"\x00" * 100,
    "no JSON": b"ticket_id=1",
    "a list": b"[1, 2]",
    "a text": b'"hello"',
    "huge number": b'{"id": ' + b"9" * 10_000 + b"}",
    "huge exponent": b'{"id": "n", "topic": "ping", "created_at": 1e999}',
    "negative time": b'{"id": "n2", "topic": "conversation.admin.closed", "created_at": -1e300, "data": {}}',
    "not a number": b'{"id": "n3", "topic": "ping", "created_at": NaN}',
    "names twice": b'{"id": "a", "id": "b", "topic": "ping", "topic": "x"}',
}


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("how", ODD_BODIES)
def test_odd_bodies_that_are_signed(connector: str, how: str, web: Any) -> None:
    """Even the helpdesk, or whoever has its secret, cannot make the endpoint fail."""
    installation, body = web.installation(connector), ODD_BODIES[how]
    status, answer = send(web, connector, installation, body, signed_as(connector, body, web.clock()))
    assert status == 200, answer
    assert all(row.state in (DeliveryState.IGNORED, DeliveryState.RECEIVED) for row in stored(web))


ODD_IDS = {
    "null": "47\x0011",
    "surrogate": "\ud800",
    "long": "9" * 5_000,
    "path": "../../etc/passwd",
    "quote": "1' OR '1",
}


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("how", ODD_IDS)
def test_odd_ids_that_are_signed(connector: str, how: str, web: Any) -> None:
    name = ODD_IDS[how]
    document: dict[str, Any] = (
        {"type": "notification_event", "id": name, "topic": "conversation.admin.closed", "data": {"item": {"id": name}}}
        if connector == "intercom"
        else {
            "type": "zen:event-type:ticket.status_changed", "id": name, "event": {"current": "SOLVED"},
            "detail": {"id": name, "actor_id": name},
        }
    )  # fmt: skip
    body = json.dumps(document).encode()
    headers = signed_as(connector, body, web.clock())
    headers.pop("X-Zendesk-Webhook-Invocation-Id", None)
    installation = web.installation(connector)

    assert send(web, connector, installation, body, headers)[0] == 200
    (row,) = stored(web)
    assert len(row.key) <= 255
    if how in ("null", "surrogate", "long"):
        assert row.state == DeliveryState.IGNORED


@pytest.mark.parametrize("connector", CONNECTORS)
def test_headers_twice_and_headers_missing(connector: str, web: Any, signed: Any) -> None:
    """Two signatures are none: what arrives is both with a comma between, which fits nothing."""
    installation = web.installation(connector)
    sent = signed.builders[connector]("4711", at=web.clock())
    twice = [*sent.headers.items(), *((n, "forged") for n in sent.headers if "Signature" in n)]
    assert send(web, connector, installation, sent.body, twice) == REFUSED
    for left_out in (name for name in sent.headers if "Signature" in name):
        fewer = {name: value for name, value in sent.headers.items() if name != left_out}
        assert send(web, connector, installation, sent.body, fewer) == REFUSED
    assert send(web, connector, installation, sent.body, {**sent.headers, "Content-Type": "text/plain"})[0] == 200


@pytest.mark.parametrize("connector", CONNECTORS)
def test_nobody_learns_which_installations_there_are(connector: str, web: Any, signed: Any) -> None:
    """Unknown, of another helpdesk, left, without a secret, wrongly signed: one answer, byte for byte."""
    known = web.installation(connector)
    other = web.installation("zendesk" if connector == "intercom" else "intercom")
    left = web.installation(connector, account="left")
    with web.parts.database.begin() as session:
        store.change(session, left, disconnected_at=web.clock())
    unset = web.installation(connector, account="unset", secrets={})
    sent = signed.builders[connector]("1", at=web.clock(), secret="guessed")

    def answers(method: str, name: str) -> tuple[int, bytes, list[tuple[str, str]]]:
        address = f"/webhooks/{connector}/{name}"
        answer = web.client().open(address, method=method, data=sent.body, headers=sent.headers)
        return answer.status_code, answer.data, sorted(answer.headers)

    for method in ("POST", "HEAD", "GET", "PUT", "OPTIONS"):
        (said,) = {str(answers(method, name)) for name in (known, other, left, unset, "nobody", "x" * 3_000)}
        assert said


def test_the_same_work_for_a_guessed_installation(web: Any, signed: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted instead of timed: one signature is made, one comparison, no write before the answer."""
    known = web.installation("zendesk")
    sent = signed.zendesk("1", at=web.clock(), secret="guessed")
    counted: list[str] = []
    for name in ("new", "compare_digest"):
        real = getattr(hmac, name)
        monkeypatch.setattr(hmac, name, lambda *a, _n=name, _r=real, **k: (counted.append(_n), _r(*a, **k))[1])
    work = []
    for name in (known, "nobody", "unknown"):
        counted.clear()
        with statements() as told:
            assert send(web, "zendesk", name, sent.body, sent.headers) == REFUSED
        assert [each for each in told if not each.startswith("SELECT")] == []
        work.append(list(counted))
    assert work[0] == work[1] == work[2]
    assert "compare_digest" in work[0]


def test_a_flood_of_forgeries_costs_one_statement(web: Any, signed: Any) -> None:
    installation = web.installation("zendesk")
    sent = signed.zendesk("1", at=web.clock(), secret="guessed")
    for _ in range(50):
        assert send(web, "zendesk", installation, sent.body, sent.headers) == REFUSED
    web.app.extensions[REFUSALS].store()
    with web.parts.database.read() as session:
        row = store.get(session, installation)
        assert row is not None
        assert row.refused_count == 50


@pytest.mark.parametrize(
    "path",
    [
        "/webhooks/zendesk/%00",
        "/webhooks/zendesk/%ff%fe",
        "/webhooks/zendesk/..%2f..%2fetc%2fpasswd",
        "/webhooks/zendesk/%0d%0aX-Injected:%201",
        "/webhooks/%00/x",
        "/webhooks/zendesk/" + "a" * 3_000,
        "/webhooks//x",
    ],
)
def test_odd_paths(path: str, web: Any) -> None:
    answer = web.client().post(path, data=b"{}")
    assert answer.status_code in (302, 308, 400, 401, 404), answer.status_code
    assert "X-Injected" not in answer.headers
