"""Webhooks in: signed, recorded once, enqueued, answered; on SQLite and PostgreSQL, for every connector."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select, text

from connectors.registry import connectors
from service.store.installations import change
from service.store.models import Delivery, DeliveryState, Installation
from service.store.secrets import new_key
from service.web.parts import REFUSALS

CONNECTORS = ("intercom", "zendesk")


def send(web: Any, connector: str, installation: str, sent: Any) -> tuple[int, dict[str, str]]:
    answer = web.client().post(f"/webhooks/{connector}/{installation}", data=sent.body, headers=sent.headers)
    return answer.status_code, answer.get_json()


def stored(web: Any) -> list[Delivery]:
    with web.parts.database.read() as session:
        return list(session.scalars(select(Delivery).order_by(Delivery.id)))


def test_every_connector_has_a_builder_here(signed: Any) -> None:
    assert sorted(connectors()) == sorted(signed.builders) == sorted(CONNECTORS)


@pytest.mark.parametrize("connector", CONNECTORS)
def test_a_signed_webhook_is_recorded_once_and_enqueued(
    connector: str, database_url: str, make_web: Any, signed: Any
) -> None:
    web = make_web(database_url)
    installation = web.installation(connector)
    sent = signed.builders[connector]("4711", at=web.clock())

    assert send(web, connector, installation, sent) == (200, {"result": "recorded"})
    assert send(web, connector, installation, sent) == (200, {"result": "duplicate"})

    (row,) = stored(web)
    assert (row.external_id, row.state, row.signal) == ("4711", DeliveryState.RECEIVED, "ended")
    assert web.queue.deliveries == [row.id]


@pytest.mark.parametrize("connector", CONNECTORS)
def test_two_installations_keep_their_own_keys(connector: str, web: Any, signed: Any) -> None:
    first = web.installation(connector, account="one")
    second = web.installation(connector, account="two")
    sent = signed.builders[connector]("4711", at=web.clock())

    assert [send(web, connector, each, sent)[1]["result"] for each in (first, second)] == ["recorded", "recorded"]


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("wrong", ["other secret", "changed body", "no headers"])
def test_what_the_helpdesk_did_not_sign_is_refused(connector: str, wrong: str, web: Any, signed: Any) -> None:
    installation = web.installation(connector)
    good = signed.builders[connector]("4711", at=web.clock())
    sent = {
        "other secret": signed.builders[connector]("4711", at=web.clock(), secret="guessed"),
        "changed body": signed.Sent(good.body.replace(b"4711", b"4712"), good.headers),
        "no headers": signed.Sent(good.body, {}),
    }[wrong]

    assert send(web, connector, installation, sent) == (401, {"result": "refused"})
    assert not stored(web)
    assert not web.queue.deliveries


def test_refused_webhooks_are_counted_and_shown_until_a_genuine_one_comes(
    database_url: str, make_web: Any, signed: Any, clock: Any
) -> None:
    web = make_web(database_url)
    installation = web.installation("zendesk")
    build = signed.builders["zendesk"]
    for _ in range(2):
        assert send(web, "zendesk", installation, build("1", at=web.clock(), secret="guessed"))[0] == 401
    web.app.extensions[REFUSALS].store()
    with web.parts.database.read() as session:
        row = session.get_one(Installation, installation)
    assert (row.refused_count, row.refused_at) == (2, web.clock())
    client = web.admin()
    assert "2 webhooks refused, last" in client.get("/installations").get_data(as_text=True)

    clock.forward(minutes=1)
    assert send(web, "zendesk", installation, build("1", at=web.clock()))[0] == 200
    assert "webhooks refused, last" not in client.get("/installations").get_data(as_text=True)


def test_webhooks_that_still_come_of_one_that_was_left_are_no_trouble(web: Any, signed: Any) -> None:
    """Its secret was dropped, and Intercom sends until its admin ends it."""
    installation = web.installation("intercom")
    with web.parts.database.begin() as session:
        session.get_one(Installation, installation).disconnected_at = web.clock()
    sent = signed.builders["intercom"]("1", at=web.clock(), secret="dropped")
    assert send(web, "intercom", installation, sent)[0] == 401
    web.app.extensions[REFUSALS].store()
    with web.parts.database.read() as session:
        row = session.get_one(Installation, installation)
    assert (row.refused_count, row.refused_at) == (0, None)


def test_a_refusal_that_cannot_be_counted_is_one_all_the_same(web: Any, signed: Any) -> None:
    installation = web.installation("zendesk")
    sent = signed.builders["zendesk"]("4711", at=web.clock(), secret="guessed")
    with web.parts.database.begin() as session:
        session.execute(
            text("CREATE TRIGGER locked BEFORE UPDATE ON installation BEGIN SELECT RAISE(ABORT, 'no'); END")
        )

    assert send(web, "zendesk", installation, sent) == (401, {"result": "refused"})
    web.app.extensions[REFUSALS].store()


@pytest.mark.parametrize("connector", CONNECTORS)
@pytest.mark.parametrize("secret", [None, ""])
def test_a_missing_or_empty_secret_fails_closed(connector: str, secret: str | None, web: Any, signed: Any) -> None:
    installation = web.installation(
        connector, secrets=dict.fromkeys(signed.secrets[connector], "") if secret == "" else {}
    )

    assert send(web, connector, installation, signed.builders[connector]("1", at=web.clock(), secret=""))[0] == 401


@pytest.mark.parametrize("connector", CONNECTORS)
def test_head_is_answered_for_what_is_connected(connector: str, web: Any) -> None:
    installation = web.installation(connector)

    assert web.client().head(f"/webhooks/{connector}/{installation}").status_code == 200
    # Nothing is signed, so nothing is told: the address of an installation that is not there is answered the same.
    assert web.client().head(f"/webhooks/{connector}/unknown").status_code == 200
    assert web.client().head("/webhooks/freshdesk/unknown").status_code == 404


def test_an_address_that_names_no_installation_is_not_found(web: Any, signed: Any) -> None:
    installation = web.installation("zendesk")
    off = web.installation("zendesk", account="switched off")
    with web.parts.database.begin() as session:
        change(session, off, disconnected_at=web.clock())
    sent = signed.zendesk("1", at=web.clock())

    refused = (401, {"result": "refused"})
    assert send(web, "zendesk", "nobody", sent) == refused
    assert send(web, "intercom", installation, sent) == refused
    assert send(web, "zendesk", off, sent) == refused
    assert send(web, "freshdesk", installation, sent)[0] == 404


def test_a_ping_is_answered_and_kept_as_a_sign_of_life(web: Any, signed: Any) -> None:
    installation = web.installation("intercom")

    assert send(web, "intercom", installation, signed.intercom("", at=web.clock(), topic="ping")) == (
        200,
        {"result": "ping"},
    )
    (row,) = stored(web)
    assert (row.state, row.outcome, row.external_id) == (DeliveryState.IGNORED, "ping", None)
    assert not web.queue.deliveries


@pytest.mark.parametrize("connector", CONNECTORS)
def test_an_event_of_no_use_is_recorded_with_the_reason(connector: str, web: Any, signed: Any) -> None:
    installation = web.installation(connector)
    sent = (
        signed.intercom("7", at=web.clock(), topic="conversation.invented")
        if connector == "intercom"
        else signed.zendesk("7", at=web.clock(), kind="zen:event-type:ticket.invented")
    )

    assert send(web, connector, installation, sent) == (200, {"result": "ignored"})
    (row,) = stored(web)
    assert row.state == DeliveryState.IGNORED
    assert row.outcome
    assert not web.queue.deliveries


def test_a_body_beyond_the_limit_is_not_read(web: Any, signed: Any) -> None:
    installation = web.installation("zendesk")

    assert send(web, "zendesk", installation, signed.Sent(b"x" * 1_100_000, {}))[0] == 413


def test_without_a_database_the_helpdesk_is_asked_to_send_again(
    make_web: Any, tmp_path_factory: pytest.TempPathFactory, signed: Any
) -> None:
    web = make_web(f"sqlite:///{tmp_path_factory.mktemp('gone')}/missing/deskmark.sqlite3")
    sent = signed.zendesk("1", at=web.clock())

    answer = web.client().post("/webhooks/zendesk/abc", data=sent.body, headers=sent.headers)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_a_restarted_database_costs_no_webhook(postgres_url: str, make_web: Any, signed: Any) -> None:
    """The connection dies after the installation was found (it is remembered for a moment) and the body was read."""
    web = make_web(postgres_url)
    installation = web.installation("zendesk")
    first, second = (signed.builders["zendesk"](key, at=web.clock()) for key in ("4711", "4712"))
    assert send(web, "zendesk", installation, first) == (200, {"result": "recorded"})
    with web.parts.database.begin() as session:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> "
        session.execute(text(others + "pg_backend_pid()"))

    assert send(web, "zendesk", installation, second) == (200, {"result": "recorded"})
    assert [row.external_id for row in stored(web)] == ["4711", "4712"]


def test_secrets_stored_under_another_key_make_the_helpdesk_send_again(web: Any, make_web: Any, signed: Any) -> None:
    installation = web.installation("zendesk")
    other = make_web(web.parts.settings.database, secret_key=SecretStr(new_key()))
    sent = signed.zendesk("1", at=web.clock())

    answer = other.client().post(f"/webhooks/zendesk/{installation}", data=sent.body, headers=sent.headers)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_a_failure_of_our_own_is_never_a_bare_500(web: Any) -> None:
    web.app.testing = False
    web.app.extensions["deskmark"] = None  # whatever breaks, it breaks like this
    answer = web.client().post("/webhooks/zendesk/abc", data=b"{}")

    assert answer.status_code == 503


def test_the_secret_of_another_installation_signs_nothing_here(web: Any, signed: Any) -> None:
    """Two of Zendesk and one of Intercom: what one of them signs is refused at the addresses of the others."""
    own = {"client_id": "other", "client_secret": "other-api", "webhook_secret": "other-signing-secret"}
    first, second = web.installation("zendesk"), web.installation("zendesk", account="other", secrets=own)
    third = web.installation("intercom")
    by_first = signed.zendesk("4711", at=web.clock())
    by_third = signed.intercom("4711", at=web.clock())

    assert send(web, "zendesk", second, by_first) == (401, {"result": "refused"})
    assert send(web, "intercom", third, by_first) == (401, {"result": "refused"})
    assert send(web, "intercom", first, by_third) == (401, {"result": "refused"})
    assert send(web, "zendesk", first, by_third) == (401, {"result": "refused"})
    assert not stored(web)
    assert send(web, "zendesk", first, by_first)[0] == 200
    assert send(web, "intercom", third, by_third)[0] == 200
    assert {row.installation_id for row in stored(web)} == {first, third}
