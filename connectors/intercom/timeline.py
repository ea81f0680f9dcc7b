"""What happened around the messages of an Intercom conversation: handoff, transfers, closing, reopening, actions.

Intercom fires no event when Fin hands over, and its resolution state is permanent and late. So the handoff is read
from ordered evidence: an assignment to a human or team after the bot spoke, else the moment the resolution state was
set, else the first human message; else, when nobody answered, the resolution state alone. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from connectors.intercom.payloads import Part, Person
from service.conversation import Event, EventKind, Initiator, Role

CLOSING = frozenset({"close"})
OPENING = frozenset({"open", "assign_and_reopen"})
# Assignments that the workspace's rules made. Intercom signs them with its operator, whose other ones are a bot's.
BY_RULE = frozenset({"away_mode_assignment", "default_assignment", "message_strategy_assignment"})
HUMANS = frozenset({"admin", "team"})

INITIATORS: Mapping[Role, Initiator] = MappingProxyType(
    {
        Role.CUSTOMER: Initiator.CUSTOMER,
        Role.BOT: Initiator.BOT,
        Role.AGENT: Initiator.AGENT,
        Role.SYSTEM: Initiator.RULE,
    }
)

# `ai_agent.resolution_state`, and the conversation attribute that says the same in words, as they read when the bot
# gave the conversation away. `routed_to_team` is not in the specification but is seen.
ESCALATED: Mapping[str, Initiator] = MappingProxyType(
    {
        "escalated": Initiator.BOT,
        "routed_to_team": Initiator.BOT,
        "procedure_handoff": Initiator.BOT,
        "negative_feedback": Initiator.CUSTOMER,
    }
)
STATE_ATTRIBUTE = "fin ai agent resolution state"

ACTION_RESULTS: Mapping[str, EventKind] = MappingProxyType(
    {"success": EventKind.ACTION_COMPLETED, "failed": EventKind.ACTION_FAILED}
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One part in order of time: who caused it, whether the customer could read it, whom it was assigned to."""

    part: Part
    role: Role
    spoken: bool
    assigned_to_bot: bool = False


def state_word(value: object) -> str:
    """A resolution state as one lower-case word: "Routed to team" and "routed_to_team" are the same."""
    return "_".join(value.lower().split()) if isinstance(value, str) else ""


def events(first: Role | None, entries: Iterable[Entry], *, state: str, truncated: bool) -> tuple[Event, ...]:
    """The events of a conversation in order of time.

    `first` is the role of the first message, `state` the resolution state word. In a truncated conversation an
    opening part is taken for a reopening although no closing is seen before it.
    """
    reading = _Reading(state=state, truncated=truncated, bot_spoke=first is Role.BOT)
    for entry in entries:
        reading.take(entry)
    reading.finish()
    return tuple(sorted(reading.found, key=lambda event: (event.at is None, event.at.timestamp() if event.at else 0)))


@dataclass(slots=True)
class _Reading:
    """How far the conversation has come while its parts are read: one pass, then thrown away."""

    state: str
    truncated: bool
    bot_spoke: bool = False
    human: bool = False
    closed: bool = False
    speaker: str | None = None
    state_set_at: datetime | None = None
    found: list[Event] = field(default_factory=list)

    def take(self, entry: Entry) -> None:
        part = entry.part
        if part.redacted:
            self._add(entry, EventKind.REDACTED, at=part.updated_at or part.created_at)
        if self._reopens(entry):
            self._add(entry, EventKind.REOPENED)
            # Who comes back after the bot alone had answered is still with the bot; a human's case is the human's.
            self.bot_spoke = self.bot_spoke and not self.human
            self.closed = self.human = False
            self.speaker = self.state_set_at = None
        if part.assigned_to.type in HUMANS or entry.assigned_to_bot:
            self._assigned(entry)
        if entry.spoken:
            self._spoke(entry)
        if part.part_type == "custom_action_finished":
            self._acted(entry)
        if self._sets_state(part):
            self.state_set_at = part.created_at
        if part.part_type in CLOSING:
            self._add(entry, EventKind.CLOSED)
            self.closed = True

    def finish(self) -> None:
        """Nobody answered, no assignment is shown, yet the bot says that it gave the conversation away."""
        handed_off = any(event.kind == EventKind.HANDOFF for event in self.found)
        if self.state in ESCALATED and self.bot_spoke and not self.human and not handed_off:
            by = ESCALATED[self.state]
            self.found.append(Event("state:handoff", EventKind.HANDOFF, self.state_set_at, by, origin="bot"))

    def _reopens(self, entry: Entry) -> bool:
        """Whether the conversation is taken up again.

        An opening part does so only after a closing: an outbound message starts closed, the reply opens it. What an
        answering machine sends opens the conversation in Intercom, but nobody came back.
        """
        if entry.role is Role.SYSTEM:
            return False
        if entry.part.part_type in OPENING:
            return self.closed or self.truncated
        return self.closed and entry.spoken and entry.role is Role.CUSTOMER and entry.part.state == "open"

    def _assigned(self, entry: Entry) -> None:
        target = entry.part.assigned_to
        if entry.assigned_to_bot:
            self.human = False
            self._add(entry, EventKind.ASSIGNED, target=target)
        elif not self.human and self.bot_spoke:
            self.human = True
            self._add(entry, EventKind.HANDOFF, origin="bot", target=target)
        elif self.speaker is not None and self.speaker != target.id:
            self._add(entry, EventKind.TRANSFERRED, origin=self.speaker, target=target)
            self.speaker = None
        else:
            self._add(entry, EventKind.ASSIGNED, target=target)

    def _spoke(self, entry: Entry) -> None:
        if entry.role is Role.BOT:
            self.bot_spoke = True
            self.state_set_at = None
        elif entry.role is Role.AGENT:
            if self.bot_spoke and not self.human:
                by = ESCALATED.get(self.state, Initiator.AGENT)
                self._add(entry, EventKind.HANDOFF, at=self.state_set_at, by=by, origin="bot")
            self.human = True
            self.speaker = entry.part.author.id

    def _acted(self, entry: Entry) -> None:
        action = entry.part.event_details.get("action")
        details = action if isinstance(action, Mapping) else {}
        kind, name = ACTION_RESULTS.get(str(details.get("result", ""))), details.get("name")
        if kind is not None:
            self._add(entry, kind, target=Person(name=name if isinstance(name, str) else ""))

    def _sets_state(self, part: Part) -> bool:
        attribute, value = part.event_details.get("attribute"), part.event_details.get("value")
        if not isinstance(attribute, Mapping) or not isinstance(value, Mapping) or self.human or not self.bot_spoke:
            return False
        named = str(attribute.get("name", "")).lower() == STATE_ATTRIBUTE
        return named and state_word(value.get("name")) in ESCALATED

    def _add(
        self,
        entry: Entry,
        kind: EventKind,
        *,
        at: datetime | None = None,
        by: Initiator | None = None,
        origin: str | None = None,
        target: Person | None = None,
    ) -> None:
        part = entry.part
        self.found.append(
            Event(
                id=f"{part.id}:{kind}",
                kind=kind,
                at=at or part.created_at,
                by=Initiator.RULE if part.part_type in BY_RULE else by or INITIATORS.get(entry.role),
                origin=origin,
                target=(target.name or target.id) if target else None,
            )
        )
