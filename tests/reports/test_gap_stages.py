"""The steps of a gap's life read one after the other, and the last of them is where it stands."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from service.figures.gap_life import DAY, Effect, GapLife, GapState, Step
from service.reports.gap_board import standing
from service.reports.gap_stages import stages

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
STATES = {"o": GapState.OPEN, "a": GapState.ACKNOWLEDGED, "f": GapState.FIXED, "v": GapState.VERIFIED,
          "r": GapState.REOPENED}  # fmt: skip


def lived(steps: str) -> GapLife:
    """A step each ten days."""
    found = tuple(Step(STATES[each], START + 10 * n * DAY) for n, each in enumerate(steps))
    effects = tuple(Effect(step.at, 9, 100, 1, 100, 0.01) for step in found if step.state is GapState.FIXED)
    return GapLife(found, 9, effects)


@pytest.mark.parametrize(
    ("steps", "assigned", "reads"),
    [
        ("o", None, "new | acknowledged assigned fixed verified"),
        ("oa", None, "new acknowledged | assigned fixed verified"),
        ("oa", 15, "new acknowledged assigned | fixed verified"),
        ("oa", 5, "new assigned | fixed verified"),
        ("o", -3, "new assigned | fixed verified"),
        ("of", 5, "new assigned fixed | verified"),
        ("of", 15, "new fixed | verified"),
        ("ofv", 5, "new assigned fixed verified |"),
        ("ofr", 5, "new assigned fixed reopened | assigned fixed verified"),
        ("ofra", 5, "new assigned fixed reopened acknowledged | assigned fixed verified"),
        ("ofra", 35, "new fixed reopened acknowledged assigned | fixed verified"),
        ("ofra", 25, "new fixed reopened assigned | fixed verified"),
        ("ofrfv", 5, "new assigned fixed reopened fixed verified |"),
    ],
)
def test_steps(steps: str, assigned: int | None, reads: str) -> None:
    at, audience = (None, None) if assigned is None else (START + assigned * DAY, "content")
    life = lived(steps)
    were, ahead = stages(life, audience, at, today=START.date())
    assert " ".join([*(each.standing for each in were), "|", *(each.standing for each in ahead)]) == reads
    assert were[-1].standing is standing(life, audience, at)
    assert all(each.is_ahead and each.at is None for each in ahead)


@pytest.mark.parametrize(
    ("steps", "reads"),
    [("o", "new assigned"), ("oa", "new acknowledged assigned"), ("oaf", "new acknowledged assigned fixed")],
)
def test_of_old_assignments_the_day_is_not_known(steps: str, reads: str) -> None:
    were, _ = stages(lived(steps), "content", None, today=START.date())
    assert " ".join(each.standing for each in were) == reads
    assert [each.at for each in were if each.standing == "assigned"] == [None]


def test_when_a_fix_is_looked_at() -> None:
    fixed = START + 10 * DAY
    _, (look,) = stages(lived("of"), None, None, today=fixed.date())
    assert look.due == (fixed + 15 * DAY).date()
    _, (late,) = stages(lived("of"), None, None, today=(fixed + 99 * DAY).date())
    assert late.due is None
