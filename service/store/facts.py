"""Facts in the database: one for each episode and version, and a mark on every day whose facts changed.

Every change of a fact and the mark on its day are one transaction, so that a day without a mark is added up right. The
mark comes last in it: a day's row is then locked for a moment only, and nobody waits for anybody in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import uuid4

import numpy as np
from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from service.conversation import Conversation as Episode
from service.figures.cells import FORM, cells_of
from service.figures.fact import DIMENSIONS, Fact
from service.figures.facts import fact_of, rejudged
from service.scoring.score import DEFINITIONS, Scorecard
from service.store import gap_facts, reviews
from service.store.cells import Counts, Name, count, numbered
from service.store.figure_models import DirtyDay, FactRow
from service.store.models import Conversation
from service.store.statements import insert

COLUMNS = DIMENSIONS[2:]
"""The dimensions that vary within an installation; helpdesk and account are the installation's own."""


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """One day of an installation under one version of the definitions."""

    installation_id: str
    definitions: str
    day: date


@dataclass(frozen=True, slots=True)
class Judged:
    """All facts of one conversation under one version. `ended` is the day of those that know none."""

    conversation_id: str
    installation_id: str
    definitions: str
    facts: Sequence[Fact]
    ended: date


def judged(row: Conversation, cards: Sequence[Scorecard], pieces: Sequence[Episode], *, now: datetime) -> Judged:
    """The facts of a stored conversation: of each card and the episode that it is of."""
    facts = tuple(fact_of(card, piece) for card, piece in zip(cards, pieces, strict=True))
    return Judged(row.id, row.installation_id, cards[-1].definitions, facts, (row.ended_at or now).date())


def save(session: Session, judged: Sequence[Judged], *, now: datetime) -> None:
    """Keep these facts instead of the ones that the same conversations had under the same version.

    The caller holds the conversations' rows, and this is the last thing its transaction does. What has not changed
    leaves no mark.
    """
    numbers = numbered(session, {name for each in judged for fact in each.facts for name in _counted(fact)})
    rows = {
        (each.conversation_id, each.definitions, fact.episode): _row(each, fact, numbers)
        for each in judged
        for fact in each.facts
    }
    known = _known(session, judged)
    changed = {key: row for key, row in rows.items() if not _same(known.get(key), row)}
    gone = [key for key in known if key in changed or key not in rows]
    _delete(session, gone)
    if changed:
        session.execute(insert(session, FactRow), list(changed.values()))
    asked = [row for row in rows.values() if row["definitions"] == DEFINITIONS and row["fact"].get("gap") == "gap"]
    gap_facts.dimensions_follow(session, asked)
    reviews.days_follow(session, [row for row in changed.values() if row["definitions"] == DEFINITIONS])
    days = {_day(known[key]) for key in gone} | {
        Day(row["installation_id"], row["definitions"], row["day"]) for row in changed.values()
    }
    mark(session, days, now=now)


def rejudge(session: Session, conversation_id: str, cards: Sequence[Scorecard], *, now: datetime) -> None:
    """Let the facts of a conversation say what `cards` (of any episodes and versions) say now; as `save` otherwise.

    Neither the document nor the policy is needed, so it works where the text was dropped long ago.
    """
    known = session.scalars(select(FactRow).where(FactRow.conversation_id == conversation_id)).all()
    standing = {(card.definitions, card.episode): card for card in cards}
    found: dict[str, list[FactRow]] = {}
    for row in known:
        found.setdefault(row.definitions, []).append(row)
    changed = [
        Judged(
            conversation_id,
            rows[0].installation_id,
            version,
            [_rejudged(row, standing.get((version, row.episode))) for row in rows],
            rows[-1].day,
        )
        for version, rows in found.items()
    ]
    if changed:
        save(session, changed, now=now)


def _rejudged(row: FactRow, card: Scorecard | None) -> Fact:
    fact = Fact.from_json(row.fact)
    return fact if card is None else rejudged(fact, card)


