"""The board of knowledge gaps, and each gap with its questions, its life and what can be done about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from service.charts.chart import Chart
from service.charts.data import By, Point
from service.charts.sparkline import sparkline
from service.figures.results import Unit
from service.reports import gap_rows, gap_words
from service.reports.gap_board import Standing, board
from service.reports.gap_names import Question, called, questions, terms
from service.reports.gap_rows import Order
from service.store import gaps as store
from service.store import goals
from service.store.facts import COLUMNS
from service.store.gap_models import Audience, KnowledgeGap
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, may, needs
from service.web.view import View
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

    def holds(self, one: gap_rows.Row) -> bool:
        """Whether the row is one that is asked for."""
        audiences = one.audiences or [NOBODY_YET]
        return self.standing in (None, one.standing) and self.audience in ("", *audiences)

    def args(self) -> dict[str, str]:
        """The address's arguments for it, without the page."""
        order = "" if self.order is Order.IMPACT else self.order.value
        given = {"state": self.standing or "", "audience": self.audience, "sort": order}
        return {name: str(value) for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class Shown:
    """A row of the board as shown."""

    row: gap_rows.Row
    trend: Chart
    words: str
    question: Question | None = None

    @property
    def name(self) -> str:
        """What the gap is called for this visitor."""
        return called(self.row.first.gap.row, self.question)

    @property
    def terms(self) -> str:
        """Its telling words, where they are not its name already."""
        found = terms(self.row.first.gap.row)
        return "" if found == self.name else found


@blueprint.get("")
@needs(Right.SEE)
def page() -> str:
    """What the bot could not serve, in groups: what matters most first."""
    p, asked = parts(), Asked.of(request.args)
    with p.database.read() as session:
        view = View.of(request.args, session)
        prices, ids = goals.prices(session, p.settings.prices), looked_at(view)
        lines = board(
            session, ids, since=view.since, until=view.until, as_of=p.now(), prices=prices, filters=dimensions(view)
        )
        waiting = store.waiting(session, ids)
        choices = view.choices(session)
        found = gap_rows.rows(lines, {row.id: row.account_group for row in view.installations})
        chosen = gap_rows.ordered((one for one in found if asked.holds(one)), asked.order)
        first = (asked.page - 1) * LISTED
        listed = chosen[first : first + LISTED]
        known = may_read(session, [one.first.gap.row for one in listed])
    look_at(known, [one.first.gap.row for one in listed], "gaps")
    view = replace(view, faults=(*view.faults, *asked.faults))
    shown = [
        Shown(one, _sparkline(one), gap_words.trend_of(one.weeks), known.get(one.first.gap.row.id)) for one in listed
    ]
    return render_template(
        "gaps.html", view=view, choices=choices, asked=asked, rows=shown, count=len(chosen), whole=len(found),
        joined=any(len(one.parts) > 1 for one in found),
        pages=-(-len(chosen) // LISTED), counts=_counts(found), waiting=waiting, prices=prices, orders=ORDERS,
        standings=STANDINGS, audiences=AUDIENCES, names=short_names(view), filtered=bool(dimensions(view)),
    )  # fmt: skip


def may_read(session: Session, rows: Collection[KnowledgeGap]) -> Mapping[int, Question]:
    """The questions that name these gaps, for a visitor who may read customers' words; none for others."""
    return questions(session, rows, parts().names) if may(Right.READ) else {}


def look_at(known: Mapping[int, Question], rows: Iterable[KnowledgeGap], where: str) -> None:
    """Write down that the visitor is shown these questions: once for each account."""
    shown = Counter(row.installation_id for row in rows if row.id in known)
    if shown:
        with parts().database.begin() as session:
            for installation_id, n in sorted(shown.items()):
                audited(session, "look at texts", where, installation_id, conversations=str(n))


def _counts(found: Sequence[gap_rows.Row]) -> Mapping[Standing, int]:
    return {each: sum(one.standing is each for one in found) for each in Standing}


def _sparkline(one: gap_rows.Row) -> Chart:
    points = [Point(monday, float(burden.messages), n=burden.messages) for monday, burden in one.weeks]
    return sparkline("Times asked, week by week", points, unit=Unit.COUNT, by=By.WEEK)


def dimensions(view: View) -> Mapping[str, str | None]:
    """The filters that a conversation passes or not; the others choose among installations."""
    return {name: value for name, value in view.filters.items() if name in COLUMNS}


def looked_at(view: View) -> list[str]:
    """The installations that the view looks at."""
    helpdesk = view.filters.get("helpdesk")
    return [
        row.id
        for row in view.installations
        if (view.reach is None or row.id in view.reach) and helpdesk in (None, row.connector)
    ]


def short_names(view: View) -> Mapping[str, str]:
    """How each installation is called where all are the visitor's: by its helpdesk, where that tells it apart."""
    connectors = Counter(row.connector for row in view.installations)
    return {
        row.id: row.connector.title() + (f" {row.account}" if connectors[row.connector] > 1 else "")
        for row in view.installations
    }
