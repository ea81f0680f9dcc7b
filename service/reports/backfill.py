"""How far a backfill has come, for the command line and the page alike: counts, rate, time left, and what was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.store import backfills
from service.store.backfill_models import Backfill, BackfillState

WORDS = {
    "stored": "stored",
    "known": "known already, left as they are",
    "again": "changed since they were read live, read again",
    "erased": "of people who were erased, not stored",
}
LEFT_OUT, SINGLE = "left out: ", "read singly: "


@dataclass(frozen=True, slots=True)
class Standing:
    """One backfill. `found` conversations are listed so far, `done` of them are stored or left out, `unscored` wait for
    their scores. `calls` were made. `per_minute` conversations are done while it works; `None`: not known yet. `left`:
    the time until all that are found are done, at that rate.
    """

    state: BackfillState
    since: datetime
    until: datetime
    share: int
    found: int
    done: int
    unscored: int
    calls: int
    per_minute: float | None
    left: timedelta | None
    told: Sequence[tuple[str, int]]
    error: str | None
    wait_until: datetime | None
    changed_at: datetime

    @property
    def calls_each(self) -> float | None:
        """Requests for each conversation that is done."""
        return self.calls / self.done if self.done else None


def standing(session: Session, installation_id: str) -> Standing | None:
    """How the installation's backfill stands; `None` when there never was one."""
    row = backfills.get(session, installation_id)
    if row is None:
        return None
    found = int(row.counts.get("found", 0))
    aside = backfills.aside(session, installation_id)
    done = max(found - aside, 0)
    rate = done / (row.milliseconds / 60_000) if done and row.milliseconds else None
    left = timedelta(minutes=aside / rate) if rate and row.state == BackfillState.RUNNING else None
    return Standing(
        state=BackfillState(row.state),
        since=row.since,
        until=row.until,
        share=row.share,
        found=found,
        done=done,
        unscored=backfills.unscored(session, installation_id),
        calls=int(row.counts.get("calls", 0)),
        per_minute=rate,
        left=left,
        told=list(_told(row)),
        error=row.error,
        wait_until=row.wait_until,
        changed_at=row.changed_at,
    )


def _told(row: Backfill) -> Sequence[tuple[str, int]]:
    """Every count in words, what was stored first."""
    counts = {name: int(number) for name, number in row.counts.items() if number}
    lines = [(words, counts[name]) for name, words in WORDS.items() if name in counts]
    for prefix, before in ((LEFT_OUT, "left out, "), (SINGLE, "read by themselves, ")):
        found = ((name.removeprefix(prefix), number) for name, number in counts.items() if name.startswith(prefix))
        lines += [(before + why, number) for why, number in sorted(found)]
    return lines
