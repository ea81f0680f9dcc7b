"""What would be written and is not yet: lists, counts, and a look at what other rules would let through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, undefer

from service.document import from_document
from service.store.models import Conversation, Installation, State
from service.store.queries import MOST_PAGES, PAGE, Page
from service.write_rules import Facts, WriteRules, allows, beside_id, facts_of

LATEST = 200
"""How many conversations a preview looks at."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What is planned for an installation: conversations, and of their changes how many of each part."""

    conversations: int
    tags: int
    fields: int
    notes: int


@dataclass(frozen=True, slots=True)
class Known:
    """The latest scored conversations, as rules see them."""

    facts: tuple[Facts, ...]

    def let_through(self, rules: WriteRules) -> int:
        """How many of them something would be written to."""
        return sum(bool(allows(rules, facts).parts) for facts in self.facts)

    def unseen(self, rules: WriteRules, called: Callable[[str, str], str]) -> list[str]:
        """What the rules name and none of them has, in plain words; without conversations nothing can be said.

        `called` tells the name of a value of a dimension.
        """
        if not self.facts:
            return []
        named = (
            ("group", rules.groups, self.groups()),
            ("brand", rules.brands, self.brands()),
            ("form", rules.forms, self.forms()),
        )
        return [
            f"no conversation of the last {len(self.facts)} has the {what} {beside_id(called(what, word), word)}"
            for what, words, seen in named
            for word in words
            if word.casefold() not in {each.casefold() for each in seen}
        ]

    def groups(self) -> list[str]:
        """Groups that occur, each once."""
        return sorted({group for facts in self.facts for group in facts.groups})

    def brands(self) -> list[str]:
        """Brands that occur, each once."""
        return sorted({facts.brand for facts in self.facts if facts.brand})

    def channels(self) -> list[str]:
        """Channels that occur, each once."""
        return sorted({facts.channel for facts in self.facts if facts.channel})

    def forms(self) -> list[str]:
        """Forms that occur, each once."""
        return sorted({facts.form for facts in self.facts if facts.form})


def known(session: Session, installation_id: str, *, latest: int = LATEST) -> Known:
    """What is known of the conversations that ended last."""
    scored = (Conversation.installation_id == installation_id, Conversation.state == State.SCORED)
    statement = select(Conversation.id, Conversation.document).where(*scored, Conversation.document.is_not(None))
    rows = session.execute(statement.order_by(Conversation.ended_at.desc()).limit(latest))
    return Known(tuple(facts_of(from_document(document), row_id) for row_id, document in rows if document))


def counts(session: Session, installation_id: str) -> Counts:
    """What is planned."""
    parts = [
        func.coalesce(func.sum(Conversation.plan[("counts", name)].as_integer()), 0)
        for name in ("tags", "fields", "notes")
    ]
    statement = select(func.count(), *parts).where(*_planned(installation_id))
    return Counts(*(int(number) for number in session.execute(statement).one()))


def listed(session: Session, installation_id: str, *, page: int = 1, per_page: int = PAGE) -> Page[Conversation]:
    """Conversations with their plans, the latest plan first."""
    number = min(max(1, page), MOST_PAGES)
    statement = (
        select(Conversation)
        .where(*_planned(installation_id))
        .options(undefer(Conversation.plan))
        .order_by(Conversation.planned_at.desc(), Conversation.id)
    )
    rows = session.scalars(statement.limit(per_page + 1).offset((number - 1) * per_page)).all()
    return Page(rows[:per_page], number, len(rows) > per_page)


def plan_of(row_id: str) -> Select[tuple[dict[str, Any] | None]]:
    """The plan of one conversation."""
    return select(Conversation.plan).where(Conversation.id == row_id)


def following(session: Session, installation: Installation, *, after: str, limit: int) -> Sequence[Conversation]:
    """The next conversations beyond `after` (by our id) for which something is planned, with everything stored."""
    wanted = (*_planned(installation.id), Conversation.id > after, Conversation.state == State.SCORED)
    everything = (undefer(Conversation.plan), undefer(Conversation.document), undefer(Conversation.there))
    statement = select(Conversation).where(*wanted).options(*everything)
    return session.scalars(statement.order_by(Conversation.id).limit(limit)).all()


def _planned(installation_id: str) -> tuple[ColumnElement[bool], ...]:
    return (Conversation.installation_id == installation_id, Conversation.planned_at.is_not(None))
