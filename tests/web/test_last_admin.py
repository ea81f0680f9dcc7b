"""Two admins who take each other's rights away at the same time: one of them is left."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from house import until
from sqlalchemy import text

from service.store import people
from service.store.people_models import Person, Role

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def test_one_admin_is_left(make_web: Any, postgres_url: str) -> None:
    web = make_web(postgres_url)
    database = web.parts.database
    ada, bob = web.person("admin"), web.person("admin", email="bob@example.com")
    client = web.signed_in(bob)
    form = {"csrf_token": web.csrf(client, f"/people/{ada}"), "role": "viewer", "access": "all", "name": "Ada"}

    def waits() -> int:
        with database.single() as connection:
            return int(connection.execute(text(WAITS)).scalar_one())

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as session:
            assert people.lock_admins(session) == {ada, bob}
            changed = pool.submit(client.post, f"/people/{ada}", data=form)
            until(waits, "the second one waits for the first")
            people.change(session.get_one(Person, bob), name="", role=Role.VIEWER, installations=None)
        assert changed.result().status_code == 403

    with database.begin() as session:
        assert people.lock_admins(session) == {ada}
