"""Transfers between agents: those an event reports, and those only the authors show."""

from datetime import UTC, datetime, timedelta

from service.conversation import Author, Conversation, Event, EventKind, Message, Role
from service.scoring.transfers import transfers

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def message(n: int, role: Role, id_: str | None = None, group: str | None = None) -> Message:
    return Message(f"m{n}", Author(role, id_, group), "Hello", START + timedelta(minutes=n))


def moved(minute: float | None, origin: str | None = None, target: str | None = None) -> Event:
    at = None if minute is None else START + timedelta(minutes=minute)
    return Event(f"e{minute}", EventKind.TRANSFERRED, at, origin=origin, target=target)


def talk(*messages: Message, events: tuple[Event, ...] = ()) -> Conversation:
    return Conversation("1", messages, events=events)


CUSTOMER = message(0, Role.CUSTOMER)


def test_an_event_is_a_transfer() -> None:
    found = transfers(talk(CUSTOMER, message(2, Role.AGENT, "a"), events=(moved(1, "tier 1", "billing"),)))
    assert [(t.position, t.origin, t.target) for t in found] == [(1, "tier 1", "billing")]
    assert found[0].at == START + timedelta(minutes=1)
    assert [t.position for t in transfers(talk(CUSTOMER, events=(moved(5),)))] == [1]
    assert transfers(talk(CUSTOMER, events=(moved(None),))) == ()


def test_another_agent_is_a_transfer() -> None:
    lines = (CUSTOMER, message(1, Role.AGENT, "a", "tier 1"), CUSTOMER, message(3, Role.AGENT, "b", "billing"))
    assert [(t.position, t.origin, t.target) for t in transfers(talk(*lines))] == [(3, "tier 1", "billing")]
    assert len(transfers(talk(*lines, events=(moved(2),)))) == 1
    assert len(transfers(talk(*lines, events=(moved(0.5),)))) == 2


def test_groups_tell_agents_apart_only_without_ids() -> None:
    nameless = (message(1, Role.AGENT, None, "tier 1"), message(2, Role.AGENT, None, "billing"))
    assert [t.position for t in transfers(talk(*nameless))] == [1]
    assert transfers(talk(message(1, Role.AGENT, "a", "tier 1"), message(2, Role.AGENT, "a", "billing"))) == ()
    assert transfers(talk(message(1, Role.AGENT), message(2, Role.AGENT, "b"))) == ()
