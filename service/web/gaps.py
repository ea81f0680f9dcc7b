"""The board of knowledge gaps, and each gap with its questions, its life and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from service.charts.chart import Chart
from service.charts.data import By, Point
from service.charts.sparkline import sparkline
from service.figures.results import Unit
from service.reports import gap_words
from service.reports.gap_board import Line, Order, Standing, board, ordered
from service.store import gaps as store
from service.store import goals
from service.store.gap_models import Audience
from service.web.given import FILTERS
from service.web.parts import parts
from service.web.rights import Right, needs
from service.web.view import Choice, View
from service.web.vocabulary import Tone

blueprint = Blueprint("gaps", __name__, url_prefix="/gaps")

LISTED = 25
"""Gaps on one page of the board."""

STANDINGS: Mapping[Standing, tuple[str, Tone, str]] = MappingProxyType(
    {
        Standing.NEW: ("New", Tone.WARN, "Nobody has taken note of it."),
        Standing.ACKNOWLEDGED: ("Acknowledged", Tone.INFO, "Somebody took note; it is nobody's work yet."),
        Standing.ASSIGNED: ("Assigned", Tone.INFO, "It is somebody's work."),
        Standing.FIXED: ("Fixed", Tone.NEUTRAL, "Something was deployed for it; whether it worked is watched."),
        Standing.VERIFIED: ("Verified", Tone.GOOD, "It is asked so much less that chance does not explain it."),
        Standing.REOPENED: ("Reopened", Tone.BAD, "It was fixed, and is still asked."),
    }
)
AUDIENCES: Mapping[str, str] = MappingProxyType({each.value: each.value.capitalize() for each in Audience})
ORDERS: Mapping[Order, str] = MappingProxyType(
    {Order.IMPACT: "Impact", Order.ASKED: "Times asked", Order.AGE: "Longest open", Order.LATEST: "Asked last"}
)
NOBODY_YET = "nobody"
USED = ("installation", "helpdesk")
"""Filters of dashboards that gaps have: a gap belongs to an account, and its questions to no brand or channel alone."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the board the address asks for; `faults` say what of it cannot be used."""

    standing: Standing | None
    audience: str
    order: Order
    page: int
    faults: tuple[str, ...]

    @classmethod
    def of(cls, arguments: MultiDict[str, str]) -> Asked:
        """What the address asks for; nonsense is told and left out."""
        given = {name: arguments.get(name, "") for name in ("state", "audience", "sort")}
        faults = [f"There is no {name} “{value[:30]}”; it is left out." for name, value, known in (
            ("state", given["state"], set(Standing)), ("audience", given["audience"], {*AUDIENCES, NOBODY_YET}),
            ("order", given["sort"], set(Order)),
        ) if value and value not in known]  # fmt: skip
        page = arguments.get("page", "1")
        return cls(
            Standing(given["state"]) if given["state"] in set(Standing) else None,
            given["audience"] if given["audience"] in {*AUDIENCES, NOBODY_YET} else "",
            Order(given["sort"]) if given["sort"] in set(Order) else Order.IMPACT,
            min(max(int(page), 1), 10_000) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
            tuple(faults),
        )

    def holds(self, one: Line) -> bool:
        """Whether the line is one that is asked for."""
        audience = one.gap.row.audience or NOBODY_YET
        return self.standing in (None, one.standing) and self.audience in ("", audience)

    def args(self) -> dict[str, str]:
        """The address's arguments for it, without the page."""
        order = "" if self.order is Order.IMPACT else self.order.value
        given = {"state": self.standing or "", "audience": self.audience, "sort": order}
        return {name: str(value) for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the board as shown."""

    line: Line
    helpdesk: str
    trend: Chart
    words: str


@blueprint.get("")
@needs(Right.SEE)
def page() -> str:
    """What the bot could not serve, in groups: what matters most first."""
    p, asked = parts(), Asked.of(request.args)
    with p.database.read() as session:
        view = view_of(session)
        prices = goals.prices(session, p.settings.prices)
        found = board(session, _ids(view), since=view.since, until=view.until, as_of=p.now(), prices=prices)
        waiting = store.waiting(session, _ids(view))
    view = replace(view, faults=(*view.faults, *asked.faults))
    chosen = ordered((one for one in found if asked.holds(one)), asked.order)
    first = (asked.page - 1) * LISTED
    names = view.names()
    rows = [
        Row(one, names[one.gap.row.installation_id], _sparkline(one), gap_words.trend_of(one))
        for one in chosen[first : first + LISTED]
    ]
    return render_template(
        "gaps.html", view=view, choices=_choices(view), asked=asked, rows=rows, count=len(chosen), whole=len(found),
        pages=-(-len(chosen) // LISTED), counts=_counts(found), waiting=waiting, prices=prices, orders=ORDERS,
        standings=STANDINGS, audiences=AUDIENCES, several=len(names) > 1, kinds=gap_words.REASONS,
    )  # fmt: skip


def _choices(view: View) -> list[Choice]:
    """The filters that gaps have: what the dashboards offer beside needs the values of days, and these do not."""
    connectors = sorted({row.connector for row in view.installations})
    offered = {
        "helpdesk": tuple((name, name.title()) for name in connectors),
        "installation": tuple(sorted(view.names().items(), key=lambda item: item[1])),
    }
    choices = [Choice(name, FILTERS[name], found, view.args().get(name, ""), 0) for name, found in offered.items()]
    return [each for each in choices if len(each.options) > 1 or each.chosen]


def _counts(found: Sequence[Line]) -> Mapping[Standing, int]:
    return {each: sum(one.standing is each for one in found) for each in Standing}


def _sparkline(one: Line) -> Chart:
    points = [Point(monday, float(burden.messages), n=burden.messages) for monday, burden in one.weeks]
    return sparkline("Times asked, week by week", points, unit=Unit.COUNT, by=By.WEEK)


def view_of(session: Session) -> View:
    """The days and the account that the address asks for; filters that gaps do not have are told and left out."""
    view = View.of(request.args, session)
    unused = [FILTERS[name].lower() for name in view.filters if name not in USED]
    faults = [f"Gaps are not filtered by {' or '.join(unused)}; it is left out."] if unused else []
    kept = {name: value for name, value in view.filters.items() if name in USED}
    return replace(view, filters=MappingProxyType(kept), faults=(*view.faults, *faults))


def _ids(view: View) -> list[str]:
    """The installations that the view looks at."""
    helpdesk = view.filters.get("helpdesk")
    return [
        row.id
        for row in view.installations
        if (view.reach is None or row.id in view.reach) and helpdesk in (None, row.connector)
    ]
