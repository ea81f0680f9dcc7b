"""Zendesk's exports as conversations: the account's JSON export, pages and single records of the API, ticket events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.exported import LeftOut, NotUsable, Terms, Why
from connectors.shelf import Shelf
from connectors.zendesk.exported import ZendeskExport
from service.conversation import Conversation, EventKind, Initiator, Role

ADA, BO, BOT, CY = 501, 900, 800, 901


def comment(number: int, author: int, body: str, minute: int, **more: Any) -> dict[str, Any]:
    at = f"2026-01-05T09:{minute:02}:00Z"
    return {"id": number, "author_id": author, "body": body, "public": True, "created_at": at,
            "via": {"channel": "web"}, **more}  # fmt: skip


def ticket(number: int = 11, **more: Any) -> dict[str, Any]:
    """A ticket as Admin Center's export has it: people and group inside, comments, metrics."""
    return {
        "url": f"https://acme.zendesk.com/api/v2/tickets/{number}.json",
        "id": number,
        "via": {"channel": "web"},
        "created_at": "2026-01-05T09:00:00Z",
        "updated_at": "2026-01-09T09:00:00Z",
        "subject": "Late parcel",
        "status": "closed",
        "requester": {"id": ADA, "name": "Ada", "email": "ada@example.com", "role": "end-user", "verified": True},
        "assignee": {"id": BO, "name": "Bo", "email": "bo@acme.example"},
        "group": {"id": 77, "name": "Parcels"},
        "metric_set": {
            "solved_at": "2026-01-05T09:30:00Z",
            "assigned_at": "2026-01-05T09:05:00Z",
            "initially_assigned_at": "2026-01-05T09:05:00Z",
        },
        "tags": ["vip"],
        "comments": [
            comment(1, ADA, "Where is my parcel?", 0),
            comment(2, BOT, "Parcels take five days.", 1),
            comment(3, BO, "What is your order number?", 20),
        ],
        **more,
    }


def read(records: Iterable[object], **terms: Any) -> Iterator[Conversation | LeftOut]:
    with Shelf() as shelf:
        export = ZendeskExport(shelf, Terms(**terms))
        for value in records:
            export.take(value)
        yield from export.conversations()


def one(*records: object, **terms: Any) -> Conversation:
    (found,) = read(records, **terms)
    assert isinstance(found, Conversation)
    return found


def roles(conversation: Conversation) -> list[Role]:
    return [message.role for message in conversation.messages]


def at(minute: int) -> datetime:
    return datetime(2026, 1, 5, 9, minute, tzinfo=UTC)


def test_a_ticket_of_the_full_export() -> None:
    found = one(ticket(), bot_authors=(str(BOT),))
    assert found.key == ("zendesk", "acme", "11")
    assert roles(found) == [Role.CUSTOMER, Role.BOT, Role.AGENT]
    assert (found.contact.id, found.contact.email, found.contact.email_verified) == ("501", "ada@example.com", True)
    assert found.inbox == "Parcels"
    assert found.messages[2].author.group == "Parcels"
    assert (found.opened_at, found.closed_at) == (at(0), at(30))
    assert [(event.kind, event.at) for event in found.events] == [
        (EventKind.HANDOFF, at(5)),
        (EventKind.CLOSED, at(30)),
    ]


def test_who_is_neither_customer_nor_known_stays_unknown() -> None:
    assert roles(one(ticket())) == [Role.CUSTOMER, Role.UNKNOWN, Role.AGENT]


@pytest.mark.parametrize(
    "user",
    [
        {"id": BOT, "email": "assistant@acme.example", "role": "agent"},
        {"id": BOT, "email": "Assistant@acme.example", "active": True, "role": "admin"},
    ],
)
def test_bots_by_the_address_in_their_user_record(user: dict[str, Any]) -> None:
    assert roles(one(ticket(), user, bot_authors=("assistant@*",)))[1] is Role.BOT
    assert roles(one(ticket(), {"users": [user]}, bot_authors=("assistant@*",)))[1] is Role.BOT
    submitter = {"submitter": {"id": BOT, "email": "assistant@acme.example"}}
    assert roles(one(ticket(**submitter), bot_authors=("assistant@*",)))[1] is Role.BOT


def test_writing_an_internal_note_anywhere_makes_an_agent() -> None:
    first = ticket(assignee=None, group=None, metric_set=None)
    second = ticket(12, comments=[comment(9, BO, "he called", 3, public=False)])
    found = list(read([first, second]))
    assert isinstance(found[0], Conversation)
    assert roles(found[0])[2] is Role.AGENT
    assert isinstance(found[1], Conversation)
    assert found[1].messages[0].internal


