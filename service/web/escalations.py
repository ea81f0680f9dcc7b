"""The page of escalations: whether the bot called a human when one was needed, and only then; and what is behind it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.charts.data import Tone
from service.reports.course import courses
from service.reports.had_answer_examples import examples
from service.store import cards, goals, had_answers
from service.store.figure_models import NAME
from service.store.had_answers import Place
from service.web import escalation_page as shown
from service.web.api.cursors import cursor, place_of
from service.web.audited import audited
from service.web.chips import chips
from service.web.escalation_page import ACCURACY, ESCALATION
from service.web.given import BY
from service.web.insight import Told, cut, events, lines, whole
from service.web.parts import parts
from service.web.problems import Problem
from service.web.rights import Right, may, needs
from service.web.view import View

blueprint = Blueprint("escalations", __name__, url_prefix="/escalations")

LISTED = 25
"""Conversations on one page of the list."""


@blueprint.get("")
@needs(Right.SEE)
def page() -> str:
    """Accuracy on both sides, how often, when, why, what could have been spared and what was missed."""
    with parts().database.read() as session:
        view = View.of(request.args, session)
        source, by = view.source(session), BY[view.period]
        question = replace(view.question(ESCALATION, ACCURACY, period=view.period), only="rate")
        found = courses(question, source, steps={}, beginning=False)
        tally, by_intent = whole(session, view), cut(session, view, "intent")
        rate, accuracy = (Told.of(one, found[one.name].values) for one in (ESCALATION, ACCURACY))
        prices = goals.prices(session, parts().settings.prices)
        avoidable = tally.count("escalation", "avoidable")
        spared = shown.answers(
            session, view, avoidable, cost=shown.each_costs(tally, prices), currency=prices.currency if prices else "",
            reads=may(Right.READ),
        )  # fmt: skip
        happened = events(session, view)
        choices = view.choices(session)
    spread, quantiles = shown.delay(tally, source.least)
    intents, more = shown.intents(by_intent.tallies, source.least)
    sides = {("precision", ""): "", ("recall", ""): ""}
    return render_template(
        "escalations.html",
        view=view,
        choices=choices,
        least=source.least,
        counted=tally.count("conversations") > 0,
        rate=rate,
        accuracy=accuracy,
        sums=shown.sums(tally),
        sides=lines("Both sides over time", ACCURACY, found[ACCURACY.name], sides, by),
        trend=lines("Handed over to a human", ESCALATION, found[ESCALATION.name], {("rate", ""): ""}, by, happened),
        timing=rate.bars("When it was handed over", rate.rows("timing"), shown.TIMING),
        spread=spread,
        quantiles=quantiles,
        triggers=rate.bars("At whose wish", [rate.row("proactive"), rate.row("demanded")],
                           {"proactive": Tone.GOOD, "demanded": Tone.WARN}),
        warranted=accuracy.bars("What called for a human", accuracy.rows("warranted_by"), named=shown.signal),
        missed=accuracy.bars("What called for a human in vain", accuracy.rows("missed_by"), named=shown.signal),
        signal=shown.signal,
        spared=spared,
        avoidable=avoidable,
        priced=prices is not None,
        intents=intents,
        more_intents=more,
        fewer=by_intent.fewer,
    )  # fmt: skip


@blueprint.get("/answer")
@needs(Right.SEE)
def answer() -> str | AnyResponse:
    """The conversations that one answer, which the bot already had, could have spared; without one, all answers."""
    key = request.args.get("key", "")
    if not key or len(key) > NAME:
        return redirect(url_for("escalations.page", _anchor="avoidable"))
    with parts().database.read() as session:
        view = View.of(request.args, session)
        after = _place(request.args.get("after", ""))
        found = had_answers.listed(session, shown.asked(view), key, after=after, limit=LISTED + 1)
        stands = cards.standing(session, {item.conversation for item in found[:LISTED]}, view.definitions)
        told = examples(session, found[:LISTED], stands, parts().names) if may(Right.READ) and after is None else []
        choices = view.choices(session)
    if told:
        with parts().database.begin() as session:
            for installation_id, n in Counter(one.spared.installation for one in told).items():
                audited(session, "look at texts", "an answer that the bot had", installation_id, conversations=str(n))
    last = found[LISTED - 1] if len(found) > LISTED else None
    return render_template(
        "escalation_answer.html",
        view=view,
        choices=choices,
        key=key,
        title=shown.title(key),
        todo=shown.todo(key),
        examples=told,
        lines=[(item, chips(stands.get((item.conversation, item.episode)))) for item in found[:LISTED]],
        names=view.names(),
        after=after,
        next=cursor(last.day.isoformat(), last.conversation, str(last.episode)) if last else None,
    )


def _place(given: str) -> Place | None:
    """Where the list goes on; `None` for its beginning, and for what no list gave."""
    try:
        day, row_id, episode = place_of(given, 3)
        return date.fromisoformat(day), row_id, int(episode[:9])
    except (Problem, ValueError):
        return None
