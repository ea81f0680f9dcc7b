"""Figures as pages: all of them with the values that stand for them, and each with its course and what is behind it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from service.figures.bases import caution, meant
from service.figures.catalogue import ALL_FIGURES, Figure, Level
from service.figures.catalogue import figure as figure_named
from service.figures.fact import DIMENSIONS
from service.figures.tally import Tally
from service.figures.words import HEADLINES, SCORES, called
from service.files.export_writing import harmless
from service.reports.behind import Behind, Place, behind
from service.reports.counter import Wanted
from service.reports.course import Course, Name, course
from service.reports.course_words import against_beginning, against_target, mostly, over_days, span
from service.reports.figures import answers
from service.store import cards, goals
from service.store.figures import Period
from service.web import figure_page as shown
from service.web.api.cursors import cursor, place_of
from service.web.chips import Chip, chips
from service.web.given import BY, FILTERS
from service.web.opening_words import opening_words, topic
from service.web.parts import parts
from service.web.problems import Problem
from service.web.rights import Right, needs
from service.web.view import View

blueprint = Blueprint("figures", __name__, url_prefix="/figures")

LISTED = 25
"""Conversations on one page of the list."""

LOOKED_AT = 600
"""Facts that one page of the list looks at: those of a rare value may be far apart, and nobody waits for that."""

LEVELS: Mapping[Level, tuple[str, str]] = {
    Level.PRIMARY: ("Primary", "What it comes to."),
    Level.SECONDARY: ("Secondary", "What makes the primary ones move."),
    Level.DIAGNOSTIC: ("Diagnostic", "Where to look when they do not."),
    Level.BUSINESS: ("Business", "What it means for customers and cost."),
}
DIMENSION_WORDS = {**FILTERS, "account": "Account", "inbox": "Inbox", "language": "Language"}


@dataclass(frozen=True, slots=True)
class Asked:
    """Which value of the figure a page is about, what cuts it, and where the list goes on."""

    name: Name
    dimension: str | None
    only_hits: bool
    after: Place | None

    @classmethod
    def of(cls, figure: Figure, arguments: MultiDict[str, str]) -> Asked:
        """What the address asks for; what cannot be used is left out."""
        name = arguments.get("value") or HEADLINES[figure.name][0][0]
        of = arguments.get("of", "") if arguments.get("value") else HEADLINES[figure.name][0][1]
        dimension = arguments.get("dimension", "")
        return cls((name, of), dimension if dimension in DIMENSIONS else None, arguments.get("hits") == "1",
                   _place(arguments.get("after", "")))  # fmt: skip

    def args(self, **changes: str | None) -> dict[str, str]:
        """The address's arguments for it, with changes; `None` takes one away."""
        own: dict[str, str | None] = {"value": self.name[0], "of": self.name[1] or None, "dimension": self.dimension}
        own["hits"] = "1" if self.only_hits else None
        return {name: value for name, value in {**own, **changes}.items() if value}


def _place(given: str) -> Place | None:
    """Where the list goes on; `None` for its beginning, and for what no list gave."""
    if not given:
        return None
    try:
        day, row_id, episode = place_of(given, 3)
        return date.fromisoformat(day), row_id, int(episode)
    except (Problem, ValueError):
        return None


@dataclass(frozen=True, slots=True)
class Line:
    """One conversation behind a value."""

    item: Behind
    installation: str
    chips: list[Chip]
    topic: str
    begins: str = ""


@blueprint.get("")
@needs(Right.SEE)
def listing() -> str:
    """Every figure with the values that stand for it."""
    with parts().database.read() as session:
        view = View.of(request.args, session)
        shown_ones = {name: tuple(value for value, _ in names) for name, names in HEADLINES.items()}
        found = answers(replace(view.question(*ALL_FIGURES), only=shown_ones), view.source(session))
        choices = view.choices(session)
    by_level = {
        level: [(answer.figure, list(_headlines(answer.figure, answer.cells[0].values if answer.cells else ())))
                for answer in found if answer.figure.level is level]
        for level in LEVELS
    }  # fmt: skip
    return render_template("figures.html", view=view, choices=choices, levels=LEVELS, by_level=by_level)


def _headlines(figure: Figure, values: Any) -> Iterator[shown.Row]:
    known = {(value.name, value.of): value for value in values}
    for name in HEADLINES[figure.name]:
        if name in known:
            yield shown.row(figure, known[name])


