"""Knowledge gaps as people read them: each with its life and the effect of what was done, as plain data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.figures.gap_life import DAY, GapLife, Rules, life
from service.store import gaps as store
from service.store.figures import totals_by_day
from service.store.gap_facts import Gap

TALKED = "gap"
"""The measure of what the bot took part in: the score has a verdict exactly where a bot wrote to the customer."""

Talked = Callable[[date, date, Collection[str]], Mapping[str, Mapping[date, int]]]
"""Asked for days (from, up to but without) and installations: in how many episodes of each day the bot took part."""


def report(session: Session, installation_id: str | None, *, as_of: datetime) -> list[dict[str, Any]]:
    """Every gap with messages, largest first."""
    found = store.listed(session, installation_ids=None if installation_id is None else [installation_id])
    return [described(*each) for each in lived(found, talked_in(session), as_of=as_of)]


def lived(found: Sequence[Gap], talked: Talked, *, as_of: datetime) -> list[tuple[Gap, GapLife]]:
    """These gaps with their lives; those without a counted message are left out."""
    exposed = exposures(found, talked, as_of=as_of)
    told = ((gap, life(gap.facts, as_of=as_of, exposure=exposed[gap.row.installation_id])) for gap in found)
    return [(gap, known) for gap, known in told if known is not None]


def talked_in(session: Session) -> Talked:
    """Read from what is stored."""
    return lambda since, until, ids: totals_by_day(session, TALKED, since=since, until=until, installation_ids=ids)


def exposures(
    found: Sequence[Gap], talked: Talked, *, as_of: datetime, since: date | None = None
) -> Mapping[str, Mapping[date, int]]:
    """How many episodes the bot took part in, by day, in each installation that has one of these gaps: from `since`, or
    as far back as a fix of them has to be compared with; nothing where there is neither."""
    fixes = [at.date() - Rules().before * DAY for gap in found for at in gap.facts.fixes]
    start = min([*fixes, *([since] if since else [])], default=None)
    names = list({gap.row.installation_id: None for gap in found})
    return {name: {} for name in names} if start is None else talked(start, as_of.date() + DAY, names)


def described(gap: Gap, lived: GapLife) -> dict[str, Any]:
    """One gap as JSON types; times in ISO 8601, UTC."""
    row, effect = gap.row, lived.effect
    return {
        "id": row.id,
        "installation": row.installation_id,
        "label": row.label,
        "state": lived.state.value,
        "steps": [{"state": step.state.value, "at": step.at.isoformat()} for step in lived.steps],
        "messages": lived.messages,
        "last_asked_at": (gap.facts.asked.last if gap.facts.asked else lived.opened_at).isoformat(),
        "reasons": dict(gap.reasons),
        "article": row.reference,
        "audience": row.audience,
        "examples": list(gap.examples),
        "effect": None
        if effect is None
        else {
            "fixed_at": effect.fixed_at.isoformat(),
            "messages_before": effect.messages_before,
            "bot_conversations_before": effect.conversations_before,
            "messages_after": effect.messages_after,
            "bot_conversations_after": effect.conversations_after,
            "rate_ratio": effect.ratio,
            "p": effect.p,
        },
    }