def drop(session: Session, conversation_id: str, *, now: datetime) -> None:
    """Remove every fact of a conversation, of all versions; the last thing a transaction does, as `save`."""
    known = session.scalars(select(FactRow).where(FactRow.conversation_id == conversation_id)).all()
    days = {_day(row) for row in known}
    session.execute(delete(FactRow).where(FactRow.conversation_id == conversation_id))
    mark(session, days, now=now)


def mark(session: Session, days: Iterable[Day], *, now: datetime) -> None:
    """Say that the facts of these days changed."""
    rows = [
        {"installation_id": d.installation_id, "definitions": d.definitions, "day": d.day, "mark": uuid4().hex,
         "marked_at": now}
        for d in sorted(days)
    ]  # fmt: skip
    if rows:
        marking = insert(session, DirtyDay).values(rows)
        key = [DirtyDay.installation_id, DirtyDay.definitions, DirtyDay.day]
        session.execute(marking.on_conflict_do_update(index_elements=key, set_={"mark": marking.excluded.mark}))


def count_anew(session: Session, *, now: datetime, limit: int = 500) -> int:
    """Count facts that were counted in an older way, at most `limit`; how many there were."""
    old = select(FactRow).where(FactRow.form < FORM).limit(limit).with_for_update(skip_locked=True)
    rows = session.scalars(old).all()
    facts = {row: Fact.from_json(row.fact) for row in rows}
    numbers = numbered(session, {name for fact in facts.values() for name in _counted(fact)})
    for row, fact in facts.items():
        row.cells, row.large = counts_of(fact, numbers).packed()
        row.had_answer = _had_answer(fact)
        row.form = FORM
    session.flush()
    mark(session, {_day(row) for row in rows}, now=now)
    return len(rows)


def counts_of(fact: Fact, numbers: Mapping[Name, int]) -> Counts:
    """What the fact adds, under the cells' numbers."""
    cells = list(cells_of(fact))
    numbered_cells = np.array([numbers[(measure, bucket)] for measure, bucket, _ in cells], dtype=np.int64)
    return count(numbered_cells, np.array([number for _, _, number in cells], dtype=np.int64))


def _had_answer(fact: Fact) -> str | None:
    """Only while the handoff stands as avoidable: a reviewer may have said that it was needed."""
    return fact.had_answer if fact.escalation == "avoidable" else None


def _counted(fact: Fact) -> Iterable[Name]:
    return ((measure, bucket) for measure, bucket, _ in cells_of(fact))


def _row(judged: Judged, fact: Fact, numbers: Mapping[Name, int]) -> dict[str, Any]:
    cells, large = counts_of(fact, numbers).packed()
    return {
        "conversation_id": judged.conversation_id,
        "definitions": judged.definitions,
        "episode": fact.episode,
        "installation_id": judged.installation_id,
        "day": judged.ended if fact.day is None else date.fromisoformat(fact.day),
        **{column: getattr(fact, column) or None for column in COLUMNS},
        "had_answer": _had_answer(fact),
        "fact": fact.to_json(),
        "form": FORM,
        "cells": cells,
        "large": large,
    }


def _known(session: Session, judged: Sequence[Judged]) -> dict[tuple[str, str, int], FactRow]:
    keys = sorted({(each.conversation_id, each.definitions) for each in judged})
    found = select(FactRow).where(tuple_(FactRow.conversation_id, FactRow.definitions).in_(keys))
    rows = session.scalars(found.execution_options(populate_existing=True))
    return {(row.conversation_id, row.definitions, row.episode): row for row in rows}


def _same(known: FactRow | None, row: dict[str, Any]) -> bool:
    return known is not None and all(getattr(known, column) == value for column, value in row.items())


def _delete(session: Session, keys: Sequence[tuple[str, str, int]]) -> None:
    if keys:
        key = tuple_(FactRow.conversation_id, FactRow.definitions, FactRow.episode)
        statement = delete(FactRow).where(key.in_(keys))
        session.execute(statement.execution_options(synchronize_session=False))


def _day(row: FactRow) -> Day:
    return Day(row.installation_id, row.definitions, row.day)
