"""What an agent does by hand."""

from service.conversation import Author, Message, Role
from service.scoring.agent_actions import action_by_hand


def said(*texts: str, role: Role = Role.AGENT) -> list[Message]:
    return [Message(f"m{i}", Author(role), text) for i, text in enumerate(texts)]


def test_the_surest_action_is_found() -> None:
    found = action_by_hand(said("Hello!", "I've refunded the full amount to your card.", "Have a nice day."))
    assert found is not None
    assert found.message.id == "m1"
    assert 0.5 <= found.strength <= 1


def test_no_action() -> None:
    assert action_by_hand(said("Hello, which kettle is it?")) is None
    assert action_by_hand(said("I've refunded everything.", role=Role.CUSTOMER)) is None
    assert action_by_hand(said("One.", "Two.", "Three.", "Four.", "Five.", "I've refunded the full amount.")) is None