@blueprint.get("/<name>")
@needs(Right.SEE)
def page(name: str) -> str:
    """One figure: what it is, how it goes, all its values, what cuts it, and the conversations behind one of them."""
    figure = _figure(name)
    asked = Asked.of(figure, request.args)
    with parts().database.read() as session:
        view = View.of(request.args, session)
        source = view.source(session)
        question = replace(view.question(figure, period=view.period), only=asked.name[0])
        found = course(question, source, step=goals.step(session, figure.name), beginning=view.compared)
        names = {id_: words for id_, words in view.names().items() if view.reach is None or id_ in view.reach}
        events = shown.happened(session, names, view.since, view.until)
        broken_down, fewer = None, None
        if asked.dimension is not None:
            fewer = view.narrowed(session, asked.dimension)
            cutting = view if fewer is None else replace(view, since=fewer)
            (cut,) = answers(cutting.question(figure, dimension=asked.dimension), source)
            broken_down = shown.cut(
                asked.name, cut, f"By {DIMENSION_WORDS[asked.dimension].lower()}", partial(view.called, asked.dimension)
            )
        listed = _listed(session, view, figure, asked)
        choices = view.choices(session)
    chosen = found.value(asked.name)
    return render_template(
        "figure.html",
        figure=figure,
        asked=asked,
        view=view,
        choices=choices,
        chosen=shown.row(figure, chosen, found) if chosen else None,
        title=called(figure.name, chosen) if chosen else "",
        cautions=[each(figure.name, chosen.name) for each in (caution, meant)] if chosen else [],
        chart=shown.drawn(figure, asked.name, found, BY[view.period], events),
        beside=shown.beside(figure, found, BY[view.period]) if figure.name == "containment" else None,
        mostly=mostly(found, asked.name, BY[view.period]) if chosen else "",
        words=_words(found, asked.name, BY[view.period]) if chosen and view.compared else [],
        baseline=found.baseline,
        span=span,
        groups=shown.groups(figure, found),
        broken_down=broken_down,
        broken_down_since=fewer,
        dimensions=DIMENSION_WORDS,
        score=SCORES.get(figure.name),
        listed=listed and _begun(listed, figure),
        least=found.least,
    )


def _figure(name: str) -> Figure:
    try:
        return figure_named(name)
    except KeyError:
        abort(404)


def _words(found: Course, name: Name, by: str) -> list[str]:
    said = (against_beginning(found, name), over_days(found, name, by), against_target(found, name))
    return [sentence for sentence in said if sentence]


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the conversations behind a value; `next` is what the address of the next one holds."""

    lines: list[Line]
    next: str | None


def _listed(session: Session, view: View, figure: Figure, asked: Asked) -> Listed | None:
    """`None` where the value counts no conversations."""
    question, source = view.question(figure), view.source(session)
    counted = source.tallies(question.since, question.until, Period.WHOLE, None, question.filters)
    found = behind(
        session,
        question,
        view.reach,
        Wanted(*asked.name, only_hits=asked.only_hits),
        after=asked.after,
        limit=LISTED,
        whole=next(iter(counted.values()), Tally()),
        looked_at=LOOKED_AT,
    )
    if found is None:
        return None
    stands = cards.standing(session, {item.conversation for item in found.items}, question.definitions)
    names = view.names()
    lines = [
        Line(item, names.get(item.installation, ""), chips(card), topic(card))
        for item in found.items
        for card in (stands.get((item.conversation, item.episode)),)
    ]
    return Listed(lines, None if found.next is None else cursor(*map(str, found.next)))


def _begun(listed: Listed, figure: Figure) -> Listed:
    """The same list with how each conversation begins, for those who may read it."""
    places = [(line.item.conversation, line.item.episode) for line in listed.lines]
    installations = (line.item.installation for line in listed.lines)
    found = opening_words(f"figure {figure.name}", dict(zip(places, installations, strict=True)))
    lines = zip(listed.lines, places, strict=True)
    return replace(listed, lines=[replace(line, begins=found.get(place, "")) for line, place in lines])


COLUMNS = (
    "figure", "value", "of", "number", "unit", "n", "low", "high", "interval", "better", "note", "since", "until",
    "definitions",
)  # fmt: skip


@blueprint.get("/<name>/values.csv")
@needs(Right.SEE)
def values(name: str) -> Response:
    """The values of the page as a table for spreadsheets, with the same filters."""
    figure = _figure(name)
    with parts().database.read() as session:
        view = View.of(request.args, session)
        (answer,) = answers(view.question(figure), view.source(session))
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for value in answer.cells[0].values if answer.cells else ():
        one = shown.row(figure, value)
        numbers = (value.value, value.unit.value, value.n, value.low, value.high, value.interval, value.better.value)
        days = (view.since.isoformat(), view.last.isoformat(), view.definitions)
        cells = (figure.title, one.name, one.of, *numbers, value.note, *days)
        rows.writerow(["" if each is None else harmless(each) if isinstance(each, str) else each for each in cells])
    headers = {"Content-Disposition": f'attachment; filename="{figure.name}.csv"'}
    return Response(written.getvalue(), mimetype="text/csv", headers=headers)
