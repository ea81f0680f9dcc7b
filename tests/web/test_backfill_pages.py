"""The history on an installation's page: begun, watched, paused, resumed, given up; every change is written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.store import backfills
from service.store.backfill_models import Backfill, BackfillState
from service.store.backfills import HEAD, Kept
from service.store.installations import IMPORTED


def page(client: Any, installation: str) -> str:
    answer = client.get(f"/installations/{installation}")
    assert answer.status_code == 200
    return str(answer.text)


def press(web: Any, client: Any, installation: str, what: str, **fields: str) -> Any:
    form = f"/installations/{installation}"
    return web.post(client, f"{form}/backfill", form_on=form, what=what, **fields)


def row_of(web: Any, installation: str) -> Backfill:
    with web.parts.database.read() as session:
        row = backfills.get(session, installation)
        assert row is not None
        return row


@pytest.fixture
def connected(web: Any) -> tuple[Any, str]:
    return web.admin(), web.installation("zendesk")


def test_it_is_begun_with_days_and_a_share(web: Any, connected: tuple[Any, str]) -> None:
    client, installation = connected
    assert 'name="since" required value="2026-01-31"' in page(client, installation)

    answer = press(web, client, installation, "begin", since="2026-02-01", until="2026-02-20", share="25")

    assert answer.status_code == 302
    row = row_of(web, installation)
    assert (row.since, row.until) == (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 2, 21, tzinfo=UTC))
    assert (row.share, row.state, row.cursor) == (25, BackfillState.RUNNING, "")
    shown = page(client, installation)
    assert "the helpdesk lists them first" in shown
    assert "at most 25% of the helpdesk's limits" in shown
    assert [entry[1] for entry in web.audited()][-1] == "begin backfill"


def test_without_an_end_it_goes_up_to_now(web: Any, connected: tuple[Any, str]) -> None:
    client, installation = connected
    press(web, client, installation, "begin", since="2026-02-01", until="2026-03-02", share="1000")
    row = row_of(web, installation)
    assert (row.until, row.share) == (web.clock() - timedelta(minutes=2), 50)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"since": ""}, "name the day"),
        ({"since": "yesterday"}, "written like"),
        ({"since": "2026-03-09"}, "must lie before"),
        ({"since": "2026-01-01", "until": "9999-12-31"}, "written like"),
    ],
)
def test_what_cannot_be_is_said(web: Any, connected: tuple[Any, str], fields: dict[str, str], words: str) -> None:
    client, installation = connected
    press(web, client, installation, "begin", **fields)
    assert words in page(client, installation)
    with web.parts.database.read() as session:
        assert backfills.get(session, installation) is None


def test_paused_resumed_given_up(web: Any, connected: tuple[Any, str]) -> None:
    client, installation = connected
    press(web, client, installation, "begin", since="2026-02-01")
    press(web, client, installation, "pause")
    assert row_of(web, installation).state == BackfillState.PAUSED
    assert "Go on" in page(client, installation)
    press(web, client, installation, "pause")
    assert "it does not run" in page(client, installation)
    press(web, client, installation, "resume")
    assert row_of(web, installation).state == BackfillState.RUNNING
    press(web, client, installation, "drop")
    assert "Read the history" in page(client, installation)
    press(web, client, installation, "drop")
    assert "there is no backfill" in page(client, installation)
    assert [entry[1] for entry in web.audited()][-4:] == [
        "begin backfill", "pause backfill", "resume backfill", "drop backfill"
    ]  # fmt: skip


def test_how_far_it_is_and_why_it_stands(web: Any, connected: tuple[Any, str]) -> None:
    client, installation = connected
    press(web, client, installation, "begin", since="2026-02-01")
    now = web.clock()
    with web.parts.database.begin() as session:
        row = backfills.get(session, installation, lock=True)
        assert row is not None
        row.counts = {
            "found": 10,
            "stored": 6,
            "calls": 3,
            "left out: deleted on the helpdesk": 2,
            "read singly: chat": 1,
        }
        row.milliseconds, row.error, row.wait_until = 60_000, "HTTP 429", now + timedelta(minutes=1)
        heads = [Kept(str(n), HEAD, {}, now) for n in range(2)]
        assert backfills.put_aside(session, installation, heads) == 2

    shown = page(client, installation)
    for words in ("8 of 10 conversations", "8 a minute, about 1 minutes left", "3, 0.38 for each conversation",
                  "Left out, deleted on the helpdesk", "Read by themselves, chat", "HTTP 429"):  # fmt: skip
        assert words in shown, words
    with web.parts.database.begin() as session:
        row = backfills.get(session, installation, lock=True)
        assert row is not None
        row.state, row.error = BackfillState.FAILED, "needs the token of an admin"
    assert "needs the token of an admin" in page(client, installation)


def test_nothing_of_it_for_files_and_unknown_words(web: Any, connected: tuple[Any, str]) -> None:
    client, installation = connected
    assert press(web, client, installation, "explode").status_code == 400
    file = web.installation("intercom", account="file", options={IMPORTED: True})
    token = web.csrf(client, f"/installations/{installation}")
    assert (
        client.post(f"/installations/{file}/backfill", data={"csrf_token": token, "what": "begin"}).status_code == 404
    )
    assert "Read the history" not in page(client, file)
