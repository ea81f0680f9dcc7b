"""Knowledge gaps as people read them: each with its life and the effect of what was done, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from service.figures.gap_life import DAY, GapLife, Rules, life
from service.store import gaps as store
from service.store.figures import totals_by_day
from service.store.gap_facts import Gap


def report(session: Session, installation_id: str | None, *, as_of: datetime) -> list[dict[str, Any]]:
    """Every gap with messages, largest first."""
    found = store.listed(session, installation_id)
    return [described(gap, lived) for gap, lived in _lived(session, found, as_of)]


def lives(session: Session, found: Sequence[Gap], *, as_of: datetime) -> list[GapLife]:
    """The lives of these gaps, for figures."""
    return [lived for _, lived in _lived(session, found, as_of)]


def _lived(session: Session, found: Sequence[Gap], as_of: datetime) -> list[tuple[Gap, GapLife]]:
    names = {gap.row.installation_id for gap in found}
    exposures = {name: exposure(session, name, found, as_of=as_of) for name in names}
    lived = ((gap, life(gap.facts, as_of=as_of, exposure=exposures[gap.row.installation_id])) for gap in found)
    return [(gap, told) for gap, told in lived if told is not None]


def exposure(
    session: Session, installation_id: str, found: Iterable[Gap], *, as_of: datetime, since: date | None = None
) -> Mapping[date, int]:
    """How many episodes the bot took part in, by day: from `since`, or as far back as a fix of these gaps has to be
    compared with; nothing where there is neither."""
    fixes = [at for gap in found if gap.row.installation_id == installation_id for at in gap.facts.fixes]
    starts = [min(fixes).date() - Rules().before * DAY] if fixes else []
    since = min([*starts, *([since] if since else [])], default=None)
    if since is None:
        return {}
    # The score has a verdict exactly where a bot wrote to the customer.
    return totals_by_day(session, "gap", since=since, until=as_of.date() + DAY, installation_ids=[installation_id])


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
