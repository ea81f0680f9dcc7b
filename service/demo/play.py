"""Plays the demo: two local helpdesks and the embedded service, every story through signed webhooks, then the proof.

What is checked at the end is read from the helpdesks, not from our own database: the tags and notes that stand there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from service.conversation import Conversation, Event, Message
from service.demo.story import GROUP, Story
from service.store import installations, results
from service.store.database import Database
from service.store.models import Conversation as Row
from service.store.models import Delivery, DeliveryState, Installation, State, Writeback
from service.store.secrets import SecretBox
from service.writeback import parse_note
from tasks.runtime import utc_now

PREFIX = "dm__"
ROUND_SECONDS = 300.0
"""A round that takes longer is stuck: the table then says what is missing."""

LOOK_SECONDS = 0.2
SOON = timedelta(minutes=1)
"""Work due later than this is not waited for: a ticket nobody can write to is looked at again in an hour."""


class Snapshot(Protocol):
    """What stands on a conversation of a sandbox."""

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """The text of every private note."""
        ...


class Sandbox(Protocol):
    """A local helpdesk, as each connector brings one."""

    @property
    def base_url(self) -> str:
        """Where its API is."""
        ...

    @property
    def secrets(self) -> Mapping[str, str]:
        """What an installation connected to it stores."""
        ...

    def seed(self, conversation: Conversation, *, ended: bool = True) -> str:
        """Play a conversation in; its id there."""
        ...

    def with_ids(self, conversation: Conversation) -> Conversation:
        """The conversation as it is read back: brand and bots under the ids that they have there."""
        ...

    def continue_(self, conversation_id: str, messages: Iterable[Message] = (), events: Iterable[Event] = ()) -> object:
        """Play more into it."""
        ...

    def connect_webhook(self, url: str) -> object:
        """Send its webhooks there."""
        ...

    def snapshot(self, conversation_id: str) -> Snapshot:
        """What stands on a conversation now."""
        ...


@dataclass(frozen=True, slots=True)
class Helpdesk:
    """One sandbox, the options its installation needs beside secrets, and how it plays a ticket nobody can write to.

    `seed_read_only` seeds such a ticket and `escalate` lets people take it over; only Zendesk has them.
    """

    connector: str
    sandbox: Sandbox
    options: Mapping[str, Any]
    seed_read_only: Callable[[Conversation], str] | None = None
    escalate: Callable[[str], None] | None = None


@dataclass(frozen=True, slots=True)
class Played:
    """One story after the demo: what Deskmark decided, what stands on the helpdesk, and what of it is missing."""

    story: Story
    number: str
    page: str
    card: Mapping[str, Any] | None
    tags: tuple[str, ...]
    notes: int
    seconds: float | None
    missing: tuple[str, ...]


class Demo:
    """Seeds the stories and waits for the service. Sandboxes and service are started by the caller."""

    def __init__(self, database: Database, box: SecretBox, helpdesks: Iterable[Helpdesk], service_url: str) -> None:
        self._database = database
        self._box = box
        self._helpdesks = {helpdesk.connector: helpdesk for helpdesk in helpdesks}
        self._service_url = service_url
        self._numbers: dict[str, str] = {}

    def connect(self) -> None:
        """Connect both helpdesks, writing switched on, and give them the webhook addresses."""
        for helpdesk in self._helpdesks.values():
            new = installations.NewInstallation(
                connector=helpdesk.connector,
                account=GROUP,
                account_group=GROUP,
                base_url=helpdesk.sandbox.base_url,
                secrets=self._box.lock(helpdesk.sandbox.secrets),
                options=helpdesk.options,
                prefix=PREFIX,
                writing=True,
            )
            with self._database.begin() as session:
                installations.add(session, new, now=utc_now())
            helpdesk.sandbox.connect_webhook(f"{self._service_url}/webhooks/{helpdesk.connector}/{new.id}")

    def play(self, stories: Iterable[Story], tell: Callable[[int], None]) -> None:
        """Play one round and wait until nothing is left to do; `tell` gets the number of stories seeded so far."""
        for count, story in enumerate(stories, 1):
            helpdesk = self._of(story)
            seed = helpdesk.seed_read_only if story.read_only else helpdesk.sandbox.seed
            assert seed is not None, f"{helpdesk.connector} has no read-only conversations"
            self._numbers[story.name] = seed(_first_part(story))
            tell(count)

    def go_on(self, stories: Iterable[Story]) -> None:
        """What happens later to conversations that were played before: reopened, or handed to people at last."""
        for story in stories:
            number, helpdesk = self._numbers[story.name], self._of(story)
            if story.read_only and helpdesk.escalate is not None:
                helpdesk.escalate(number)
            if story.reopened_at is not None:
                later = _second_part(story)
                helpdesk.sandbox.continue_(number, later.messages, later.events)

    def settle(self, tell: Callable[[int, int], None]) -> bool:
        """Wait until every delivery is looked at and nothing is due; `tell` gets (scored, known). False: too slow."""
        began = time.monotonic()
        while time.monotonic() - began < ROUND_SECONDS:
            time.sleep(LOOK_SECONDS)
            scored, known, waiting = self._progress()
            tell(scored, known)
            if not waiting and known >= len(self._numbers):
                return True
        return False

    def _progress(self) -> tuple[int, int, int]:
        with self._database.read() as session:
            known = session.scalar(select(func.count()).select_from(Row)) or 0
            done = (State.SCORED, State.OPTED_OUT)
            scored = session.scalar(select(func.count()).select_from(Row).where(Row.state.in_(done))) or 0
            soon = utc_now() + SOON
            busy = or_(Row.due_at <= soon, Row.write_due_at <= soon)
            waiting = session.scalar(select(func.count()).select_from(Row).where(busy)) or 0
            unread = Delivery.state == DeliveryState.RECEIVED
            waiting += session.scalar(select(func.count()).select_from(Delivery).where(unread)) or 0
        return scored, known, waiting

    def outcome(self, stories: Iterable[Story]) -> list[Played]:
        """What stands on the helpdesks now, against what must stand there."""
        return [self._outcome(story) for story in stories]

    def _outcome(self, story: Story) -> Played:
        number = self._numbers.get(story.name)
        if number is None:  # An earlier round got stuck.
            return Played(story, "", "", None, (), 0, None, ("never played",))
        there = self._of(story).sandbox.snapshot(number)
        own = tuple(tag for tag in there.tags if tag.startswith(PREFIX) and tag != f"{PREFIX}ignore")
        notes = [note for note in map(parse_note, there.notes) if note is not None]
        with self._database.read() as session:
            mine = (Row.external_id == number, Installation.connector == story.conversation.helpdesk)
            row = session.scalar(select(Row).join(Installation).where(*mine))
            card = results.latest_card(session, row.id) if row is not None else None
            seconds = _seconds(session, row) if row is not None else None
        return Played(
            story=story,
            number=number,
            page=f"{self._service_url}/c/{row.id}" if row is not None else "",
            card=card,
            tags=own,
            notes=len(notes),
            seconds=seconds,
            missing=_missing(story, own, [note.reference for note in notes]),
        )

    def _of(self, story: Story) -> Helpdesk:
        return self._helpdesks[story.conversation.helpdesk]


def _seconds(session: Session, row: Row) -> float | None:
    """From the first webhook about a conversation to the first verdict on the helpdesk, or saved where none was due."""
    mine = (Delivery.installation_id == row.installation_id, Delivery.external_id == row.external_id)
    heard = session.scalar(select(func.min(Delivery.received_at)).where(*mine))
    written = session.scalar(select(func.min(Writeback.sent_at)).where(Writeback.conversation_id == row.id))
    done = written or row.scored_at
    return (done - heard).total_seconds() if done and heard else None


def _missing(story: Story, tags: tuple[str, ...], references: list[str]) -> tuple[str, ...]:
    """What should stand on the helpdesk and does not, or stands there twice."""
    if story.expects_nothing:
        return tuple(f"{tag} should not be there" for tag in tags)
    wrong = [tag for tag in (f"{PREFIX}{name}" for name in story.expected_tags) if tag not in tags]
    if story.expects_note and not references:
        wrong.append("note")
    if len(set(references)) < len(references):
        wrong.append("a note stands twice")
    return tuple(wrong)


def _first_part(story: Story) -> Conversation:
    """The conversation up to its reopening, as it was when it first ended."""
    cut = story.reopened_at
    if cut is None:
        return story.conversation
    messages = tuple(m for m in story.conversation.messages if m.at is not None and m.at < cut)
    events = tuple(e for e in story.conversation.events if e.at is not None and e.at < cut)
    return replace(story.conversation, messages=messages, events=events, closed_at=messages[-1].at)


def _second_part(story: Story) -> Conversation:
    """What came with and after the reopening."""
    cut = story.reopened_at
    assert cut is not None
    messages = tuple(m for m in story.conversation.messages if m.at is not None and m.at >= cut)
    events = tuple(e for e in story.conversation.events if e.at is not None and e.at >= cut)
    return replace(story.conversation, messages=messages, events=events)
