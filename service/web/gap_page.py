"""One knowledge gap: its questions, its life, whether what was done worked, and a brief for whoever mends it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, abort, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.charts.data import Event
from service.figures.gap_life import GapState
from service.reports import gap_words
from service.reports.gap_board import Line, Standing, line, weekly_rates
from service.reports.gap_examples import Example, examples
from service.reports.gap_names import called, terms
from service.reports.gap_rows import DONE
from service.reports.gap_stages import stages
from service.store import gap_topics, goals, improvements, installations
from service.store import gaps as store
from service.store.gap_facts import Gap
from service.store.gap_models import GapNote, Improvement, ImprovementKind
from service.web.audited import audited
from service.web.figure_page import KINDS
from service.web.gaps import AUDIENCES, STANDINGS, dimensions, may_read, short_names
from service.web.parts import parts
from service.web.rights import Right, may, needs, sees, visible_ids
from service.web.view import View
from service.web.vocabulary import Tone

blueprint = Blueprint("gap", __name__, url_prefix="/gaps")


@blueprint.get("/<int:gap_id>")
@needs(Right.SEE)
def page(gap_id: int) -> AnyResponse | str:
    """One gap: its questions (for those who may read them), its life, and whether what was done worked."""
    p = parts()
    with p.database.read() as session:
        gap = found(session, gap_id)
        if gap.row.id != gap_id:
            return redirect(url_for("gap.page", gap_id=gap.row.id))
        view = View.of(request.args, session)
        prices, least = goals.prices(session, p.settings.prices), p.settings.fewest_cases
        one = partial(line, session, since=view.since, until=view.until, as_of=p.now(), prices=prices)
        shown = one(gap, filters=dimensions(view))
        if shown is None:
            abort(404)
        asked = examples(session, gap.row.id, p.names) if may(Right.READ) else []
        question = may_read(session, [gap.row]).get(gap.row.id)
        fixes = improvements.of_gap(session, gap.row.id)
        notes = store.notes(session, gap.row.id)
        weeks = weekly_rates(session, gap, since=view.since, until=view.until, as_of=p.now())
        same = gap_topics.others(session, gap.row, visible_ids())
        elsewhere = [each for other in same if (each := one(other)) is not None]
        others = _others(session, gap) if may(Right.MANAGE) else []
        installation = installations.get(session, gap.row.installation_id)
        assert installation is not None, "a gap goes with its installation"
    if asked or question:
        with p.database.begin() as session:
            audited(session, "look at texts", f"gap {gap.row.id}", installation.id, conversations=str(len(asked) or 1))
    today = p.now().astimezone(UTC).date()
    were, ahead = stages(shown.lived, gap.row.audience, gap.row.assigned_at, today=today)
    name = called(gap.row, question)
    helpdesk = f"{installation.connector.title()} {installation.account}"
    return render_template(
        "gap.html", gap=gap, name=name, terms=terms(gap.row), line=shown, view=view, helpdesk=helpdesk,
        elsewhere=elsewhere, examples=asked,
        were=were, ahead=ahead, waits=_waits(shown, fixes), names=short_names(view),
        told=gap_words.told(shown.lived, least, today=today), steps=list(_steps(shown, notes, fixes)),
        effects=gap_words.effects_chart(shown.lived, least),
        life=gap_words.life_chart(weeks, _events(shown, fixes), least),
        brief=_brief(shown, helpdesk, asked, view, name), prices=prices, reasons=gap_words.REASONS, today=today,
        standings=STANDINGS, audiences=AUDIENCES, kinds=KINDS, fixes=fixes, others=others, words=gap_words,
        called=called,
        first_day=gap.facts.asked.first.date() if gap.facts.asked else today,
    )  # fmt: skip


def _waits(shown: Line, fixes: Collection[Improvement]) -> str:
    """The article that the gap still waits for; empty once it came, or something else was done."""
    reference = shown.gap.row.reference or ""
    return "" if shown.standing in DONE or any(each.reference == reference for each in fixes) else reference


def found(session: Session, gap_id: int) -> Gap:
    """The gap, or the one that took it in; 404 where there is none that the visitor sees."""
    gap = store.get(session, gap_id)
    if gap is None or not sees(gap.row.installation_id):
        abort(404)
    return gap


def _brief(shown: Line, helpdesk: str, asked: Sequence[Example], view: View, name: str) -> str:
    return gap_words.brief(shown, helpdesk, asked, (view.until - view.since).days, name)


def _others(session: Session, gap: Gap) -> list[Gap]:
    """What it can be merged with: other gaps of the account, the largest first."""
    return [
        each
        for each in store.listed(session, installation_ids=[gap.row.installation_id], examples=False)
        if each.row.id != gap.row.id
    ]


def _events(shown: Line, fixes: Collection[Improvement]) -> list[Event]:
    """What was done and what came of it; notes are left to the list of steps."""
    done = [
        Event(
            each.at.astimezone(UTC).date(), f"{KINDS.get(each.kind, each.kind)}: {(each.title or each.reference)[:70]}"
        )
        for each in fixes
    ]
    came = [
        Event(step.at.astimezone(UTC).date(), STANDINGS[Standing(step.state.value)][0].lower())
        for step in shown.lived.steps
        if step.state in (GapState.VERIFIED, GapState.REOPENED)
    ]
    return [*done, *came]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a gap's history. `note` and `fix` are what can be withdrawn."""

    at: datetime
    title: str
    tone: Tone
    words: str = ""
    note: int | None = None
    fix: int | None = None


def _steps(shown: Line, notes: Sequence[GapNote], fixes: Sequence[Improvement]) -> Iterator[Step]:
    """Everything that happened to the gap, the latest first."""
    steps = [Step(shown.lived.opened_at, "First asked", Tone.WARN)]
    for step in shown.lived.steps:
        if step.state in (GapState.VERIFIED, GapState.REOPENED):
            title, tone, meaning = STANDINGS[Standing(step.state.value)]
            steps.append(Step(step.at, title, tone, meaning))
    steps += [Step(each.at, "Acknowledged", Tone.INFO, each.words, note=each.id) for each in notes]
    for each in fixes:
        early = each.at < shown.lived.opened_at
        words = f"{each.title or each.reference}" + (f" ({each.reference})" if each.title else "")
        late = " It came before the gap's first question, so nothing is measured by it." if early else ""
        kind = KINDS.get(ImprovementKind(each.kind), each.kind).capitalize()
        steps.append(Step(each.at, kind, Tone.NEUTRAL, words + late, fix=each.id))
    yield from sorted(steps, key=lambda step: step.at, reverse=True)