def test_without_metrics_a_ticket_is_solved_with_its_last_comment() -> None:
    found = one(ticket(metric_set=None))
    assert found.closed_at == at(20)
    assert EventKind.HANDOFF not in [event.kind for event in found.events]


def test_several_assignments_are_not_guessed() -> None:
    times = {"solved_at": "2026-01-05T09:30:00Z", "assigned_at": "2026-01-05T09:25:00Z",
             "initially_assigned_at": "2026-01-05T09:05:00Z"}  # fmt: skip
    found = one(ticket(metric_set=times), bot_authors=(str(BOT),))
    assert [event.kind for event in found.events] == [EventKind.CLOSED]


def test_a_rating_and_the_account_of_the_terms() -> None:
    found = one(ticket(satisfaction_rating={"score": "good", "comment": "thanks"}), account="other", account_group="g")
    assert found.rating is not None
    assert (found.rating.score, found.rating.comment) == ("good", "thanks")
    assert (found.account, found.account_group) == ("other", "g")
    assert one(ticket(url=None)).account == "default"


def test_audits_are_read_instead_of_comments_where_there_are_any() -> None:
    def audit(number: int, author: int, minute: int, *events: dict[str, Any]) -> dict[str, Any]:
        created = f"2026-01-05T09:{minute:02}:00Z"
        return {"id": number, "ticket_id": 11, "author_id": author, "created_at": created, "events": list(events),
                "via": {"channel": "web"}}  # fmt: skip

    said = audit(1, ADA, 0, {"id": 5, "type": "Comment", "author_id": ADA, "body": "Where is it?", "public": True})
    given_to = audit(2, CY, 3, {"id": 6, "type": "Change", "field_name": "assignee_id", "value": str(CY)})
    answer = audit(3, CY, 4, {"id": 7, "type": "Comment", "body": "It is here", "public": True})
    solved = audit(4, CY, 5, {"id": 8, "type": "Change", "field_name": "status", "value": "solved",
                              "previous_value": "open"})  # fmt: skip
    bare = ticket(comments=[comment(1, ADA, "not read", 0)], metric_set=None)
    for records in ([bare, answer, said, given_to, solved], [{"audits": [said, given_to, answer, solved]}, bare],
                    [{**bare, "audits": [said, given_to, answer, solved]}],
                    [{"ticket": bare, "audits": [said, given_to, answer, solved], "users": []}]):  # fmt: skip
        found = one(*records)
        assert [message.text for message in found.messages] == ["Where is it?", "It is here"]
        assert roles(found) == [Role.CUSTOMER, Role.AGENT]
        assert found.closed_at == at(5)


def test_pages_of_the_api() -> None:
    plain = ticket(comments=None, requester=None, assignee=None, group=None, metric_set=None)
    plain |= {"requester_id": ADA, "assignee_id": BO, "group_id": 77}
    found = one(
        {"tickets": [plain], "users": [{"id": ADA, "role": "end-user", "email": "ada@example.com"}], "count": 1},
        {"groups": [{"id": 77, "name": "Parcels"}]},
        {
            "comments": [comment(1, ADA, "Where is my parcel?", 0), comment(3, BO, "On its way", 9)],
            "links": {"next": None, "prev": "https://acme.zendesk.com/api/v2/tickets/11/comments.json?page=x"},
            "meta": {"has_more": False},
        },
    )
    assert roles(found) == [Role.CUSTOMER, Role.AGENT]
    assert found.inbox == "Parcels"
    single = one(
        plain,
        {**comment(1, ADA, "Hello", 0), "ticket_id": 11},
        {"url": "https://acme.zendesk.com/api/v2/groups/77.json", "id": 77, "name": "Parcels"},
    )
    assert [message.text for message in single.messages] == ["Hello"]
    assert single.inbox == "Parcels"
    bundle = {"ticket": plain, "comments": [comment(1, ADA, "Hello", 0)], "groups": [{"id": 77, "name": "Parcels"}]}
    assert one(bundle) == single


