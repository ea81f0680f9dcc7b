"""A token revoked in mid-work, with real workers: one probe now and then, and afterwards everything is done once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from house import House, inhabited, seed, until

from service.store import notices, pausing
from service.store.models import Installation
from service.store.notices import Kind

PROBE = 1.0
SCORING, WRITING = 2, 4
"""Processes and threads that may be at it when the token goes."""


@pytest.fixture
def house(request: pytest.FixtureRequest) -> Iterator[House]:
    with inhabited(request, sqlite=True) as house:
        house.more |= {
            "DESKMARK_PROBE_SECONDS": str(PROBE),
            "DESKMARK_POLL_SECONDS": "3600",
            "DESKMARK_LEASE_SECONDS": "30",
        }
        house.web()
        house.start("ingest", "score", "writeback", "beat")
        yield house


def revoke(house: House, name: str) -> None:
    """The admin of the helpdesk takes our access back."""
    if name == "intercom":
        house.desks[name].elsewhere = True
        return
    access = house.desks[name].access
    access.client_secret += "-revoked"
    house.desks[name].expire_tokens()


def give_back(house: House, name: str) -> None:
    if name == "intercom":
        house.desks[name].elsewhere = False
        return
    access = house.desks[name].access
    access.client_secret = access.client_secret.removesuffix("-revoked")


def installation(house: House, name: str) -> Installation:
    with house.database.read() as session:
        return session.get_one(Installation, name)


@pytest.mark.parametrize("name", ["zendesk", "intercom"])
def test_a_token_revoked_in_mid_work(house: House, kit: Any, name: str) -> None:
    first = [seed(house, name, kit, number) for number in range(2)]
    for key in first:
        house.comes_to_rest(name, key)
    log = house.desks[name].requests_log
    revoke(house, name)
    before = len(log)
    waiting = [seed(house, name, kit, number) for number in range(2, 12)]
    until(lambda: installation(house, name).paused_at is not None, "paused")
    paused = installation(house, name)
    for key in waiting:
        until(lambda key=key: house.row(name, key) is not None, "the webhook was taken")
    until(lambda: (installation(house, name).paused_until - paused.paused_at).total_seconds() >= 7.5 * PROBE, "probes")
    with house.database.read() as session:
        count = pausing.waiting(session, name, now=datetime.now(UTC) + timedelta(hours=1))
        assert [notice.kind for notice in notices.opened(session)] == [Kind.CREDENTIALS_REFUSED]
    assert count.to_score == len(waiting)
    probes = 5
    calls = 3 if name == "zendesk" else 1
    assert len(log) - before <= (SCORING + WRITING + probes) * calls, (
        "who was at it when the token went, and the probes"
    )
    assert {house.row(name, key).attempts for key in waiting} == {0}
    other = "intercom" if name == "zendesk" else "zendesk"
    house.comes_to_rest(other, seed(house, other, kit, 50))
    give_back(house, name)
    for key in (*waiting, *first):
        house.comes_to_rest(name, key)
    assert installation(house, name).paused_at is None
    with house.database.read() as session:
        assert not notices.opened(session)
