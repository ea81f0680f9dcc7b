"""From a ticket's payloads to a conversation, with the words of the helpdesk left behind."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import Installation, Reading
from connectors.zendesk import payloads
from connectors.zendesk.mapping import Material, read_ticket
from connectors.zendesk.options import Options
from service.conversation import Channel, EventKind, Initiator, Role
from service.writeback import Writable

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CUSTOMER, AGENT, OTHER_AGENT, ROBOT = 501, 601, 602, 603

Read = Callable[..., Reading]
Audit = Callable[..., dict[str, Any]]


def comment(text: str, author: int | None = None, **more: Any) -> dict[str, Any]:
    return {"type": "Comment", "body": text, "public": True, **({"author_id": author} if author else {}), **more}


def change(name: str, new: Any, old: Any = None, kind: str = "Change") -> dict[str, Any]:
    return {"type": kind, "field_name": name, "value": new, "previous_value": old}


def chat(*entries: dict[str, Any], **value: Any) -> dict[str, Any]:
    return {"type": "ChatStartedEvent", "value": {"history": list(entries), **value}}


def said(index: int, actor: str, text: str, **more: Any) -> dict[str, Any]:
    at = round((BEGIN + timedelta(minutes=index)).timestamp() * 1000)
    return {"chat_index": index, "type": "ChatMessage", "actor_id": actor, "message": text, "timestamp": at, **more}


def roles(reading: Reading) -> list[str]:
    return [message.role.value for message in reading.conversation.messages]


def kinds(reading: Reading) -> list[str]:
    return [str(event.kind) for event in reading.conversation.events]


def test_comments_with_their_authors_teams_and_privacy(read: Read, audit: Audit) -> None:
    reading = read(
        audit(0, comment("hello", CUSTOMER), author=CUSTOMER),
        audit(1, comment("asking around", AGENT, public=False)),
        audit(2, change("group_id", "72", "71"), comment("hi", OTHER_AGENT)),
        audit(3, comment("", AGENT), comment("see photo", CUSTOMER, attachments=[{"file_name": "lamp.jpg"}])),
    )

    first, note, reply, photo = reading.conversation.messages
    assert roles(reading) == ["customer", "agent", "agent", "customer"]
    assert (note.internal, note.author.group) == (True, "care")
    assert reply.author.group == "billing"
    assert photo.attachments == ("lamp.jpg",)
    assert first.at == BEGIN
    assert reading.conversation.contact.email_verified


def test_the_requester_is_the_customer_even_if_an_agent(read: Read, audit: Audit) -> None:
    reading = read(audit(0, comment("help", ROBOT)), audit(1, comment("ok", AGENT)), requester_id=ROBOT)

    assert roles(reading) == ["customer", "agent"]


@pytest.mark.parametrize(
    ("author", "via", "options", "role"),
    [
        (ROBOT, "web", {}, "bot"),
        (AGENT, "web", {"bot_author_ids": [AGENT]}, "bot"),
        (AGENT, "web", {"bot_author_ids": "7, 601"}, "bot"),
        (AGENT, "web", {"bot_email_patterns": ["kim@*"]}, "bot"),
        (ROBOT, "web", {"bot_email_patterns": []}, "agent"),
        (CUSTOMER, "web", {"bot_email_patterns": ["*"]}, "customer"),
        (-1, "web", {"bot_author_ids": []}, "bot"),
        (AGENT, "answer_bot_for_web_widget", {}, "bot"),
        (AGENT, {"channel": "web", "source": {"rel": "answer_bot_for_agents"}}, {}, "bot"),
        (AGENT, {"channel": "rule", "source": {"rel": "trigger"}}, {}, "system"),
        (-1, {"channel": "rule"}, {}, "system"),
        (999, "web", {}, "unknown"),
        (None, "web", {}, "unknown"),
        (AGENT, {"channel": "a new one", "source": 7}, {}, "agent"),
    ],
)
def test_who_is_a_bot(
    read: Read, audit: Audit, author: int | None, via: Any, options: dict[str, object], role: str
) -> None:
    reading = read(audit(0, comment("hello"), author=author, via=via), options=options)

    assert roles(reading) == [role]


def test_a_tag_on_the_agents_record_tells_a_bot(read: Read, audit: Audit) -> None:
    users = [{"id": AGENT, "role": "agent", "email": None, "tags": ["ai_agent"]}]

    assert roles(read(audit(0, comment("hello", AGENT)), users=users)) == ["bot"]
    assert roles(read(audit(0, comment("hello", AGENT)), users=users, options={"bot_tags": []})) == ["agent"]


def test_chats_are_read_message_by_message(read: Read, audit: Audit) -> None:
    robot = {"original_message": '{"source": {"type": "zd:answerBot"}}'}
    reading = read(
        audit(
            0,
            chat(
                said(3, "agent:601", "hi"),
                said(0, "visitor-9", "where is my lamp"),
                said(1, "agent:77", "Which lamp?", **robot),
                said(2, str(CUSTOMER), "the red one"),
                said(4, "__system", "chat saved"),
                said(5, "agent:", "?"),
                said(6, "somebody", "??"),
                said(7, "agent:888", "I am not in the records"),
                {**said(8, str(CUSTOMER), ""), "type": "ChatFileAttachment", "filename": "lamp.png"},
                {**said(9, str(CUSTOMER), ""), "type": "ChatMessage"},
                visitor_id="visitor-9",
            ),
        ),
        audit(9, comment("Ada: where is my lamp / Bot: Which lamp? / Ada: the red one / Kim: hi ...", AGENT)),
        via={"channel": "native_messaging"},
    )

    assert roles(reading) == [
        "customer", "bot", "customer", "agent", "system", "unknown", "unknown", "agent", "customer",
    ]  # fmt: skip
    assert reading.conversation.messages[-1].attachments == ("lamp.png",)
    assert reading.conversation.messages[3].author.group == "care"
    assert reading.conversation.channel is Channel.MESSAGING
    assert reading.conversation.opened_at == BEGIN


@pytest.mark.parametrize("words", ["hi again, hello", "hello, hi", "hi"])
def test_a_comment_beside_a_chat_is_no_transcript(read: Read, audit: Audit, words: str) -> None:
    one = read(audit(0, chat(said(0, str(CUSTOMER), "hi"))), audit(1, comment(words, AGENT)))
    two = read(
        audit(0, chat(said(0, str(CUSTOMER), "hi"), said(1, "agent:601", "hello there"))),
        audit(1, comment(words, AGENT)),
    )

    assert (len(one.conversation.messages), len(two.conversation.messages)) == (2, 3)


def test_what_structured_messages_say(read: Read, audit: Audit) -> None:
    form = {"fields": [{"label": "Name", "text": {"text": "Ada"}}, {"label": "Email", "email": {"email": "a@b.c"}}]}
    contents = [
        ("agent:77", {"text": {"text": "What is it about?", "actions": []}}),
        ("agent:77", {"form": form}),
        (str(CUSTOMER), {"form": form}),
        (str(CUSTOMER), {"fields": [{"name": "order", "text": "ORD-1"}, {"name": "empty"}]}),
        ("agent:77", {"actions": [{"reply": {"text": "Yes"}}, {"text": "No"}]}),
        ("agent:77", {"items": [{"title": "Lamp"}, {"title": "Desk"}]}),
        ("agent:77", {"htmlText": "<p>Look <b>here</b></p>"}),
        ("agent:77", {}),
    ]
    entries = [
        said(n, actor, "", original_message={"content": content, "source": {"type": "x"}})
        for n, (actor, content) in enumerate(contents)
    ]
    reading = read(audit(0, chat(*entries)), options={"bot_author_ids": ["77"]})

    assert [message.text for message in reading.conversation.messages] == [
        "What is it about?",
        "Name, Email",
        "Name: Ada, Email: a@b.c",
        "order: ORD-1",
        "Yes, No",
        "Lamp, Desk",
        "Look here",
    ]


def test_the_conversation_log_replaces_chat_history(read: Read, audit: Audit) -> None:
    def logged(number: int, kind: str, text: str, **more: Any) -> dict[str, Any]:
        return {
            "id": f"L{number}",
            "created_at": (BEGIN + timedelta(minutes=number)).isoformat(),
            "author": {"type": kind, "zen:support:user_id": {"user": CUSTOMER, "agent": AGENT}.get(kind, -1)},
            "content": {"type": "text", "text": text},
            "reference": f"zen:sunco:conversation_message:{number}",
            "metadata": {},
            **more,
        }

    reading = read(
        audit(0, chat(said(0, "agent:77", "old history"))),
        audit(5, comment("a note", AGENT, public=False), comment("not in the log", AGENT)),
        log=[
            logged(1, "user", "hello"),
            logged(2, "bot", "hi, what is it?"),
            logged(3, "agent", "", content={"mediaUrl": "https://x.example/a/lamp.png"}),
            logged(4, "agent", "", content={"body": "<p>a note</p>", "type": "html"}, metadata={"public": False},
                   reference="zen:ticket_event:500"),
            logged(5, "a new kind", "?", author={"type": "a new kind"}),
            logged(6, "agent", ""),
        ],
    )  # fmt: skip

    assert [(m.role.value, m.text, m.internal) for m in reading.conversation.messages] == [
        ("customer", "hello", False),
        ("bot", "hi, what is it?", False),
        ("agent", "", False),
        ("agent", "a note", True),
        ("agent", "not in the log", False),
        ("unknown", "?", False),
    ]


def test_email_loses_history_signature_and_answering_machines(read: Read, audit: Audit) -> None:
    reading = read(
        audit(0, comment("It is late.\n\nBest regards,\nAda", CUSTOMER), via="email"),
        audit(1, comment("I am out of office until Monday.", CUSTOMER), via="email"),
        audit(2, comment("", CUSTOMER, html_body="<p>new</p><blockquote>old</blockquote>"), via="email"),
        via={"channel": "email"},
        subject="late",
    )

    assert [message.text for message in reading.conversation.messages] == ["It is late.", "new"]


def test_a_ticket_opened_by_an_answering_machine(read: Read, audit: Audit) -> None:
    reading = read(audit(0, comment("Gone fishing.", CUSTOMER), via="email"), subject="Automatic reply: lamp")

    assert reading.conversation.messages == ()


def test_calls_are_read_by_their_transcription(read: Read, audit: Audit) -> None:
    call = {"type": "VoiceComment", "data": {"transcription_text": "my lamp is broken"}, "public": True}

    reading = read(audit(0, call, author=CUSTOMER, via="voice"), via={"channel": "voice"})

    assert reading.conversation.messages[0].text == "my lamp is broken"
    assert reading.conversation.channel is Channel.PHONE


def test_a_comment_made_private_later_is_internal(read: Read, audit: Audit) -> None:
    reading = read(
        audit(0, comment("oops", AGENT)), audit(1, {"type": "CommentPrivacyChange", "comment_id": 0, "public": False})
    )

    assert reading.conversation.messages[0].internal


def test_handoff_then_transfer_then_solved_and_reopened(read: Read, audit: Audit) -> None:
    reading = read(
        audit(0, comment("hello", CUSTOMER), change("group_id", "71", None, "Create")),
        audit(1, comment("hi", -1)),
        audit(2, change("group_id", "72", "71"), change("assignee_id", str(AGENT)), author=-1),
        audit(3, comment("one moment", AGENT)),
        audit(4, change("assignee_id", str(OTHER_AGENT), str(AGENT)), author=AGENT),
        audit(5, change("group_id", "71", "72"), author=501, via={"channel": "rule"}),
        audit(6, change("status", "solved", "open"), author=AGENT),
        audit(7, change("status", "closed", "solved"), author=-1),
        audit(8, change("status", "open", "solved"), author=CUSTOMER),
        audit(9, change("status", "solved", "open"), author=AGENT),
    )

    events = [(str(e.kind), e.by and e.by.value, e.origin, e.target) for e in reading.conversation.events]
    assert events == [
        ("handoff", "bot", "care", "billing"),
        ("transferred", "agent", str(AGENT), str(OTHER_AGENT)),
        ("transferred", "rule", "billing", "care"),
        ("closed", "agent", None, None),
        ("reopened", "customer", None, None),
        ("closed", "agent", None, None),
    ]
    assert reading.ended
    assert reading.conversation.closed_at == BEGIN + timedelta(minutes=9)


def test_a_ticket_made_by_the_handoff_itself(read: Read, audit: Audit) -> None:
    robot = {"original_message": {"source": {"type": "zd:answerBot"}}}
    reading = read(
        audit(
            3,
            change("group_id", "71", None, "Create"),
            chat(said(0, str(CUSTOMER), "hello"), said(1, "agent:77", "hi", **robot)),
            author=-1,
        ),
    )

    assert kinds(reading) == ["handoff"]


def test_no_handoff_before_a_bot_spoke_or_to_a_bot_or_after_a_human_did(read: Read, audit: Audit) -> None:
    human_first = read(
        audit(0, comment("hi", AGENT)), audit(1, comment("hello", -1)), audit(2, change("group_id", "72", "71"))
    )
    to_a_bot = read(audit(0, comment("hi", -1)), audit(1, change("assignee_id", str(ROBOT))))
    no_bot = read(audit(0, comment("hi", CUSTOMER)), audit(1, change("assignee_id", str(AGENT))))

    assert kinds(human_first) == ["transferred"]
    assert kinds(to_a_bot) == ["assigned"]
    assert kinds(no_bot) == ["assigned"]


def test_an_agent_who_joins_a_chat_takes_over(read: Read, audit: Audit) -> None:
    robot = {"original_message": {"source": {"type": "zd:answerBot"}}}
    entries = [
        said(0, str(CUSTOMER), "hello"),
        said(1, "agent:77", "hi", **robot),
        {**said(2, "agent:601", ""), "type": "ChatJoin"},
        said(3, "agent:601", "taking over"),
        {**said(4, "agent:601", ""), "type": "ChatDepartmentTransfer", "new_department_name": "billing"},
        {**said(5, "agent:602", ""), "type": "ChatJoin"},
        {**said(6, str(CUSTOMER), ""), "type": "ChatRating"},
    ]
    reading = read(audit(0, chat(*entries)))

    assert [(str(e.kind), e.target) for e in reading.conversation.events] == [
        ("handoff", str(AGENT)),
        ("assigned", "billing"),
    ]


def test_a_reopening_message_belongs_to_the_new_episode(read: Read, audit: Audit) -> None:
    late = (BEGIN + timedelta(minutes=30, seconds=-1)).timestamp() * 1000
    reading = read(
        audit(0, chat(said(0, str(CUSTOMER), "hello"), {**said(1, str(CUSTOMER), "again"), "timestamp": late})),
        audit(10, change("status", "solved", "open")),
        audit(30, change("status", "open", "solved"), author=CUSTOMER),
        status="open",
    )

    reopened = reading.conversation.events[-1]
    assert reopened.at == reading.conversation.messages[-1].at
    assert reading.conversation.closed_at is None
    assert not reading.ended


def test_going_on_through_another_channel_is_seen(read: Read, audit: Audit) -> None:
    reading = read(
        audit(0, chat(said(0, str(CUSTOMER), "hello"))),
        audit(1, comment("by mail", CUSTOMER), via="email"),
        audit(2, comment("reply", AGENT), via="web"),
        audit(3, comment("mail again", CUSTOMER), via="email"),
        via={"channel": "native_messaging"},
    )

    (switch,) = [e for e in reading.conversation.events if e.kind == EventKind.CHANNEL_CHANGED]
    assert (switch.origin, switch.target, switch.by) == ("messaging", "email", Initiator.CUSTOMER)


def test_redactions_and_undocumented_events(read: Read, audit: Audit) -> None:
    reading = read(
        audit(
            0,
            {"type": "CommentRedactionEvent", "comment_id": 1},
            {"type": "SomethingNew", "value": {"a": [1]}},
            {"no": "type"},
            author=AGENT,
        )
    )

    assert kinds(reading) == ["redacted"]


def test_legacy_ratings(read: Read, audit: Audit) -> None:
    offered = read(satisfaction_rating={"score": "offered"})
    event = {"type": "SatisfactionRating", "score": "bad", "body": "slow"}
    by_event = read(audit(0, {**event, "score": "offered"}), audit(1, event, author=CUSTOMER))
    on_ticket = read(satisfaction_rating={"score": "good_with_comment", "comment": "thanks"})

    assert offered.conversation.rating is None
    assert by_event.conversation.rating is not None
    assert (by_event.conversation.rating.score, by_event.conversation.rating.comment) == ("bad", "slow")
    assert kinds(by_event) == ["rated"]
    assert on_ticket.conversation.rating is not None
    assert (on_ticket.conversation.rating.score, on_ticket.conversation.rating.comment) == ("good", "thanks")


def test_surveys_of_the_newer_kind(read: Read, audit: Audit) -> None:
    submitted = {"type": "SurveyResponseSubmitted", "survey_response_id": "s"}
    answers = [
        {"type": "rating_scale_emoji", "rating": 4},
        {"type": "open_ended", "value": "fine"},
        {"type": "skipped"},
    ]
    fetched = read(audit(1, submitted), survey={"survey_response": {"answers": answers}})
    inline = read(audit(1, {**submitted, "answers": [{"type": "rating_scale_numeric", "rating": 9}]}))
    unknown = read(audit(1, submitted), satisfaction_rating={"score": "good"})
    offered = read(audit(1, {"type": "SurveyOffered"}))

    rating = fetched.conversation.rating
    assert rating is not None
    assert (rating.score, rating.scale, rating.comment) == (4.0, "1-5", "fine")
    assert inline.conversation.rating is not None
    assert (inline.conversation.rating.score, inline.conversation.rating.scale) == (9.0, None)
    assert unknown.conversation.rating is not None
    assert unknown.conversation.rating.score == "good"
    assert (offered.conversation.rating, kinds(offered)) == (None, [])


NOTE = "Deskmark: outcome likely (definitions 1, times UTC)\n- 09:00 it works\nref 0123abcd-1"


def test_our_notes_are_known_and_are_no_messages(read: Read, audit: Audit) -> None:
    as_html = "<p>" + NOTE.replace("\n", "<br>") + "</p>"
    reading = read(
        audit(0, comment(NOTE, AGENT, public=False)),
        audit(1, comment("", AGENT, public=False, html_body=as_html.replace("0123abcd-1", "0123abcd-1.2"))),
        audit(2, comment(NOTE, CUSTOMER)),
    )

    assert [note.reference for note in reading.there.notes] == ["0123abcd-1", "0123abcd-1.2"]
    assert reading.there.notes[0].headline == "outcome likely"
    assert roles(reading) == ["customer"]


def test_our_fields_by_name_and_others_as_attributes(read: Read) -> None:
    reading = read(
        options={"dm_outcome": "11", "fields": {"dm_resolution": 12}, "dm_effort": 13},
        custom_fields=[
            {"id": 11, "value": "dm__resolution__likely"},
            {"id": 12, "value": "71"},
            {"id": 99, "value": "red"},
            {"id": 98, "value": None},
        ],
    )

    assert dict(reading.there.fields) == {"dm_outcome": "likely", "dm_resolution": "71"}
    assert dict(reading.conversation.attributes) == {"field:99": "red"}
    assert reading.there.version == "2026-03-02T10:00:00Z"


@pytest.mark.parametrize(
    ("status", "tags", "writable"),
    [
        ("solved", [], Writable.FULL),
        ("closed", [], Writable.TAGS_ONLY),
        ("deleted", [], Writable.NOTHING),
        ("open", ["ai_only"], Writable.NOTHING),
    ],
)
def test_how_far_it_can_be_written(read: Read, status: str, tags: list[str], writable: Writable) -> None:
    reading = read(status=status, tags=tags, options={"read_only_tags": ["ai_only"]})

    assert reading.there.writable is writable


def test_our_tags_do_not_score_themselves(read: Read, audit: Audit) -> None:
    tags = ["vip", "dm__dispute", "dm__resolution__likely"]
    plain = read(tags=tags)
    inherited = audit(0, change("tags", ["vip", "dm__dispute", "dm__resolution__likely"], None, "Create"))
    followed = read(
        inherited, tags=tags, via={"channel": "email", "source": {"rel": "follow_up", "from": {"ticket_id": 7}}}
    )
    as_text = read(audit(0, change("tags", "vip dm__dispute", None, "Create")), tags=tags, via_followup_source_id=7)

    assert plain.conversation.tags == ("vip", "dm__dispute")
    assert followed.conversation.tags == ("vip",)
    assert as_text.conversation.tags == ("vip",)
    assert followed.there.tags == tuple(tags)
    assert followed.conversation.attributes["followup_of"] == "7"


@pytest.mark.parametrize(
    ("via", "more", "channel"),
    [
        ("email", {}, Channel.EMAIL),
        ("whatsapp", {}, Channel.SOCIAL),
        ("Web", {}, Channel.WEB),
        ("api", {}, Channel.API),
        ("something new", {}, Channel.UNKNOWN),
        ("something new", {"from_messaging_channel": True}, Channel.MESSAGING),
        (None, {}, Channel.UNKNOWN),
    ],
)
def test_channels(read: Read, via: Any, more: dict[str, Any], channel: Channel) -> None:
    assert read(via={"channel": via}, **more).conversation.channel is channel


def test_an_unknown_requester_and_undated_updates(read: Read, audit: Audit) -> None:
    undated = {**audit(0, comment("first", 77), comment("second", 77)), "created_at": None}
    reading = read(undated, requester_id=77, created_at=None)

    assert [message.text for message in reading.conversation.messages] == ["first", "second"]
    assert reading.conversation.contact.id == "77"
    assert reading.conversation.opened_at is None
    assert roles(reading) == ["customer", "customer"]


def test_a_ticket_without_a_requester(read: Read, audit: Audit) -> None:
    reading = read(audit(0, comment("hello", 77)), requester_id=None)

    assert reading.conversation.contact.id is None
    assert reading.conversation.messages[0].role is Role.UNKNOWN


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-02T09:00:00Z", BEGIN),
        ("2026-03-02 10:00:00+01:00", BEGIN),
        ("2026-03-02T09:00:00", BEGIN),
        (1772442000, BEGIN),
        (1772442000000, BEGIN),
        ("soon", None),
        (float("inf"), None),
        (True, None),
        ([], None),
        (None, None),
    ],
)
def test_times(value: object, expected: datetime | None) -> None:
    assert payloads.moment(value) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 700) | st.text("ab:1", max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "events", "value", "history", "field_name", "previous_value", "via", "source", "body",
                 "public", "attachments", "actor_id", "original_message", "content", "author", "metadata", "score"]
            ),
            inner | st.sampled_from(["Comment", "ChatStartedEvent", "Change", "status", "group_id", "Survey response"]),
            max_size=6,
        )
    ),
    max_leaves=25,
)  # fmt: skip


@given(JSON, JSON, JSON)
def test_nothing_that_may_come_ever_raises(ticket: Any, event: Any, entry: Any) -> None:
    data = ticket if isinstance(ticket, dict) else {"via": ticket, "custom_fields": ticket, "tags": ticket}
    audits = tuple(payloads.records([{"events": event, "via": entry}, {"events": [event], "created_at": entry}, event]))
    log = tuple(payloads.records([entry, {"author": entry, "content": entry, "attachments": entry}]))
    place = Installation("z", "zendesk", "acme", "https://x.example")
    people = filter(None, (payloads.user(data), payloads.user({"id": 5, "role": entry, "tags": event})))
    material = Material(payloads.ticket(data), {person.id: person for person in people}, audits=audits, log=log)

    assert read_ticket(material, place, Options()).conversation.helpdesk == "zendesk"
