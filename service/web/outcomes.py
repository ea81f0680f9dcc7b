"""What it meant: cost and savings at the stated prices, satisfaction and returns by outcome, and what would change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.charts.bars import bars
from service.charts.chart import Chart
from service.charts.data import Bar
from service.figures.beside import Prices
from service.figures.catalogue import figure
from service.figures.results import Unit, Value
from service.figures.rows.business import CLASSES
from service.figures.savings import missing, savings
from service.figures.what_if import Effect, Stated, Wish, what_if
from service.figures.wording import signed
from service.figures.words import label, part
from service.reports.figures import answers
from service.reports.outcomes import outcome_days
from service.store import goals
from service.store.goals import Costs
from service.web import figure_page as shown
from service.web.audited import audited
from service.web.goals import may_state
from service.web.parts import parts
from service.web.rights import Right, needs
from service.web.view import View
from service.writeback import OUTCOMES

blueprint = Blueprint("outcomes", __name__, url_prefix="/outcomes")

BUSINESS = figure("business")
RETURNS = ("repeat_contact", "repeat_contact_72h", "repeat_contact_7d")
MOST_PRICE = 1e6
"""A larger price is a slip of the hand."""


@dataclass(frozen=True, slots=True)
class Lever:
    """One slider: what it changes, how far it goes, and what it stands at."""

    name: str
    title: str
    unit: str
    most: int
    hint: str
    at: int

    @property
    def marks(self) -> tuple[int, int, int, int]:
        """What stands below the slider."""
        return 0, self.most // 3, 2 * self.most // 3, self.most


LEVERS = (
    Lever("quality", "Containment quality", "points", 30,
          "More of what the bot keeps ends confirmed or likely solved, instead of unclear, unresolved, abandoned or "
          "returned.", 10),
    Lever("avoidable", "Avoidable handoffs solved by the bot", "% of them", 90,
          "Handoffs in which the human said what the bot already knew end solved by the bot.", 0),
    Lever("kept", "Containment quantity", "points", 30,
          "More conversations are kept instead of handed over, and end as those do that the bot keeps today, the "
          "failed ones too.", 0),
)  # fmt: skip

EFFECTS: Mapping[str, str] = {
    "human_conversations": "Conversations that a human answers",
    "returns": "Conversations that come back within 7 days",
    "satisfaction": "Customer satisfaction, mean of 1 to 5",
    "hours": "Agents' hours",
    "cost": "Cost",
}


@dataclass(frozen=True, slots=True)
class ByClass:
    """One outcome class: how many, what they cost, how satisfied customers were, how many came back."""

    name: str
    cells: Mapping[str, shown.Row]


@blueprint.get("")
@needs(Right.SEE)
def page() -> str:
    """Everything for the days and filters of the address; the sliders stand in the address too."""
    levers = [Lever(each.name, each.title, each.unit, each.most, each.hint, _at(each)) for each in LEVERS]
    wish = Wish(**{each.name: float(each.at) for each in levers})
    with parts().database.read() as session:
        view = View.of(request.args, session)
        choices, source = view.choices(session), view.source(session)
        stated = goals.costs(session)
        prices = goals.prices(session, parts().settings.prices)
        (answer,) = answers(view.question(BUSINESS), source)
        days = outcome_days(view.question(BUSINESS), source)
        least = source.least
    values = answer.cells[0].values if answer.cells else ()
    minutes = stated.agent_minutes if stated is not None else None
    lacking = missing(days, least)
    return render_template(
        "outcomes.html",
        view=view,
        choices=choices,
        prices=prices,
        stated=stated,
        minutes=minutes,
        may_change=may_state(),
        classes=by_class(values),
        satisfaction=_chart(values, "satisfaction", Unit.STARS),
        returns=_chart(values, RETURNS[-1], Unit.SHARE),
        saved=None if prices is None or lacking else savings(days, prices, agent_minutes=minutes, least=least),
        lacking=lacking,
        levers=levers,
        faults=[fault for fault in map(_fault, levers) if fault],
        effects=list(_effects(what_if(days, wish, Stated(prices, minutes), least=least))) if wish.groups else [],
        names=EFFECTS,
        days=days.days,
        periods=days.periods,
        row=lambda value: shown.row(BUSINESS, value),
        keep={each.name: each.at for each in levers if each.name in request.args},
    )


def _at(lever: Lever) -> int:
    given = request.args.get(lever.name, "")
    return min(int(given), lever.most) if given.isascii() and given.isdigit() and len(given) < 4 else lever.at


def _fault(lever: Lever) -> str:
    """What is wrong with the number that the address gives, and what stands instead; empty when nothing is."""
    given = request.args.get(lever.name, "")
    if given in ("", str(lever.at)):
        return ""
    what = f"is a whole number from 0 to {lever.most}, not “{given[:20]}”: {lever.at} stands instead."
    return f"“{lever.title}” {what}"


def _effects(found: Sequence[Effect]) -> Sequence[tuple[Effect, shown.Row, shown.Row, str, str]]:
    """Each effect, as it is and as it would be in words, the difference in words, and its tone."""
    return [
        (each, shown.row(BUSINESS, each.now), shown.row(BUSINESS, each.then), *_difference(each.difference))
        for each in found
    ]


def _difference(value: Value) -> tuple[str, str]:
    if value.value is None:
        return value.note, "neutral"
    sure = value.low is not None and value.high is not None and value.low * value.high > 0
    good = (value.value > 0) is (value.better == "higher")
    return difference(value.value, value), ("good" if good else "bad") if sure else "neutral"


def difference(value: float, of: Value) -> str:
    """A difference with its sign, with as many digits as say something."""
    digits = 0 if abs(value) >= 100 else 1 if of.unit is Unit.COUNT else 2
    return signed(value, digits)


def by_class(values: Sequence[Value]) -> list[ByClass]:
    """The figure `business` as a table: a line for each class that has conversations, and one for all.

    A kept conversation whose customer was back within 24 hours is of the class `returned` by definition: the others
    have no such rate.
    """
    known = {(value.name, value.of): value for value in values}
    names = sorted({value.name for value in values})
    return [
        ByClass(
            part("class", of) or "all",
            {
                n: shown.row(BUSINESS, known[n, of])
                for n in names
                if (n, of) in known and not (n == RETURNS[0] and of in OUTCOMES)
            },
        )
        for of in (*CLASSES, "")
        if any((name, of) in known and known[name, of].n for name in names)
    ]


def _chart(values: Sequence[Value], name: str, unit: Unit) -> Chart | None:
    """One value by outcome class; `None` where no class has a case."""
    found = [value for value in values if value.name == name and value.of and value.n]
    rows = [
        Bar(part("class", value.of).capitalize(), value.value, value.low, value.high, value.n,
            shown.TONES.get(value.of, "neutral"), value.note)
        for value in found
    ]  # fmt: skip
    return bars(f"{label('business', name)}, by outcome", rows, unit=unit) if rows else None


PRICES = ("bot_conversation", "human_conversation", "agent_message")


@blueprint.post("/prices")
@needs(Right.MANAGE)
def state() -> AnyResponse:
    """Keep the prices of the form, in the place of those of the settings."""
    if not may_state():
        abort(403)
    try:
        given = {name: _number(request.form.get(name, "")) or 0.0 for name in PRICES}
        minutes = _number(request.form.get("agent_minutes", ""))
    except ValueError:
        flash("A price is a number from 0 on, such as 6.50. Nothing was changed.", "error")
        return redirect(url_for("outcomes.page") + "#prices")
    currency = request.form.get("currency", "").strip()[:8]
    costs = Costs(Prices(**given, currency=currency), minutes)
    with parts().database.begin() as session:
        goals.set_costs(session, costs, now=parts().now())
        words = {**{name: f"{price:g}" for name, price in given.items()}, "currency": currency}
        audited(session, "state prices", "prices", **words, agent_minutes=f"{minutes:g}" if minutes else "")
    flash("Kept. Cost and savings are computed with these prices from now on, for past days too.", "good")
    return redirect(url_for("outcomes.page") + "#prices")


def _number(text: str) -> float | None:
    """A price; `None` for none. Raises `ValueError` for what is no price."""
    if not text.strip():
        return None
    number = float(text.strip().replace(",", "."))
    if not (math.isfinite(number) and 0 <= number <= MOST_PRICE):
        raise ValueError("no price")
    return number
