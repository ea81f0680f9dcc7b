"""Whether the history that figures rest on is there: while it is read, nothing is compared with an account's beginning.

What is read first are the days that a beginning is made of, and then those that follow: half-way through, both change
with every conversation that is scored. Days that are added up anew are no reason to wait, for figures count the facts
of those until they are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.store import backfills
from service.store import unread as history
from service.store.backfill_models import Backfill, BackfillState


@dataclass(frozen=True, slots=True)
class Unread:
    """History that is not counted whole: `done` of the `found` conversations known so far have their verdicts.

    `listed`: the helpdesk named all of them. `moves`: it goes on, so that figures change while one looks; one that
    stood still for a day, or longer, does not.
    """

    found: int
    done: int
    listed: bool
    moves: bool


def unread(session: Session, installation_ids: Collection[str], *, now: datetime) -> Unread | None:
    """What is still to be read of the history of these installations; `None` when all is counted that there is."""
    parts = list(_parts(session, installation_ids, now))
    if not parts:
        return None
    return Unread(
        found=sum(part.found for part in parts),
        done=sum(part.done for part in parts),
        listed=all(part.listed for part in parts),
        moves=any(part.moves for part in parts),
    )


def _parts(session: Session, ids: Collection[str], now: datetime) -> Iterator[Unread]:
    for name, (row, waiting) in history.unread(session, ids).items():
        found = int(row.counts.get("found", 0)) if row is not None else history.known(session, name)
        aside = backfills.aside(session, name) if row is not None else 0
        yield Unread(found, max(found - aside - waiting, 0), _is_listed(row), waiting > 0 or _goes_on(row, now))


def _is_listed(row: Backfill | None) -> bool:
    return row is None or row.cursor is None or row.state == BackfillState.DONE


def _goes_on(row: Backfill | None, now: datetime) -> bool:
    return row is not None and row.state != BackfillState.DONE and now - row.changed_at < backfills.STILL
