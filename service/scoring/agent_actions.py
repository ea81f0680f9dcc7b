"""What a human did by hand after the handoff, which the bot could not: a refund, a change, an exception."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from service.conversation import Message, Role
from service.language.signal_patterns import Signal
from service.language.signals import has, read_agent

AGENT_MESSAGES = 5
"""Agent messages after the handoff in which an action by hand is looked for."""


@dataclass(frozen=True, slots=True)
class Action:
    """An agent's message that does something by hand, and how surely (0..1)."""

    message: Message
    strength: float


def action_by_hand(messages: Sequence[Message]) -> Action | None:
    """The agent's message among `messages` that most surely does something by hand; `None` without one."""
    agents = [m for m in messages if m.role is Role.AGENT][:AGENT_MESSAGES]
    readings = read_agent([m.text for m in agents])
    found = [Action(m, r[Signal.ACTED]) for m, r in zip(agents, readings, strict=True) if has(r, Signal.ACTED)]
    return max(found, key=lambda action: action.strength, default=None)
