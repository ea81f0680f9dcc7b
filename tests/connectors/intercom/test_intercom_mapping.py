"""From Intercom's bodies to our conversation: who said what, when, and what happened around it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.intercom import mapping, payloads
from connectors.intercom.authors import Bots
from connectors.intercom.written import already_there
from service.conversation import Channel, Conversation, EventKind, Feedback, Initiator, Role, episodes
from service.writeback import WrittenNote

NOTE = "Deskmark: outcome likely (definitions 1, times UTC)\n- a reason\nref 0123abcd-1"


def read(body: dict[str, Any], contact: dict[str, Any] | None = None, **more: Any) -> Conversation:
    shape = payloads.Conversation.model_validate(body)
    known = None if contact is None else payloads.Contact.model_validate(contact)
    return mapping.conversation(shape, known, **{"bots": Bots(), "account": "acme", **more})


def roles(read_as: Conversation) -> list[str]:
    return [message.role.value for message in read_as.messages]


def kinds(read_as: Conversation) -> list[str]:
    return [event.kind for event in read_as.events]


@pytest.fixture(scope="module")
def at(intercom: SimpleNamespace) -> Callable[[int], datetime]:
    return lambda minutes: datetime.fromtimestamp(intercom.start + 60 * minutes, UTC)


def test_the_source_is_the_first_message(intercom: SimpleNamespace, at: Callable[[int], datetime]) -> None:
    found = read(intercom.conversation(intercom.part(1, intercom.fin, "try another bulb")))
    assert roles(found) == ["customer", "bot"]
    assert found.messages[0].text == "my lamp is broken"
    assert [message.at for message in found.messages] == [at(0), at(1)]
    assert (found.helpdesk, found.account, found.id, found.channel) == ("intercom", "acme", "700", Channel.MESSAGING)
    assert found.opened_at == at(0)


@pytest.mark.parametrize(
    ("author", "role"),
    [
        ({"type": "user"}, Role.CUSTOMER),
        ({"type": "lead"}, Role.CUSTOMER),
        ({"type": "contact"}, Role.CUSTOMER),
        ({"type": "admin", "id": "5"}, Role.AGENT),
        ({"type": "team", "id": "5"}, Role.AGENT),
        ({"type": "bot"}, Role.BOT),
        ({"type": "admin", "from_ai_agent": True}, Role.BOT),
        ({"type": "admin", "email": "Operator+xyz@intercom.io"}, Role.BOT),
        ({"type": "admin", "id": "77"}, Role.BOT),
        ({"type": "admin", "email": "helper@bots.example"}, Role.BOT),
        ({"type": "user", "email": "operator+me@intercom.io"}, Role.CUSTOMER),
        ({"type": "something_new"}, Role.UNKNOWN),
        ({}, Role.UNKNOWN),
        (None, Role.UNKNOWN),
    ],
)
def test_roles_come_from_the_author_record(intercom: SimpleNamespace, author: Any, role: Role) -> None:
    bots = Bots.of({"bot_author_ids": [77], "bot_email_patterns": "*@bots.example"})
    found = read(intercom.conversation(intercom.part(1, author, "hello")), bots=bots)
    assert found.messages[1].role is role


def test_a_tag_on_a_part_can_mark_a_bot(intercom: SimpleNamespace) -> None:
    bots = Bots.of({"bot_tags": ["robot"]})
    marked = intercom.part(1, intercom.agent, "beep", tags=[{"id": "1", "name": "robot"}])
    found = read(intercom.conversation(marked, intercom.part(2, intercom.agent, "hello")), bots=bots)
    assert roles(found) == ["customer", "bot", "agent"]


def test_a_greeting_by_the_bot_and_a_campaign_are_not_the_customer(intercom: SimpleNamespace) -> None:
    greeting = {
        "type": "conversation",
        "body": "Hi!",
        "author": intercom.workflow,
        "delivered_as": "operator_initiated",
    }
    assert roles(read(intercom.conversation(source=greeting))) == ["bot"]
    campaign = {"type": "conversation", "body": "Sale!", "author": intercom.agent, "delivered_as": "automated"}
    assert roles(read(intercom.conversation(source=campaign))) == ["system"]
    assert roles(read(intercom.conversation(source=None))) == []


def test_any_part_with_a_text_is_a_message_but_a_system_part_never_is(intercom: SimpleNamespace) -> None:
    agent = intercom.agent
    found = read(
        intercom.conversation(
            intercom.part(1, agent, "opening words", part_type="open"),
            intercom.part(2, agent, "assigning words", part_type="assignment"),
            intercom.part(3, agent, "closing words", part_type="close"),
            intercom.part(4, agent, "unheard of", part_type="brand_new_type"),
            intercom.part(5, agent, "noise", part_type="operator_workflow_event"),
            intercom.part(5, agent, "we reply in a day", part_type="channel_and_reply_time_expectation"),
            intercom.part(5, agent, "great service", part_type="conversation_rating_remark"),
            intercom.part(6, agent, None, part_type="snoozed"),
            intercom.part(7, agent, "for us only", part_type="note"),
            intercom.part(8, intercom.customer, None, attachments=[{"name": "lamp.jpg", "url": "u"}]),
        )
    )
    assert [m.text for m in found.messages[1:]] == [
        "opening words", "assigning words", "closing words", "unheard of", "for us only", "",
    ]  # fmt: skip
    assert [m.internal for m in found.messages] == [False] * 5 + [True, False]
    assert found.messages[-1].attachments == ("lamp.jpg",)


def test_parts_are_ordered_by_time_then_position(intercom: SimpleNamespace) -> None:
    late, early = intercom.part(9, intercom.fin, "late"), intercom.part(2, intercom.fin, "early")
    undated = intercom.part(9, intercom.fin, "undated", created_at=None, id="x")
    found = read(intercom.conversation(late, undated, early))
    assert [m.text for m in found.messages[1:]] == ["early", "late", "undated"]


@pytest.mark.parametrize(
    ("source_type", "channel"),
    [("email", Channel.EMAIL), ("whatsapp", Channel.SOCIAL), ("phone_call", Channel.PHONE), ("new", Channel.UNKNOWN)],
)
def test_channels(intercom: SimpleNamespace, source_type: str, channel: Channel) -> None:
    body = intercom.conversation()
    body["source"] = {**body["source"], "type": source_type}
    assert read(body).channel is channel


def test_markup_becomes_text_and_a_customers_angle_brackets_stay(intercom: SimpleNamespace) -> None:
    found = read(
        intercom.conversation(
            intercom.part(1, intercom.fin, "<p>first</p><p>second &amp; last</p>"),
            intercom.part(2, intercom.customer, "it says <div> error\nin line 2"),
        )
    )
    assert found.messages[1].text.split() == ["first", "second", "&", "last"]
    assert found.messages[2].text == "it says <div> error\nin line 2"


def test_an_email_loses_its_history_and_an_answering_machine_is_no_customer(intercom: SimpleNamespace) -> None:
    quoted = "The lamp is back.\n\nOn Mon, 2 Mar 2026 at 09:00, Kim <kim@example.com> wrote:\n> Hello Ada"
    away = "I am out of the office until Monday. For urgent matters please call."
    source = {"type": "email", "subject": "Lamp", "body": quoted, "author": intercom.customer}
    found = read(intercom.conversation(intercom.part(1, intercom.customer, away), source=source))
    assert (found.subject, found.messages[0].text) == ("Lamp", "The lamp is back.")
    assert roles(found) == ["customer", "system"]
    by_mail = intercom.part(1, intercom.customer, quoted, email_message_metadata={"subject": "Re"})
    assert read(intercom.conversation(by_mail)).messages[1].text == "The lamp is back."


def test_a_redacted_message_keeps_its_place_without_its_text(intercom: SimpleNamespace) -> None:
    gone = intercom.part(1, intercom.customer, "This message was removed", redacted=True)
    found = read(intercom.conversation(gone))
    assert (roles(found), found.messages[1].text) == (["customer", "customer"], "")
    assert kinds(found) == ["redacted"]


def test_more_parts_than_were_given_means_truncated(intercom: SimpleNamespace) -> None:
    body = intercom.conversation(intercom.part(1, intercom.fin, "hi"))
    assert read(body).truncated is False
    body["conversation_parts"]["total_count"] = 501
    assert read(body).truncated is True


def test_our_own_writes_are_left_out_of_the_conversation(intercom: SimpleNamespace) -> None:
    body = intercom.conversation(
        intercom.part(1, intercom.agent, NOTE, part_type="note"),
        intercom.part(2, intercom.agent, NOTE.replace("\n", " "), part_type="note"),
        tags={"tags": [{"id": "1", "name": "dm__resolution__likely"}, {"id": "2", "name": "vip"}]},
        custom_attributes={"dm_effort": 3, "plan": "gold"},
        ai_agent={"resolution_state": "escalated", "last_answer_type": "ai_answer", "rating": None},
    )
    found = read(body)
    assert (len(found.messages), found.tags) == (1, ("vip",))
    assert found.attributes == {
        "plan": "gold", "ai_agent.resolution_state": "escalated", "ai_agent.last_answer_type": "ai_answer",
    }  # fmt: skip
    there = already_there(payloads.Conversation.model_validate(body), ["dm_effort", "dm_outcome", "plan"])
    assert there.tags == ("dm__resolution__likely", "vip")
    assert there.fields == {"dm_effort": 3, "dm_outcome": None}
    assert there.notes == (WrittenNote("0123abcd-1", "outcome likely"),) * 2
    assert there.version == str(intercom.start + 3600)


@pytest.mark.parametrize(
    ("given_value", "read_value"),
    [(85.0, 85), (85, 85), ("", None), (None, None), ("likely", "likely"), (True, "True")],
)
def test_our_attributes_as_read_back(intercom: SimpleNamespace, given_value: Any, read_value: Any) -> None:
    body = intercom.conversation(custom_attributes={"dm_effort": given_value}, updated_at=None)
    there = already_there(payloads.Conversation.model_validate(body), ["dm_effort"])
    assert (there.fields, there.version) == ({"dm_effort": read_value}, None)


def test_contact_and_verified_email(intercom: SimpleNamespace) -> None:
    body = intercom.conversation()
    assert read(body).contact.id == "c1"
    assert read(body).contact.external_id == "x-1"
    known = {"id": "c1", "email": " Ada@Example.com ", "role": "user"}
    trusted = read(body, known, email_verified=True).contact
    assert (trusted.email, trusted.email_verified) == ("ada@example.com", True)
    assert read(body, {"id": "c1", "email": None}, email_verified=True).contact.email_verified is False
    assert read(intercom.conversation(contacts=None)).contact.id is None


def test_team_names(intercom: SimpleNamespace) -> None:
    to_team = intercom.part(1, intercom.agent, part_type="assignment", assigned_to={"type": "team", "id": "50"})
    body = intercom.conversation(to_team, team_assignee_id=50)
    named, bare = read(body, teams={"50": "returns"}), read(body)
    assert (named.inbox, named.events[0].target) == ("returns", "returns")
    assert (bare.inbox, bare.events[0].target) == ("50", "50")
    assert mapping.names_a_team(payloads.Conversation.model_validate(body))
    assert not mapping.names_a_team(payloads.Conversation.model_validate(intercom.conversation()))


# --- ratings and what Fin says of itself


def test_the_rating_of_the_conversation_comes_before_that_of_fin(
    intercom: SimpleNamespace, at: Callable[[int], datetime]
) -> None:
    asked = {"rating": None, "created_at": intercom.start}
    given_rating = {"rating": 2, "remark": "meh", "created_at": intercom.start, "updated_at": intercom.start + 60}
    fin = {"rating": 5, "rating_remark": "", "created_at": intercom.start + 120}
    assert read(intercom.conversation(conversation_rating=asked)).rating is None
    rated = read(intercom.conversation(conversation_rating=given_rating, ai_agent=fin))
    assert rated.rating is not None
    assert (rated.rating.score, rated.rating.scale, rated.rating.comment, rated.rating.at) == (2, "1-5", "meh", at(1))
    assert (rated.events[-1].kind, rated.events[-1].by) == (EventKind.RATED, Initiator.CUSTOMER)
    by_fin = read(intercom.conversation(conversation_rating=asked, ai_agent=fin)).rating
    assert by_fin is not None
    assert (by_fin.score, by_fin.comment, by_fin.at) == (5, None, at(2))


@pytest.mark.parametrize(
    ("state", "feedback"),
    [
        ("confirmed_resolution", Feedback.HELPFUL),
        ("negative_feedback", Feedback.UNHELPFUL),
        ("assumed_resolution", None),
    ],
)
def test_sources_and_feedback_stand_on_fins_last_answer(
    intercom: SimpleNamespace, state: str, feedback: Feedback | None
) -> None:
    answer = {**intercom.fin, "is_ai_answer": True}
    sources = {"content_sources": [{"url": "https://help/1", "title": "One"}, {"title": "Two"}, {}]}
    found = read(
        intercom.conversation(
            intercom.part(1, answer, "first answer"),
            intercom.part(2, answer, "second answer"),
            intercom.part(3, intercom.fin, "anything else?"),
            ai_agent={"resolution_state": state, "content_sources": sources},
        )
    )
    assert [m.feedback for m in found.messages] == [None, None, feedback, None]
    assert found.messages[2].bot is not None
    assert found.messages[2].bot.sources == ("https://help/1", "Two")
    assert found.messages[1].bot is None


# --- events


def to(kind: str, number: str | None) -> dict[str, Any]:
    return {"part_type": "assignment", "assigned_to": {"type": kind, "id": number}}


def test_an_assignment_after_the_bot_is_the_handoff(intercom: SimpleNamespace, at: Callable[[int], datetime]) -> None:
    found = read(
        intercom.conversation(
            intercom.part(1, intercom.fin, "hello"),
            intercom.part(2, intercom.workflow, **to("team", "50")),
            intercom.part(3, intercom.agent, **to("admin", "31")),
            intercom.part(4, intercom.agent, "Kim here"),
        )
    )
    assert [(e.kind, e.by, e.at, e.origin, e.target) for e in found.events] == [
        ("handoff", Initiator.BOT, at(2), "bot", "50"),
        ("assigned", Initiator.AGENT, at(3), None, "31"),
    ]


def test_without_an_assignment_the_first_human_message_is_the_handoff(
    intercom: SimpleNamespace, at: Callable[[int], datetime]
) -> None:
    parts = (intercom.part(1, intercom.fin, "hello"), intercom.part(4, intercom.agent, "Kim here"))
    taken = read(intercom.conversation(*parts))
    assert [(e.kind, e.by, e.at) for e in taken.events] == [("handoff", Initiator.AGENT, at(4))]
    given_away = read(intercom.conversation(*parts, ai_agent={"resolution_state": "Routed_To_Team"}))
    assert [(e.kind, e.by, e.at) for e in given_away.events] == [("handoff", Initiator.BOT, at(4))]


def test_the_moment_the_resolution_state_was_set_is_the_handoff(
    intercom: SimpleNamespace, at: Callable[[int], datetime]
) -> None:
    details = {"attribute": {"name": "Fin AI Agent resolution state"}, "value": {"name": "Routed to team"}}
    changed = {"part_type": "conversation_attribute_updated_by_workflow", "event_details": details}
    other = {**changed, "event_details": {"attribute": {"name": "Language"}, "value": {"name": "escalated"}}}
    attributes = {"Fin AI Agent resolution state": "Routed to team"}
    early = (
        intercom.part(1, intercom.fin, "hello"),
        intercom.part(2, intercom.workflow, **changed),
        intercom.part(3, intercom.workflow, **other),
    )
    answered = read(
        intercom.conversation(*early, intercom.part(5, intercom.agent, "Kim"), custom_attributes=attributes)
    )
    assert [(e.kind, e.by, e.at) for e in answered.events] == [("handoff", Initiator.BOT, at(2))]
    waiting = read(intercom.conversation(*early, custom_attributes=attributes))
    assert [(e.kind, e.by, e.at) for e in waiting.events] == [("handoff", Initiator.BOT, at(2))]


def test_an_escalated_state_alone_is_a_handoff_without_a_time(intercom: SimpleNamespace) -> None:
    found = read(
        intercom.conversation(
            intercom.part(1, intercom.fin, "hello"), ai_agent={"resolution_state": "negative_feedback"}
        )
    )
    assert [(e.kind, e.by, e.at) for e in found.events] == [("handoff", Initiator.CUSTOMER, None)]
    assert kinds(read(intercom.conversation(ai_agent={"resolution_state": "escalated"}))) == []


def test_humans_only_have_assignments_and_transfers(intercom: SimpleNamespace) -> None:
    found = read(
        intercom.conversation(
            intercom.part(1, intercom.workflow, **to("team", "50")),
            intercom.part(2, intercom.agent, "Kim here"),
            intercom.part(3, intercom.agent, **to("admin", "31")),
            intercom.part(4, intercom.agent, **to("admin", "32")),
            intercom.part(5, intercom.other_agent, **to("team", "51")),
            intercom.part(6, intercom.other_agent, "Lou here"),
            intercom.part(7, intercom.other_agent, **to("nobody_admin", None)),
        )
    )
    assert [(e.kind, e.origin, e.target) for e in found.events] == [
        ("assigned", None, "50"),
        ("assigned", None, "31"),
        ("transferred", "31", "32"),
        ("assigned", None, "51"),
    ]


def test_given_back_to_the_bot_and_handed_off_again(intercom: SimpleNamespace) -> None:
    found = read(
        intercom.conversation(
            intercom.part(1, intercom.fin, "hello"),
            intercom.part(2, intercom.agent, "Kim here"),
            intercom.part(3, intercom.agent, **to("admin", "9")),
            intercom.part(4, intercom.fin, "back again"),
            intercom.part(5, intercom.agent, "and me again"),
        )
    )
    assert kinds(found) == ["handoff", "assigned", "handoff"]


def test_closing_and_reopening(intercom: SimpleNamespace, at: Callable[[int], datetime]) -> None:
    closing = {"part_type": "close"}
    found = read(
        intercom.conversation(
            intercom.part(1, intercom.fin, "hello"),
            intercom.part(2, intercom.fin, None, **closing),
            intercom.part(3, intercom.customer, "still broken", part_type="open"),
            intercom.part(4, intercom.agent, "Kim here"),
            intercom.part(5, intercom.agent, "done", **closing),
        )
    )
    assert [(e.kind, e.by) for e in found.events] == [
        ("closed", Initiator.BOT),
        ("reopened", Initiator.CUSTOMER),
        ("handoff", Initiator.AGENT),
        ("closed", Initiator.AGENT),
    ]
    assert found.closed_at == at(5)
    first, second = episodes(found)
    assert [m.text for m in first.messages] == ["my lamp is broken", "hello"]
    assert [m.text for m in second.messages] == ["still broken", "Kim here", "done"]
    assert (first.closed_at, second.closed_at) == (at(2), at(5))


def test_a_customers_comment_into_a_closed_conversation_reopens_it(intercom: SimpleNamespace) -> None:
    closed = intercom.part(1, intercom.agent, part_type="close")
    reopening = intercom.part(2, intercom.customer, "hello?", state="open")
    assert kinds(read(intercom.conversation(closed, reopening))) == ["closed", "reopened"]


def test_what_a_human_had_taken_over_is_not_handed_off_again(intercom: SimpleNamespace) -> None:
    found = read(
        intercom.conversation(
            intercom.part(1, intercom.fin, "hello"),
            intercom.part(2, intercom.agent, "Kim here"),
            intercom.part(3, intercom.agent, part_type="close"),
            intercom.part(4, intercom.customer, "again", part_type="open"),
            intercom.part(5, intercom.other_agent, "Lou here"),
        )
    )
    assert kinds(found) == ["handoff", "closed", "reopened"]


def test_an_answering_machine_reopens_nothing(intercom: SimpleNamespace) -> None:
    away = "This is an automatic reply. I am out of the office until Monday."
    source = {"type": "email", "subject": "Lamp", "body": "The lamp is broken", "author": intercom.customer}
    closed = intercom.part(1, intercom.agent, "Sent you a new one", part_type="close")
    answer = intercom.part(2, intercom.customer, away, part_type="open")
    found = read(intercom.conversation(closed, answer, source=source))
    assert (kinds(found), roles(found)) == (["closed"], ["customer", "agent", "system"])


def test_the_reply_to_an_outbound_message_reopens_nothing(intercom: SimpleNamespace) -> None:
    opened = intercom.part(1, intercom.customer, "thanks", part_type="open")
    body = intercom.conversation(opened)
    assert kinds(read(body)) == []
    body["conversation_parts"]["total_count"] = 600
    assert kinds(read(body)) == ["reopened"]


def test_when_it_closed(intercom: SimpleNamespace, at: Callable[[int], datetime]) -> None:
    statistics = {"last_close_at": intercom.start + 180}
    assert read(intercom.conversation(statistics=statistics)).closed_at == at(3)
    assert read(intercom.conversation(statistics=None)).closed_at is None
    assert read(intercom.conversation(state="open", statistics=statistics)).closed_at is None


@pytest.mark.parametrize(
    ("action", "found"),
    [
        ({"name": "refund", "result": "success"}, [("action_completed", "refund")]),
        ({"name": None, "result": "failed"}, [("action_failed", None)]),
        ({"name": "refund", "result": "new"}, []),
        (None, []),
    ],
)
def test_actions(intercom: SimpleNamespace, action: Any, found: list[tuple[str, str | None]]) -> None:
    finished = {"part_type": "custom_action_finished", "event_details": {"action": action}}
    events = read(intercom.conversation(intercom.part(1, intercom.workflow, **finished))).events
    assert [(e.kind, e.target) for e in events] == found


# --- nothing raises

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
PART_KEYS = list(payloads.Part.model_fields)
KEYS = list(payloads.Conversation.model_fields)


@given(
    body=st.dictionaries(st.sampled_from(KEYS), json_values),
    parts=st.lists(st.dictionaries(st.sampled_from(PART_KEYS), json_values), max_size=4),
)
def test_no_body_raises(body: dict[str, Any], parts: list[dict[str, Any]]) -> None:
    body = {**body, "conversation_parts": {"conversation_parts": parts, "total_count": "many"}}
    found = read(body, {"id": 3, "tags": 4})
    assert len(found.messages) <= len(parts) + 1
    already_there(payloads.Conversation.model_validate(body), ["dm_effort"])


def test_bot_options_take_lists_and_words() -> None:
    assert Bots.of({"bot_author_ids": "1, 2", "bot_tags": 7}).ids == {"1", "2"}
    assert Bots.of({}).tags == frozenset()


def test_huge_and_odd_values_are_dropped(intercom: SimpleNamespace) -> None:
    found = read(intercom.conversation(created_at=10**20, id=True, state=3))
    assert (found.opened_at, found.id) == (None, "")
    assert payloads.Conversation.model_validate({"created_at": float("inf")}).created_at is None
    assert payloads.Conversation.model_validate({"created_at": "soon"}).created_at is None
    assert payloads.Conversation.model_validate({"created_at": "1790000000"}).created_at is not None
