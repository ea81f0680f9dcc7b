"""Where the handoff lies and where an episode ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.conversation import Author, Conversation, Event, Message, Rating, Role, episodes, handoff_position

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROLES = {"c": Role.CUSTOMER, "b": Role.BOT, "a": Role.AGENT, "n": Role.AGENT}


def at(minute: float) -> datetime:
    return START + timedelta(minutes=minute)


def talk(turns: str, *events: Event, timed: bool = True, **more: Any) -> Conversation:
    """`turns` is a letter a message, one a minute: c, b, a, or n for an internal note."""
    messages = tuple(
        Message(f"m{i}", Author(ROLES[who]), f"text {i}", at(i) if timed else None, internal=who == "n")
        for i, who in enumerate(turns)
    )
    return Conversation(id="1", messages=messages, events=events, **more)


def test_no_bot_no_handoff() -> None:
    assert handoff_position(talk("caca", Event("e", "handoff", at(1)))) is None


def test_an_agent_after_a_bot_is_a_handoff() -> None:
    assert handoff_position(talk("cbca")) == 3
    assert handoff_position(talk("cbc")) is None


def test_an_agent_before_the_bot_is_none() -> None:
    assert handoff_position(talk("cacb")) is None


def test_the_event_decides_by_time() -> None:
    assert handoff_position(talk("cbcca", Event("e", "handoff", at(1.5)))) == 2


def test_nobody_answered_after_the_handoff() -> None:
    assert handoff_position(talk("cb", Event("e", "handoff", at(5)))) == 2
    assert handoff_position(talk("cb", Event("e", "handoff"))) == 2


def test_an_event_after_the_first_answer_does_not_hide_it() -> None:
    assert handoff_position(talk("cbaca", Event("e", "handoff", at(4)))) == 2


def test_without_times_the_first_agent_message_decides() -> None:
    assert handoff_position(talk("cbca", Event("e", "handoff"), timed=False)) == 3


def test_notes_are_not_seen() -> None:
    assert handoff_position(talk("cbnca")) == 3


def test_one_episode_without_a_reopen() -> None:
    conversation = talk("cb")
    assert episodes(conversation) == (conversation,)


def test_a_reopen_cuts_messages_events_and_rating() -> None:
    events = (Event("e0", "closed", at(1.5)), Event("e1", "reopened", at(2)), Event("e2", "handoff", at(2.5)))
    first, second = episodes(talk("cbca", *events, rating=Rating(score=5, at=at(1.6)), closed_at=at(9)))
    assert [m.id for m in first.messages] == ["m0", "m1"]
    assert [m.id for m in second.messages] == ["m2", "m3"]
    assert first.closed_at == at(1.5)
    assert second.opened_at == at(2)
    assert second.closed_at == at(9)
    assert first.rating is not None
    assert second.rating is None
    assert [e.id for e in second.events] == ["e1", "e2"]


def test_two_reopens_make_three_episodes_and_an_empty_one_is_none() -> None:
    cuts = (Event("a", "reopened", at(1)), Event("b", "reopened", at(3)), Event("c", "reopened", at(90)))
    assert [len(piece.messages) for piece in episodes(talk("cbcb", *cuts))] == [1, 2, 1]


def test_an_untimed_rating_belongs_to_the_latest_episode() -> None:
    first, second = episodes(talk("cc", Event("e", "reopened", at(1)), rating=Rating(score=1)))
    assert first.rating is None
    assert second.rating is not None
    assert first.closed_at == at(0)


def test_key_and_times_fall_back_to_messages() -> None:
    conversation = talk("cb")
    assert conversation.key == ("unknown", "default", "1")
    assert (conversation.started_at, conversation.ended_at) == (at(0), at(1))
