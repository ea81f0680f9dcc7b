"""The demo's stories: what can be written in them, what they tell, and that the scores say what they expect."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from service.conversation import Channel, EventKind, Initiator, Role
from service.demo.story import HELPDESKS, Story, StoryError, read_stories, stories
from service.language.embedding import CachedEmbedder, MemoryCache
from service.language.model import MiniLM
from service.note import desired
from service.scoring.score import History, Policy
from service.scoring.scorecard import score_conversation
from service.writeback import OWN_KEYS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

ONE = """
# a comment
@ lamp | zendesk | email | ana.lopes | -90 | reopen -30
S My lamp
C it is broken
B What is its name?
+ 5
N a known fault
H bot
T billing
A a new one is on its way
K send_lamp
F send_mail
R
C it is broken as well
* bad
= resolution__returned, context__repeated
! note
"""


@pytest.fixture(scope="module")
def told() -> tuple[Story, ...]:
    return stories(NOW)


def test_every_line_of_a_story_is_read() -> None:
    (story,) = read_stories(ONE, NOW)
    conversation = story.conversation
    assert (conversation.helpdesk, conversation.channel, conversation.subject) == ("zendesk", Channel.EMAIL, "My lamp")
    assert conversation.opened_at == NOW - timedelta(minutes=90)
    assert [(m.role, m.internal) for m in conversation.messages] == [
        (Role.CUSTOMER, False),
        (Role.BOT, False),
        (Role.AGENT, True),
        (Role.AGENT, False),
        (Role.CUSTOMER, False),
    ]
    assert [e.kind for e in conversation.events] == [
        EventKind.HANDOFF,
        EventKind.TRANSFERRED,
        EventKind.ACTION_COMPLETED,
        EventKind.ACTION_FAILED,
        EventKind.REOPENED,
    ]
    assert conversation.events[0].by is Initiator.BOT
    assert conversation.events[1].target == "billing"
    second, third = conversation.messages[1].at, conversation.messages[2].at
    assert second is not None
    assert third is not None
    assert third - second >= timedelta(minutes=5)
    assert story.reopened_at == NOW - timedelta(minutes=30) == conversation.events[-1].at
    assert conversation.messages[-1].at == story.reopened_at + timedelta(seconds=1)
    assert conversation.rating is not None
    assert conversation.rating.score == 1
    assert story.expected_tags == ("resolution__returned", "context__repeated")
    assert story.expects_note
    assert not story.expects_nothing


@pytest.mark.parametrize(
    ("how", "field"), [("later", "later"), ("read_only", "read_only"), ("ignore", "ignored"), ("", None)]
)
def test_how_a_story_is_played(how: str, field: str | None) -> None:
    (story,) = read_stories(f"@ a | intercom | messaging | ana | -5 | {how}\nC hi\n= none", NOW)
    assert [name for name in ("later", "read_only", "ignored") if getattr(story, name)] == ([field] if field else [])
    assert story.conversation.tags == (("dm__ignore",) if how == "ignore" else ())
    assert story.expects_nothing


HEAD = "@ a | intercom | messaging | ana | -5\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("C hello", "line 1: a turn before any story"),
        ("\n@ a | intercom | messaging", "line 2: a story needs"),
        ("@ a | mailbox | messaging | ana | -5", "line 1: 'mailbox' is no helpdesk"),
        ("@ a | intercom | pigeon | ana | -5", "line 1: 'pigeon'"),
        ("@ a | intercom | messaging | ana | soon", "line 1: could not convert"),
        ("@ a | intercom | messaging | ana | -5 | sideways", "line 1: 'sideways' is no way"),
        (HEAD + "C hi\nX what", "line 3: 'X' begins no line"),
        (HEAD + "C hi\n* splendid", "line 3: 'splendid'"),
        (HEAD + "C hi\nH robot", "line 3: 'robot'"),
        (HEAD + "C hi\n+ long", "line 3: could not convert"),
        (HEAD + "C hi\nR", "line 3: could not convert"),
        (HEAD, "story 'a' has no messages"),
        (HEAD + "C hi\n" + HEAD + "C hi", "story 'a' is told twice"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, says: str) -> None:
    with pytest.raises(StoryError) as raised:
        read_stories(text, NOW)
    assert says in str(raised.value)


def test_there_are_enough_on_both_helpdesks(told: tuple[Story, ...]) -> None:
    on = Counter(story.conversation.helpdesk for story in told)
    assert set(on) == set(HELPDESKS)
    assert sum(on.values()) >= 40
    assert min(on.values()) >= 15


def test_every_story_is_a_conversation_that_can_have_happened(told: tuple[Story, ...]) -> None:
    for story in told:
        conversation = story.conversation
        times = [m.at for m in conversation.messages]
        assert all(at is not None and at < NOW for at in times), story.name
        assert times == sorted(times, key=lambda at: at or NOW), story.name
        assert conversation.messages[0].role is Role.CUSTOMER, story.name
        assert conversation.contact.email_verified, story.name
        assert {tag for tag in story.expected_tags if tag not in OWN_KEYS} == set(), story.name
        assert story.expected_tags or not story.expects_note, story.name


def test_every_kind_of_failure_is_told(told: tuple[Story, ...]) -> None:
    expected = Counter(tag for story in told for tag in story.expected_tags)
    for tag in (
        "resolution__confirmed",
        "resolution__unresolved",
        "resolution__abandoned",
        "resolution__returned",
        "escalation__avoidable",
        "escalation__missed",
        "escalation__late",
        "context__repeated",
        "gap",
        "effort__high",
        "repeat__of",
    ):
        assert expected[tag] >= 1, tag
    assert any(loops(story) and "escalation__missed" in story.expected_tags for story in told)
    assert any(handed_off(story) and "context__repeated" in story.expected_tags for story in told)
    assert any(human_only(story) for story in told)
    assert any(story.reopened_at for story in told)
    assert any(story.read_only for story in told)
    assert any(story.ignored and story.expects_nothing for story in told)
    assert sum(not story.expected_tags and not story.expects_nothing for story in told) >= 3


def test_customers_return_on_another_channel_and_on_the_other_helpdesk(told: tuple[Story, ...]) -> None:
    by_customer: dict[str | None, list[Story]] = {}
    for story in told:
        by_customer.setdefault(story.conversation.contact.email, []).append(story)
    returns = [
        (first.conversation, second.conversation)
        for first, *others in by_customer.values()
        for second in others
        if "resolution__returned" in first.expected_tags and "repeat__of" in second.expected_tags
    ]
    assert any(first.channel is not second.channel for first, second in returns)
    assert any(first.helpdesk != second.helpdesk for first, second in returns)
    assert any(first.helpdesk == second.helpdesk for first, second in returns)


def test_the_scores_say_what_the_stories_expect(told: tuple[Story, ...]) -> None:
    embedder = CachedEmbedder(MiniLM(None), MemoryCache())
    for story in told:
        if story.expects_nothing or story.read_only:  # nothing may be read, or people take it over while it is played
            continue
        email = story.conversation.contact.email
        others = tuple(o.conversation for o in told if o is not story and o.conversation.contact.email == email)
        card = score_conversation(story.conversation, History(NOW, others), Policy(), embedder)[-1]
        wanted = desired(card, story.conversation, Policy(), prefix="")
        assert set(story.expected_tags) <= set(wanted.tags), story.name
        assert wanted.actionable or not story.expects_note, story.name


def loops(story: Story) -> bool:
    said = Counter(m.text for m in story.conversation.messages if m.role is Role.BOT)
    return max(said.values(), default=0) > 1


def handed_off(story: Story) -> bool:
    return any(e.kind is EventKind.HANDOFF for e in story.conversation.events)


def human_only(story: Story) -> bool:
    roles = {m.role for m in story.conversation.messages}
    return Role.AGENT in roles and Role.BOT not in roles
