"""The application as gunicorn makes it: from the environment, on real parts."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from service.app import create_app
from service.store.database import Database
from service.store.installations import NewInstallation, add
from service.store.models import Delivery, DeliveryState
from service.store.secrets import SecretBox


def test_with_the_broker_down_webhooks_are_still_taken(
    sqlite_url: str, secret_key: str, clock: Any, signed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "DATABASE_URL": sqlite_url, "REDIS_URL": "redis://127.0.0.1:1/0",
        "DESKMARK_SECRET_KEY": secret_key, "DESKMARK_SESSION_KEY": "a key for cookies",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    database = Database(sqlite_url)
    new = NewInstallation(
        connector="intercom",
        account="acme",
        base_url="https://api.intercom.io",
        secrets=SecretBox(secret_key).lock(signed.secrets["intercom"]),
        prefix="dm__",
    )
    with database.begin() as session:
        add(session, new, now=clock())
    client = create_app().test_client()
    sent = signed.intercom("4711", at=clock())

    answer = client.post(f"/webhooks/intercom/{new.id}", data=sent.body, headers=sent.headers)

    assert (answer.status_code, answer.get_json()) == (200, {"result": "recorded"})
    assert "not reachable" in client.get("/readyz").get_json()["checks"]["broker"]
    with database.read() as session:
        assert session.scalars(select(Delivery.state)).all() == [DeliveryState.RECEIVED]
    database.close()


def test_the_message_reaches_the_queue(
    settings: Any, sqlite_url: str, valkey: str, seed: Any, signed: Any, clock: Any
) -> None:
    seed.web.parts.database.close()
    app = create_app(settings.model_copy(update={"database_url": sqlite_url, "redis_url": valkey}))
    installation = seed.web.installation("zendesk")
    sent = signed.zendesk("4711", at=clock())
    del sent.headers["X-Zendesk-Webhook-Signature"]

    refused = app.test_client().post(f"/webhooks/zendesk/{installation}", data=sent.body, headers=sent.headers)

    assert refused.status_code == 401
    assert set(app.extensions["deskmark"].waiting().values()) == {0}
    app.extensions["deskmark"].queue.ingest([1, 2])
    app.extensions["deskmark"].queue.close()
    assert app.extensions["deskmark"].waiting()["ingest"] == 1
    app.extensions["deskmark"].database.close()


@pytest.mark.parametrize(
    ("exposed", "told"),
    [({"host": "0.0.0.0"}, r"127\.0\.0\.1 only"), ({"public_url": "https://desk.example.com"}, "PUBLIC_URL")],
)
def test_a_demo_that_others_could_reach_does_not_start(settings: Any, exposed: dict[str, str], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        create_app(settings.model_copy(update={"demo": True, "redis_url": "redis://127.0.0.1:1/0", **exposed}))
