"""Zendesk's lists of what went away: their order, their pages, and what a token may not see."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.base import Change, Signal
from connectors.errors import Rejected
from connectors.exported import LeftOut, Why
from connectors.history import Scope
from connectors.http import ApiRequest
from connectors.zendesk import watching
from connectors.zendesk.exported_heads import Listed
from connectors.zendesk.payloads import Record
from connectors.zendesk.sandbox import Sandbox

SINCE = datetime(2026, 3, 2, tzinfo=UTC)
START = int(SINCE.timestamp())


def walk(bodies: dict[str, list[Any]]) -> tuple[list[Change], list[str]]:
    """All changes, and the paths that were asked for, in order."""
    asked: list[str] = []

    def send(request: ApiRequest) -> Record:
        asked.append(request.path.rpartition("v2/")[2])
        body = bodies[asked[-1]].pop(0)
        if isinstance(body, Exception):
            raise body
        return dict(body)

    found: list[Change] = []
    place: str | None = ""
    while place is not None:
        page = watching.changes(send, SINCE, place)
        found += page.found
        place = page.place
    return found, asked


TICKETS, EVENTS, USERS = "incremental/tickets/cursor", "incremental/ticket_events", "incremental/users/cursor"


def test_all_three_lists_page_by_page() -> None:
    merged = {"id": 4, "status": "closed", "tags": ["closed_by_merge"]}
    follow_up = {**merged, "id": 5, "via": {"source": {"rel": "follow_up", "from": {"ticket_id": 4}}}}
    found, asked = walk(
        {
            TICKETS: [
                {"tickets": [{"id": 1, "status": "deleted"}, {"id": 2, "status": "open"}], "after_cursor": "c"},
                {"tickets": [{"id": 3, "status": "scrubbed"}, merged, follow_up], "after_cursor": "d",
                 "end_of_stream": True},
            ],
            EVENTS: [
                {"ticket_events": [{"ticket_id": 6, "child_events": [{"event_type": "CommentRedactionEvent"}]}],
                 "end_time": START},
                {"ticket_events": [{"ticket_id": 7, "child_events": [{"event_type": "Comment"}]}], "end_time": None},
            ],
            USERS: [{"users": [{"id": 8, "active": False}, {"id": 9, "active": True}], "end_of_stream": True}],
        }
    )  # fmt: skip
    assert found == [
        Change(Signal.DELETED, "1"),
        Change(Signal.DELETED, "3"),
        Change(Signal.ENDED, "4"),
        Change(Signal.REDACTED, "6"),
        Change(Signal.CONTACT_DELETED, "8"),
    ]
    assert asked == [TICKETS, TICKETS, EVENTS, EVENTS, USERS]


def test_an_agent_sees_deleted_tickets_and_not_for_ever() -> None:
    gone = {"deleted_tickets": [{"id": 1, "deleted_at": "2026-03-02T10:00:00Z"}, {"id": 2, "deleted_at": "2026-03-01"}]}
    more = {**gone, "meta": {"has_more": True, "after_cursor": "c"}}
    found, asked = walk({TICKETS: [Rejected("403")], "deleted_tickets": [more] * 20, EVENTS: [Rejected("403")],
                         USERS: [Rejected("403")]})  # fmt: skip
    assert set(found) == {Change(Signal.DELETED, "1")}
    assert asked.count("deleted_tickets") == watching.DELETED_PAGES
    assert asked[-2:] == [EVENTS, USERS]


@pytest.mark.parametrize("words", ["", "nonsense:4"])
def test_an_unknown_place_is_the_beginning(words: str) -> None:
    assert watching.Place.read(words) == watching.Place()


def test_a_merged_ticket_is_left_out_of_the_past() -> None:
    merged = {"id": 4, "status": "closed", "tags": ["closed_by_merge"], "updated_at": "2026-03-02T10:00:00Z"}
    listed = Listed({"tickets": [merged, {**merged, "id": 5, "tags": ["vip"]}]})
    kept, left_out = listed.wanted(Scope(SINCE, SINCE + timedelta(days=1)))
    assert [ticket["id"] for ticket in kept] == [5]
    assert left_out == [LeftOut("4", Why.MERGED)]


def test_who_went_into_whom(connect: Any) -> None:
    """The one who is no longer active went into the one who is; nothing when that is not clear."""
    with Sandbox() as sandbox:
        client = connect(sandbox)
        ann, bob = (str(sandbox.account.add_user("end-user", name=name)["id"]) for name in ("ann", "bob"))
        assert client.merged([ann]) == {}
        assert client.merged([ann, bob]) == {}
        sandbox.account.users[int(ann)]["active"] = False
        assert client.merged([ann, bob]) == {ann: bob}
        client.ping()
