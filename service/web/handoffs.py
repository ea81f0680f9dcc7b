"""The page of handoffs: whether what the customer gave came along, how long it took, and what the detour cost."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template, request

from service.charts.data import Tone
from service.figures.beside import Beside
from service.reports.course import courses
from service.web import handoff_page as shown
from service.web.given import BY
from service.web.handoff_page import CONTEXT, TIME
from service.web.insight import Told, cut, events, lines, whole
from service.web.parts import parts
from service.web.rights import Right, needs
from service.web.view import View

blueprint = Blueprint("handoffs", __name__, url_prefix="/handoffs")

ASKED = 12
"""Kinds of information that are drawn."""


@blueprint.get("")
@needs(Right.SEE)
def page() -> str:
    """Context, what is asked again, times, escalated against direct, queues; by team and by intent."""
    with parts().database.read() as session:
        view = View.of(request.args, session)
        source, by = view.source(session), BY[view.period]
        q = view.question(CONTEXT, period=view.period)
        found = courses(q, source, steps={}, beginning=False)
        tally = whole(session, view)
        by_team, by_intent = cut(session, view, "group"), cut(session, view, "intent")
        context = Told.of(CONTEXT, found[CONTEXT.name].values)
        happened = events(session, view)
        choices = view.choices(session)
    time = Told.of(TIME, TIME.compute(tally, Beside(least=source.least)))
    return render_template(
        "handoffs.html",
        view=view,
        choices=choices,
        least=source.least,
        handoffs=tally.total("context") + tally.total("queue") > 0,
        context=context,
        counted=shown.counted(tally),
        ended=tally.count("containment", "escalated"),
        time=time,
        trend=lines("Nothing was asked again", CONTEXT, found[CONTEXT.name], {("preserved", ""): ""}, by, happened),
        asked=context.bars("What is asked again", context.rows("re_asked")[:ASKED],
                           {each.value.of: Tone.WARN for each in context.rows("re_asked")}),
        waiting=shown.waiting(tally, time),
        compared=shown.compared(tally, time, source.least),
        teams=shown.parts_of(by_team.tallies, source.least, partial(view.called, "group")),
        fewer=by_team.fewer or by_intent.fewer,
        intents=shown.parts_of(by_intent.tallies, source.least, partial(view.called, "intent")),
    )  # fmt: skip
