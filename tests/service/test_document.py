"""The file contract: round trips, defaults, and errors that say where and why."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from service.card_document import card_document, card_from_document
from service.conversation import (
    Author,
    BotTurn,
    Channel,
    Contact,
    Conversation,
    Event,
    EventKind,
    Feedback,
    Initiator,
    Message,
    Rating,
    Role,
)
from service.document import (
    ConversationDocument,
    DocumentError,
    from_document,
    from_json,
    schema,
    to_document,
)
from service.policy_document import PolicyDocument, policy_from_json
from service.scoring.score import Evidence, Score, Scorecard

DOCS = Path(__file__).parents[2] / "docs"

words = st.text(max_size=12)
names = st.text(min_size=1, max_size=8)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
shares = st.none() | st.floats(0, 1)
bots = st.builds(BotTurn, st.none() | words, shares, st.lists(words, max_size=2).map(tuple))
messages = st.builds(
    Message,
    id=names,
    author=st.builds(Author, st.sampled_from(Role), st.none() | words, st.none() | words),
    text=words,
    at=moments,
    bot=st.none() | bots,
    feedback=st.none() | st.sampled_from(Feedback),
    internal=st.booleans(),
    attachments=st.lists(words, max_size=2).map(tuple),
)
events = st.builds(
    Event, names, names, moments, st.none() | st.sampled_from(Initiator), st.none() | words, st.none() | words
)
ratings = st.builds(Rating, st.none() | st.floats(0, 10), st.none() | words, shares, st.none() | words, moments)
conversations = st.builds(
    Conversation,
    id=names,
    messages=st.lists(messages, min_size=1, max_size=5, unique_by=lambda m: m.id).map(tuple),
    helpdesk=names,
    account=names,
    contact=st.builds(Contact, st.none() | words, st.none() | words, st.none() | words, st.booleans()),
    account_group=st.none() | words,
    channel=st.sampled_from(Channel),
    subject=st.none() | words,
    truncated=st.booleans(),
    opened_at=moments,
    closed_at=moments,
    events=st.lists(events, max_size=3).map(tuple),
    rating=st.none() | ratings,
    tags=st.lists(words, max_size=3).map(tuple),
    attributes=st.dictionaries(words, st.none() | words | st.integers() | st.booleans()).map(MappingProxyType),
)


@given(conversations)
def test_a_conversation_comes_back_equal(conversation: Conversation) -> None:
    document = to_document(conversation)
    assert from_document(document) == conversation
    assert from_json(json.dumps(document)) == conversation
    assert to_document(from_document(document)) == document


def minimal(**changes: object) -> dict[str, object]:
    return {"id": "1", "messages": [{"id": "m0", "author": {"role": "customer"}, "text": "hello"}], **changes}


def test_only_id_and_messages_are_required() -> None:
    conversation = from_document(minimal())
    assert conversation.channel is Channel.UNKNOWN
    assert conversation.contact == Contact()
    assert conversation.messages[0].at is None


def test_null_means_absent() -> None:
    nulls = dict.fromkeys(("contact", "channel", "events", "tags", "attributes", "rating", "truncated", "helpdesk"))
    assert from_document(minimal(**nulls)) == from_document(minimal())


def test_unknown_keys_are_ignored_and_unknown_event_kinds_kept() -> None:
    conversation = from_document(minimal(colour="green", events=[{"id": "e", "kind": "teleported", "mood": 1}]))
    assert conversation.events[0].kind == "teleported"


def test_times_become_utc_and_numbers_become_ids() -> None:
    conversation = from_document(minimal(id=4711, opened_at="2026-01-22T11:39:00+01:00"))
    assert conversation.id == "4711"
    assert conversation.opened_at == datetime(2026, 1, 22, 10, 39, tzinfo=UTC)


def test_a_rating_keeps_numbers_and_words_apart() -> None:
    assert from_document(minimal(rating={"score": 4})).rating == Rating(score=4.0)
    assert from_document(minimal(rating={"score": "good"})).rating == Rating(score="good")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "JSON"),
        ("[]", "object"),
        ('{"messages": []}', "id: "),
        (json.dumps(minimal(messages=[])), "messages: "),
        (
            json.dumps(minimal(messages=[{"id": "m", "author": {"role": "robot"}, "text": ""}])),
            "messages.0.author.role",
        ),
        (json.dumps(minimal(opened_at="2026-01-22T11:39:00")), "opened_at: "),
        (json.dumps(minimal(channel="pigeon")), "channel: "),
        (json.dumps(minimal(messages=[{"id": "m", "author": {"role": "bot"}, "text": "a"}] * 2)), "stands twice"),
        (json.dumps(minimal(messages=[{}] * 4)), "and 9 more"),
    ],
)
def test_a_bad_document_says_where_and_why(line: str, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason.replace(".", r"\.")):
        from_json(line)


def test_an_error_never_quotes_a_customer() -> None:
    with pytest.raises(DocumentError) as caught:
        from_document(minimal(messages=[{"id": "m", "author": {"role": "customer"}, "text": {"secret": "4111"}}]))
    assert "4111" not in str(caught.value)


def test_a_scorecard_comes_back_equal() -> None:
    evidence = (Evidence("m4", "when?", "asks again", answered_in="m2"), Evidence(None, "", "x", conversation="9"))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    score = Score("repeated", 1.0, 0.9, "why", evidence, MappingProxyType({"list": (1, 2), "map": {"at": at}}))
    card = Scorecard("zendesk", "acme", "1", 2, MappingProxyType({"context_repeat": score}))
    document = json.loads(json.dumps(card_document(card)))
    assert document["scores"]["context_repeat"]["details"] == {"list": [1, 2], "map": {"at": "2026-01-01T00:00:00Z"}}
    assert card_document(card_from_document(document)) == document


def test_a_policy_is_read_and_an_unknown_key_refused() -> None:
    policy = policy_from_json('{"repeat_window_hours": 72, "bot_authors": ["b-1"]}')
    assert policy.repeat_window == timedelta(hours=72)
    assert policy.bot_authors == ("b-1",)
    with pytest.raises(DocumentError, match="repeat_window_hour"):
        policy_from_json('{"repeat_window_hour": 72}')


@pytest.mark.parametrize(("kind", "shape"), [("conversation", ConversationDocument), ("policy", PolicyDocument)])
def test_the_schema_in_the_docs_is_the_generated_one(kind: str, shape: type[BaseModel]) -> None:
    assert json.loads((DOCS / f"{kind}.schema.json").read_text()) == schema(shape)


def test_the_vocabularies_are_documented_with_examples_that_hold() -> None:
    text = (DOCS / "conversations.md").read_text()
    for vocabulary in (Role, Channel, EventKind):
        assert [word.value for word in vocabulary if f"`{word}`" not in text] == []
    stated = [json.loads(found) for found in re.findall(r"`(\{\"id\": \"e.*?\})`", text)]
    found = from_document(
        {"id": "1", "messages": [{"id": "m", "author": {"role": "bot"}, "text": ""}], "events": stated}
    )
    kinds = [event.kind for event in found.events if event.at is not None and event.by is not None]
    assert kinds == [EventKind.HANDOFF, EventKind.ACTION_COMPLETED, EventKind.CLOSED, EventKind.REOPENED]
