"""The life of a gap as steps that read one after the other: what is behind it with its day, where it is, what is ahead.

The last step that is not ahead is where the gap stands (`service.reports.gap_board.standing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from service.figures.gap_life import STILL_OPEN, GapLife, GapState, Step
from service.reports.gap_board import Standing
from service.reports.gap_words import next_look

AHEAD = (Standing.ACKNOWLEDGED, Standing.ASSIGNED, Standing.FIXED, Standing.VERIFIED)
"""What can follow, in this order; one that came back begins anew with being assigned."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step. `at` is `None` where nobody knows, and of what is ahead; `due` is when something ahead is decided."""

    standing: Standing
    at: datetime | None = None
    is_ahead: bool = False
    due: date | None = None


def stages(
    lived: GapLife, audience: str | None, assigned_at: datetime | None, *, today: date
) -> tuple[Sequence[Stage], Sequence[Stage]]:
    """What was, the last of it being where the gap stands; and what is ahead."""
    were = [Stage(_standing(step.state), step.at) for step in lived.steps]
    place = _place(lived.steps, assigned_at) if audience else None
    if place is not None:
        were.insert(place, Stage(Standing.ASSIGNED, assigned_at))
        # Whose work it is already, somebody has taken note of.
        if [each.standing for each in were[place + 1 : place + 2]] == [Standing.ACKNOWLEDGED]:
            del were[place + 1]
    return were, _ahead(were[-1].standing, lived, today)


def _standing(state: GapState) -> Standing:
    return Standing.NEW if state is GapState.OPEN else Standing(state.value)


def _place(steps: Sequence[Step], assigned_at: datetime | None) -> int | None:
    """Behind how many steps it became somebody's work; `None`: not while it was open, which is no step of its life.

    Of assignments of older releases the day is not known; they were before the first fix.
    """
    if assigned_at is None:
        return next((number for number, step in enumerate(steps) if step.state not in STILL_OPEN), len(steps))
    before = max(1, sum(step.at <= assigned_at for step in steps))
    return before if steps[before - 1].state in STILL_OPEN else None


def _ahead(now: Standing, lived: GapLife, today: date) -> Sequence[Stage]:
    place = AHEAD.index(now) + 1 if now in AHEAD else 1 if now is Standing.REOPENED else 0
    due = next_look(lived.effect, today) if now is Standing.FIXED and lived.effect is not None else None
    return [Stage(each, is_ahead=True, due=due) for each in AHEAD[place:]]
