"""Targets of the month that are reached: announced once each, and watched until the month is over."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from service.figures.words import called
from service.reports.periodic.data import Target
from service.reports.periodic.reader import Reader
from service.reports.periodic.report import Kind, Span
from service.reports.periodic.targets import AIMED, announceable, targets
from service.reports.sources import Stored
from service.scoring.score import DEFINITIONS
from service.store import figure_alerts, goals
from service.store.models import Installation
from tasks.runtime import Runtime

TARGETS = "targets"
RIPE = timedelta(days=3)
"""Days after which verdicts stand: a customer may come back, and an end may be told late."""


def look(runtime: Runtime, session: Session, row: Installation) -> None:
    """Announce what is reached by the days that stand; once a day. `seen["now"]` follows it to the month's end."""
    now = runtime.clock()
    held = figure_alerts.hold(session, row.id, TARGETS, before=now.date() - timedelta(days=1))
    if held.until >= now.date():
        return
    held.until = now.date()
    until = now.date() - RIPE
    span = Span.holding(Kind.MONTHLY, until - timedelta(days=1))
    settings = runtime.settings
    prices = goals.prices(session, settings.prices)
    source = Stored(session, DEFINITIONS, (row.id,), now, prices, settings.fewest_cases)
    reader = Reader(source, (), AIMED)
    for target in targets(source, reader, span, reader.values(span.since, until)):
        _keep(session, row.id, target, span, until - timedelta(days=1), now)


def _keep(session: Session, installation_id: str, target: Target, span: Span, day: date, now: datetime) -> None:
    name = "/".join(part for part in target.name if part)
    key = f"{figure_alerts.WIN}/{installation_id}/target:{name}/{span.since}"
    known = figure_alerts.by_key(session, key)
    if known is not None:
        known.seen = {**known.seen, "now": {**_value(target), "day": day.isoformat(), "reached": target.now.reached}}
    elif announceable(target.now):
        yesterday = now.date() - timedelta(days=1)
        figure_alerts.announce(
            session, (installation_id, f"target:{name}"), kind=figure_alerts.WIN, day=yesterday, key=key, now=now,
            direction="up" if target.now.goal >= (target.now.baseline.value or 0) else "down",
            seen={
                "target": list(target.name), "called": called(target.name[0], target.now.now),
                "month": span.since.isoformat(), "by": day.isoformat(), "goal": target.now.goal,
                "unit": target.now.now.unit.value, **_value(target),
            },
        )  # fmt: skip


def _value(target: Target) -> Mapping[str, Any]:
    value = target.now.now
    return {"value": value.value, "low": value.low, "high": value.high, "n": value.n}
