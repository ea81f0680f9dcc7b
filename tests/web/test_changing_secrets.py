"""A change of a helpdesk's form beside a worker that renews its tokens: neither loses what the other stored."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from house import until
from sqlalchemy import text

from service.store import installations

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def test_a_token_that_is_renewed_meanwhile_stays(make_web: Any, postgres_url: str) -> None:
    web = make_web(postgres_url)
    database, box = web.parts.database, web.parts.box
    made = web.installation("zendesk", secrets={"access_token": "old", "refresh_token": "spent"})
    client, address = web.admin(), f"/installations/{made}/change"
    token = web.csrf(client, address)
    form = {"csrf_token": token, "base_url": "https://acme.zendesk.com", "client_secret": "typed"}

    def waits() -> int:
        with database.single() as connection:
            return int(connection.execute(text(WAITS)).scalar_one())

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            row = installations.locked(session, made)
            assert row is not None
            changed = pool.submit(client.post, address, data=form)
            until(waits, "the form waits for the row")
            row.secrets = box.lock({"access_token": "new", "refresh_token": "fresh"})
        assert changed.result().status_code == 302

    with database.read() as session:
        kept = installations.get(session, made)
        assert kept is not None
        assert box.unlock(kept.secrets) == {"access_token": "new", "refresh_token": "fresh", "client_secret": "typed"}