def test_incremental_ticket_events_with_comments() -> None:
    plain = ticket(comments=None, assignee=None, group=None, metric_set=None)

    def event(number: int, updater: int, minute: int, via: str, *children: dict[str, Any]) -> dict[str, Any]:
        stamp = int(at(minute).timestamp())
        return {"id": number, "ticket_id": 11, "timestamp": stamp, "updater_id": updater, "via": via,
                "child_events": list(children)}  # fmt: skip

    events = [
        event(1, ADA, 0, "Web form",
              {"id": 2, "event_type": "Comment", "body": "Where is it?", "public": True, "author_id": ADA},
              {"id": 3, "event_type": "Create", "status": "new", "group_id": 76}),
        event(4, BO, 5, "Web form", {"id": 5, "type": "Comment", "body": "It is here", "public": True},
              {"id": 6, "event_type": "Change", "status": "solved", "previous_value": "new", "via": "Web form"}),
        event(7, ADA, 8, "Mail", {"id": 8, "type": "Comment", "body": "It is not", "public": True,
                                  "via": {"channel": "email"}},
              {"id": 9, "event_type": "Change", "status": "open", "previous_value": "solved"}),
        event(10, BO, 9, "Web service", {"id": 11, "event_type": "Change", "field_name": "status", "value": "solved",
                                         "previous_value": "open"}, {"id": 12, "event_type": "Notification"}),
        event(13, -1, 10, "Rule", {"id": 14, "event_type": "Change", "status": "closed", "previous_value": "solved"},
              {"id": 15, "event_type": "Change", "group_id": 77, "previous_value": "76"}),
    ]  # fmt: skip
    found = one({"ticket_events": events, "end_of_stream": True}, plain, {"id": BO, "role": "agent", "email": "b@c.de"})
    assert [message.text for message in found.messages] == ["Where is it?", "It is here", "It is not"]
    assert roles(found) == [Role.CUSTOMER, Role.AGENT, Role.CUSTOMER]
    kinds = [(str(e.kind), e.at, e.by) for e in found.events]
    assert (EventKind.CLOSED, at(5), Initiator.AGENT) in kinds
    assert (EventKind.REOPENED, at(8), Initiator.CUSTOMER) in kinds
    assert (EventKind.TRANSFERRED, at(10), Initiator.RULE) in kinds
    assert found.closed_at == at(9)
    assert one(*events, plain, {"id": BO, "role": "agent", "email": "b@c.de"}) == found


def test_a_ticket_told_again_keeps_its_comments() -> None:
    again = {name: value for name, value in ticket(status="solved", subject="New").items() if name != "comments"}
    found = one(ticket(), again)
    assert found.subject == "New"
    assert len(found.messages) == 3


def test_a_conversation_log_is_read_where_it_was_saved() -> None:
    log = [
        {"id": "a", "created_at": "2026-01-05T09:00:00Z", "author": {"type": "user"}, "content": {"text": "hi"}},
        {"id": "b", "created_at": "2026-01-05T09:00:30Z", "author": {"type": "bot"}, "content": {"text": "hello"}},
    ]
    found = one(ticket(comments=[], conversation_log=log))
    assert roles(found) == [Role.CUSTOMER, Role.BOT]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "deleted"}, Why.DELETED),
        ({"status": "open"}, Why.OPEN),
        ({"comments": []}, Why.EMPTY),
        ({"tags": ["dm__ignore"]}, Why.OPTED_OUT),
        ({"requester": {"id": ADA, "role": "end-user", "tags": ["dm__ignore"]}}, Why.OPTED_OUT),
    ],
)
def test_what_does_not_come_out_says_why(change: dict[str, Any], why: Why) -> None:
    assert list(read([ticket(**change)])) == [LeftOut("11", why)]


def test_an_organisation_opts_out() -> None:
    organization = {"id": 4, "domain_names": [], "tags": ["dm__ignore"]}
    assert list(read([organization, ticket(organization={"id": 4})])) == [LeftOut("11", Why.OPTED_OUT)]
    assert list(read([ticket(organization_id=4), {"organizations": [organization]}])) == [LeftOut("11", Why.OPTED_OUT)]


def test_unended_conversations_on_request() -> None:
    found = one(ticket(status="open", metric_set=None), unended=True)
    assert found.closed_at is None


@pytest.mark.parametrize(
    "value",
    [17, "text", None, {}, {"id": 3}, {"status": "open", "requester_id": 1}, {"ticket": {}}, {"tickets": [{"a": 1}]}],
)
def test_anything_else_is_told(value: object) -> None:
    with pytest.raises(NotUsable):
        list(read([value]))


def test_the_number_of_tickets() -> None:
    with Shelf() as shelf:
        export = ZendeskExport(shelf, Terms())
        for value in (ticket(), ticket(), ticket(12)):
            export.take(value)
        assert len(export) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(ticket())), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(sorted(ticket())), JSON, max_size=6))
def test_no_ticket_ever_raises_anything_else(change: dict[str, Any]) -> None:
    try:
        found = list(read([ticket(**change)]))
    except NotUsable:
        return
    assert all(isinstance(item, Conversation | LeftOut) for item in found)
