"""While the history is read, pages say how far it is and compare nothing with a beginning that still changes."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from page_words import words
from sqlalchemy import update

from service.store import backfills, conversations, installations
from service.store.backfill_models import Backfill, BackfillState
from service.store.models import Conversation

NUMBER = count(1)


@pytest.mark.parametrize("path", ["/", "/figures/containment", "/figures/escalation"])
def test_while_the_history_is_read_nothing_is_compared(web: Any, keep_days: Any, path: str) -> None:
    installation_id = keep_days(120, better_from=30)
    client = web.admin()
    compared = ("than at first", "account's first 30 days", "Target of month", "baseline ")
    assert any(word in words(client.get(path)) for word in compared)
    begin_history(web, installation_id, found=900, stored=400, listed=False)

    reading = words(client.get(path))
    assert "Still reading the history: 900 of 900 conversations found so far." in reading
    assert not [word for word in compared if word in reading]


def test_what_waits_for_its_first_verdict_is_not_counted_yet(web: Any, keep_days: Any) -> None:
    installation_id = keep_days(60)
    begin_history(web, installation_id, found=10, stored=10, listed=True)
    with web.parts.database.begin() as session:
        session.execute(update(Backfill).values(state=BackfillState.DONE))
    from_history(web, installation_id, 3, due_at=web.clock())

    assert "Still reading the history: 7 of 10 conversations." in words(web.admin().get("/"))
    with web.parts.database.begin() as session:  # One of them is judged anew: its verdict is known.
        session.execute(update(Conversation).where(Conversation.backfilled).values(scored_at=web.clock()))
    assert "Still reading" not in words(web.admin().get("/"))


def test_history_without_a_backfill_is_told_too(web: Any, keep_days: Any) -> None:
    installation_id = keep_days(60)
    from_history(web, installation_id, 25, scored_at=web.clock(), due_at=None)
    from_history(web, installation_id, 15, due_at=web.clock())

    assert "Still reading the history: 25 of 40 conversations." in words(web.admin().get("/"))


@pytest.mark.parametrize("role", ["admin", "viewer"])
def test_a_history_that_stands_still_is_told_and_no_reason_to_wait(web: Any, keep_days: Any, role: str) -> None:
    installation_id = keep_days(120)
    begin_history(web, installation_id, found=900, stored=400, listed=False)
    with web.parts.database.begin() as session:
        backfills.pause(session, installation_id, now=web.clock() - timedelta(days=2))
    page = words(web.signed_in(web.person(role)).get("/"))
    assert "it stopped at 900 of 900 conversations" in page
    assert ("drop the rest" in page) is (role == "admin")
    assert "Target of month" in page


def begin_history(web: Any, installation_id: str, *, found: int, stored: int, listed: bool) -> None:
    """A backfill that runs since now."""
    now = web.clock()
    with web.parts.database.begin() as session:
        row = backfills.begin(session, installation_id, since=now - timedelta(days=300), until=now, share=50, now=now)
        backfills.counted(row, {"found": found, "stored": stored})
        row.cursor = None if listed else "next"


def from_history(web: Any, installation_id: str, number: int, **columns: Any) -> None:
    """So many conversations out of the helpdesk's history."""
    columns = {"backfilled": True, "reread": False, **columns}
    with web.parts.database.begin() as session:
        row = installations.get(session, installation_id)
        assert row is not None
        for _ in range(number):
            row_id = conversations.announce(session, row, f"old-{next(NUMBER)}", at=web.clock(), now=web.clock())
            session.execute(update(Conversation).where(Conversation.id == row_id).values(columns))
