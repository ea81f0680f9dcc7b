"""Reads the demo's conversations from `stories.txt`: a line a turn, the format is explained at its top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources import files

from service.conversation import (
    Author,
    Channel,
    Contact,
    Conversation,
    Event,
    EventKind,
    Initiator,
    Message,
    Rating,
    Role,
)

GROUP = "fernwood"
SHOP, OUTLET_SHOP = "Fernwood", "Fernwood Outlet"
"""The two brands; some customers buy from the second one only."""

TURN = timedelta(seconds=40)
AGENT_TURN = timedelta(minutes=4)

ROLES = {"C": Role.CUSTOMER, "B": Role.BOT, "A": Role.AGENT, "N": Role.AGENT}
EVENTS = {
    "H": EventKind.HANDOFF,
    "T": EventKind.TRANSFERRED,
    "F": EventKind.ACTION_FAILED,
    "K": EventKind.ACTION_COMPLETED,
    "R": EventKind.REOPENED,
}
RATINGS = {"good": 5, "bad": 1}
TEAMS = {"H": "customer care", "T": None}
HELPDESKS = ("zendesk", "intercom")
WAYS = ("", "later", "read_only", "ignore")
"""How a story may be played, beside "reopen -N"."""


class StoryError(ValueError):
    """A line of the stories that cannot be read."""


@dataclass(frozen=True, slots=True)
class Story:
    """One conversation of the demo, how it is played, and what must stand on it in the end."""

    name: str
    conversation: Conversation
    later: bool = False
    read_only: bool = False
    ignored: bool = False
    reopened_at: datetime | None = None
    expected_tags: tuple[str, ...] = ()
    expects_note: bool = False
    expects_nothing: bool = False


@dataclass
class _Draft:
    """A story while its lines are read."""

    name: str
    helpdesk: str
    channel: Channel
    customer: str
    start: datetime
    how: str
    clock: datetime
    messages: list[Message] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    subject: str | None = None
    rating: Rating | None = None
    reopened_at: datetime | None = None
    tags: tuple[str, ...] = ()
    nothing: bool = False
    note: bool = False


def stories(now: datetime) -> tuple[Story, ...]:
    """Every conversation of the demo, with times counted back from `now` (aware)."""
    return read_stories(files("service.demo").joinpath("stories.txt").read_text(encoding="utf-8"), now)


def read_stories(text: str, now: datetime) -> tuple[Story, ...]:
    """The stories that `text` tells; raises `StoryError` with the number of the line that cannot be read."""
    told: dict[str, Story] = {}
    for draft in _drafts(text.splitlines(), now):
        if draft.name in told:
            raise StoryError(f"story {draft.name!r} is told twice")
        if not draft.messages:
            raise StoryError(f"story {draft.name!r} has no messages")
        told[draft.name] = _finished(draft)
    return tuple(told.values())


def _drafts(lines: Iterable[str], now: datetime) -> Iterator[_Draft]:
    draft: _Draft | None = None
    for number, line in enumerate(lines, 1):
        kind, _, rest = line.strip().partition(" ")
        if not kind or kind.startswith("#"):
            continue
        try:
            if kind == "@":
                if draft:
                    yield draft
                draft = _opened(rest, now)
            elif draft is None:
                raise StoryError("a turn before any story")
            else:
                _turn(draft, kind, rest.strip(), now)
        except (ValueError, LookupError) as error:
            raise StoryError(f"line {number}: {error}") from error
    if draft:
        yield draft


def _opened(header: str, now: datetime) -> _Draft:
    cells = [cell.strip() for cell in header.split("|")]
    if len(cells) < 5:
        raise StoryError("a story needs name, helpdesk, channel, customer and start")
    how = cells[5] if len(cells) > 5 else ""
    if cells[1] not in HELPDESKS:
        raise StoryError(f"{cells[1]!r} is no helpdesk of the demo")
    if how not in WAYS and not how.startswith("reopen "):
        raise StoryError(f"{how!r} is no way to play a story")
    start = now + timedelta(minutes=float(cells[4]))
    return _Draft(cells[0], cells[1], Channel(cells[2]), cells[3], start, how, start)


def _turn(draft: _Draft, kind: str, rest: str, now: datetime) -> None:
    if kind in ROLES:
        draft.messages.append(_message(draft, kind, rest))
    elif kind in EVENTS:
        if kind == "R":
            draft.clock = draft.reopened_at = now + timedelta(minutes=float(draft.how.removeprefix("reopen ")))
        draft.events.append(_event(draft, kind, rest))
        draft.clock += timedelta(seconds=1)
    elif kind == "+":
        draft.clock += timedelta(minutes=float(rest))
    elif kind == "*":
        draft.rating = Rating(score=RATINGS[rest], scale="1-5", at=draft.clock)
    elif kind == "S":
        draft.subject = rest
    elif kind == "=":
        draft.nothing = rest == "none"
        draft.tags = () if draft.nothing else tuple(tag.strip() for tag in rest.split(",") if tag.strip())
    elif kind == "!":
        draft.note = True
    else:
        raise StoryError(f"{kind!r} begins no line of a story")


def _message(draft: _Draft, kind: str, text: str) -> Message:
    role = ROLES[kind]
    at = draft.clock
    draft.clock += AGENT_TURN if role is Role.AGENT else TURN
    bot = "Fern Mail" if draft.channel is Channel.EMAIL else "Fern"
    who = {Role.CUSTOMER: f"{draft.customer}-{draft.helpdesk}", Role.BOT: bot}.get(role, "agent-1")
    author = Author(role, who, "customer care" if role is Role.AGENT else None)
    return Message(id=f"m{len(draft.messages)}", author=author, text=text, at=at, internal=kind == "N")


def _event(draft: _Draft, kind: str, rest: str) -> Event:
    by = Initiator(rest) if kind == "H" and rest else None
    target = rest if kind == "T" else TEAMS.get(kind)
    return Event(id=f"e{len(draft.events)}", kind=EVENTS[kind], at=draft.clock, by=by, target=target)


def _finished(draft: _Draft) -> Story:
    conversation = Conversation(
        helpdesk=draft.helpdesk,
        account=GROUP,
        account_group=GROUP,
        id=draft.name,
        contact=Contact(f"{draft.customer}-{draft.helpdesk}", None, f"{draft.customer}@example.com", True),
        channel=draft.channel,
        brand=OUTLET_SHOP if draft.customer < "d" else SHOP,
        subject=draft.subject,
        messages=tuple(draft.messages),
        events=tuple(draft.events),
        opened_at=draft.start,
        closed_at=draft.clock,
        rating=draft.rating,
        tags=("dm__ignore",) if draft.how == "ignore" else (),
    )
    return Story(
        name=draft.name,
        conversation=conversation,
        later=draft.how == "later",
        read_only=draft.how == "read_only",
        ignored=draft.how == "ignore",
        reopened_at=draft.reopened_at,
        expected_tags=draft.tags,
        expects_note=draft.note,
        expects_nothing=draft.nothing,
    )
