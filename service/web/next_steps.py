"""What to do next, in words: each step with the number that it was chosen by, and the address where it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy.orm import Session

from service.figures.had_answer import ARTICLE, SOLVED
from service.figures.results import Unit, Value
from service.figures.wording import number
from service.figures.words import called
from service.reports.gap_board import Standing
from service.reports.gap_names import called as gap_called
from service.reports.next_steps import About, OpenGap, Reviews, Shortfall, Spared, Step, steps
from service.reports.periodic.alert_words import says
from service.store import goals
from service.store.next_steps import OpenAlarms
from service.web.gaps import look_at, may_read
from service.web.parts import parts
from service.web.rights import Right, may
from service.web.view import View

WHOLE = frozenset({"helpdesk", "installation"})
"""Filters under which steps are told; alerts, gaps and disputes belong to no brand, channel or intent alone."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One step: what to do, why, and where."""

    does: str
    why: str
    address: str


def next_steps(session: Session, view: View, short: Shortfall | None) -> list[Shown] | None:
    """What to do next; `None` where that cannot be told: nothing is counted, or only a part or the past is shown."""
    if view.latest is None or view.last < view.latest or not set(view.filters) <= WHOLE:
        return None
    helpdesk = view.filters.get("helpdesk")
    ids = [
        row.id
        for row in view.installations
        if (view.reach is None or row.id in view.reach) and helpdesk in (None, row.connector)
    ]
    prices = goals.prices(session, parts().settings.prices)
    share = parts().settings.review_share if may(Right.REVIEW) else None
    about = About(view.source(session), ids, view.latest, prices, share)
    currency = prices.currency if prices is not None else ""
    found = steps(session, about, short)
    return [_shown(step, view, currency, _named(session, found)) for step in found]


def _named(session: Session, found: Sequence[Step]) -> Mapping[int, str]:
    """What the gaps among the steps are called, as far as the visitor may know."""
    rows = [step.line.gap.row for step in found if isinstance(step, OpenGap)]
    known = may_read(session, rows)
    look_at(known, rows, "next steps")
    return {row.id: gap_called(row, known.get(row.id)) for row in rows if may(Right.READ)}


def _shown(step: Step, view: View, currency: str, names: Mapping[int, str]) -> Shown:
    match step:
        case OpenAlarms():
            return _alarm(step)
        case OpenGap():
            return _gap(step, view, currency, names)
        case Spared():
            return _spared(step, view)
        case Shortfall():
            return _short(step, view)
        case Reviews():
            return _reviews(step)


def _alarm(step: OpenAlarms) -> Shown:
    row = step.newest
    about = says(row.figure, row.kind, row.first_day, row.seen)
    return Shown(
        "Look at the open alert" if step.count == 1 else "Look at the open alerts",
        f"{about}. {'Nobody has answered it.' if step.count == 1 else f'The newest of {step.count} that wait.'}",
        url_for("figure_alerts.one", alert_id=row.id) if step.count == 1 else url_for("figure_alerts.page"),
    )


def _gap(step: OpenGap, view: View, currency: str, names: Mapping[int, str]) -> Shown:
    line = step.line
    label = f"“{names[line.gap.row.id]}”" if line.gap.row.id in names else f"{line.gap.row.id}"
    again = line.standing is Standing.REOPENED
    stands = "its fix did not last" if again else f"open for {_count(line.age, 'day')}, and nobody's work"
    cost = f" {number(line.cost, Unit.MONEY)} {currency}".rstrip() if line.cost else ""
    why = f"Asked {_a_week(step.weekly)}; {stands}."
    return Shown(
        f"Look again at gap {label}" if again else f"Give the gap {label} an owner",
        f"{why}{f' It cost{cost} in four weeks.' if cost else ''}",
        _address("gap.page", view, gap_id=line.gap.row.id) + ("#do" if may(Right.MANAGE) else ""),
    )


def _spared(step: Spared, view: View) -> Shown:
    key = step.answer
    address = _address("escalations.answer", view, key=key)
    often = f"{_a_week(step.weekly, 'handoff')[0].upper()}{_a_week(step.weekly, 'handoff')[1:]}"
    if key == SOLVED:
        return Shown("Let the bot end when the customer is done", f"{often} after the customer had said that it was "
                     "solved, more than for any other avoidable reason.", address)  # fmt: skip
    if key.startswith(ARTICLE):
        does = (
            f"Make the article “{key.removeprefix(ARTICLE)}” clearer: the bot answered from it and handed over anyway"
        )
    else:
        does = "Write an article from an answer that the bot had: it gave it and handed over anyway"
    return Shown(does, f"{often} in which a person then said the same as the bot: the answer behind most handoffs that "
                 "could have been spared.", address)  # fmt: skip


def _short(step: Shortfall, view: View) -> Shown:
    value = step.value
    now, goal = number(value.value or 0.0, value.unit), number(step.goal, value.unit)
    return Shown(
        f"Find out why “{called(step.figure, value)}” is behind",
        f"{now} since your first 30 days ended, this month's target is {goal}. The distance is "
        f"{_a_week(step.weekly, 'conversation')}.",
        _page(step.figure, value, view),
    )


def _page(figure: str, value: Value, view: View) -> str:
    of = {"of": value.of} if value.of else {}
    return _address("figures.page", view, name=figure, value=value.name, **of) + "#by"


def _address(endpoint: str, view: View, **own: Any) -> str:
    arguments: dict[str, Any] = {**view.args(), **own}
    return url_for(endpoint, **arguments)


def _reviews(step: Reviews) -> Shown:
    address, left = url_for("reviews.page"), f"{step.sampled:,} of last week's random sample"
    if not step.disputed:
        return Shown("Review last week's sample", f"{left} wait: only they tell how often Deskmark is right.", address)
    more = f" Also {left} wait." if step.sampled else ""
    why = f"In {_count(step.disputed, 'conversation')} an agent calls a verdict wrong, and nobody has looked.{more}"
    return Shown("Look at what agents dispute", why, address)


def _a_week(weekly: float, of: str = "time") -> str:
    return f"about {_count(round(weekly), of)} a week"


def _count(n: int, of: str) -> str:
    return f"{n:,} {of}{'' if n == 1 else 's'}"
