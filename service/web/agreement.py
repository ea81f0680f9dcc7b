"""How far reviewers agree, with Deskmark and with each other; and thresholds that their verdicts suggest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TypedDict

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.charts.bars import bars
from service.charts.chart import Chart
from service.charts.data import Bar
from service.figures.results import Unit, Value
from service.figures.wording import interval, number
from service.reports.agreement import Table, tables
from service.reports.thresholds import Suggestion, suggestions
from service.store import installations, reviews
from service.store.models import Installation
from service.store.reviews import Which
from service.web.audited import audited
from service.web.opinions import rules
from service.web.parts import parts
from service.web.rights import Right, needs, visible_ids
from service.web.view import View
from service.web.vocabulary import described, verdict

blueprint = Blueprint("agreement", __name__, url_prefix="/reviews")

SECTIONS = (
    ("random", Which.RANDOM, "Drawn by lot", "Nobody chose these conversations: this is how often Deskmark is right."),
    (
        "blind",
        Which.BLIND,
        "Drawn by lot, judged blind",
        "Only reviewers who had seen no verdict. Whoever has seen one tends to agree with it.",
    ),
    (
        "other",
        Which.OTHER,
        "Picked for a reason",
        "Doubtful conversations, opened pages, files: they show what goes wrong, not how often.",
    ),
)


@dataclass(frozen=True, slots=True)
class Section:
    """One way of counting, with a table for every score."""

    name: str
    title: str
    says: str
    tables: Sequence[Table]

    @property
    def chart(self) -> Chart | None:
        """How often both say the same, by score; `None` where there is no number to draw."""
        if all(table.agreement.value is None for table in self.tables):
            return None
        rows = [_bar(table) for table in self.tables]
        return bars(f"{self.title}: how often both say the same", rows, unit=Unit.SHARE)

    @property
    def in_short(self) -> str:
        """On which score both agree more often than on which other, as far as the intervals tell; empty without two."""
        known = [each for each in self.tables if each.agreement.value is not None]
        ends = sorted(known, key=lambda each: each.agreement.value or 0.0)
        if len(ends) < 2:
            return ""
        worst, best = ends[0], ends[-1]
        if (best.agreement.low or 0.0) <= (1.0 if worst.agreement.high is None else worst.agreement.high):
            return "Which of these is agreed on most cannot be told yet: the intervals overlap."
        return f"More often the same on {_told(best)}, than on {_told(worst)}."


def _told(table: Table) -> str:
    return f"{described(table.score).title}, {in_words(table.agreement)}"


def _bar(table: Table) -> Bar:
    found = table.agreement
    return Bar(described(table.score).title, found.value, found.low, found.high, found.n, note=found.note)


@blueprint.get("/agreement")
@needs(Right.SEE)
def page() -> str:
    """Agreement by score: the random sample apart from what was picked; reviewers among themselves."""
    with parts().database.read() as session:
        view = View.of(request.args, session)
        asked = _asked(view)
        found = reviews.against_deskmark_by(session, reviews.Asked(**asked), [which for _, which, _, _ in SECTIONS])
        sections = [Section(name, title, says, _tables(found[which])) for name, which, title, says in SECTIONS]
        between = _tables(reviews.between_reviewers(session, **asked))
        choices = view.choices(session)
    sections.append(Section("between", "People among themselves", _BETWEEN, between))
    return render_template(
        "agreement.html",
        view=view,
        choices=choices,
        sections=sections,
        least=parts().settings.fewest_cases,
        words=in_words,
        described=described,
        verdict=verdict,
    )


_BETWEEN = "Two people judged the same conversation. Where they differ, no machine can agree with both."


def in_words(value: Value) -> str:
    """A value with its interval, or what is missing for it."""
    if value.value is None:
        return value.note
    ends = interval(value)
    return number(value.value, value.unit) + (f" ({ends})" if ends else "")


def _tables(counts: reviews.Reviews) -> Sequence[Table]:
    return tables(counts, least=parts().settings.fewest_cases)


class _Asked(TypedDict):
    since: datetime
    until: datetime
    definitions: str
    installation_ids: Collection[str]
    filters: Mapping[str, str | None]


def _asked(view: View) -> _Asked:
    """What the view chooses, as the store asks for it: a helpdesk is some of the installations."""
    helpdesk = view.filters.get("helpdesk")
    ids = [
        row.id
        for row in view.installations
        if (view.reach is None or row.id in view.reach) and helpdesk in (None, row.connector)
    ]
    return _Asked(
        since=datetime.combine(view.since, time(), UTC),
        until=datetime.combine(view.until, time(), UTC),
        definitions=view.definitions,
        installation_ids=ids,
        filters={name: value for name, value in view.filters.items() if name not in ("helpdesk", "installation")},
    )


@blueprint.get("/thresholds")
@needs(Right.SEE)
def thresholds() -> str:
    """For every helpdesk: which thresholds its reviews suggest, how sure that is, and what it would change."""
    with parts().database.read() as session:
        rows = installations.all_of(session, within=visible_ids())
        chosen = next((row for row in rows if row.id == request.args.get("installation")), rows[0] if rows else None)
        found = _suggestions(session, chosen) if chosen is not None else []
    return render_template(
        "thresholds.html", installations=rows, chosen=chosen, suggestions=found, said=setting_in_words,
        described=described,
    )  # fmt: skip


@blueprint.post("/thresholds/<installation_id>")
@needs(Right.ADMINISTER)
def apply(installation_id: str) -> AnyResponse:
    """Set one suggested threshold, because an admin says so: the installation's own policy from now on."""
    with parts().database.begin() as session:
        row = installations.get(session, installation_id)
        if row is None:
            abort(404)
        wanted = request.form.get("setting", "")
        found = next((each for each in _suggestions(session, row) if " ".join(each.suggested) == wanted), None)
        if found is None or not found.is_better or request.form.get("to") != setting_in_words(found.suggested):
            flash("Not set: the reviews suggest something else by now. Look again.", "error")
            return redirect(url_for("agreement.thresholds", installation=installation_id))
        installations.change(session, row.id, policy={**(row.policy or {}), **found.suggested})
        details = {key: f"{found.present[key]:g} -> {value:g}" for key, value in found.suggested.items()}
        audited(session, "change policy", ", ".join(sorted(found.suggested)), row.id, **details)
    flash("Set. Conversations are scored by it from now on; deskmark rescore judges the earlier ones anew.", "good")
    return redirect(url_for("agreement.thresholds", installation=installation_id))


def setting_in_words(setting: Mapping[str, float]) -> str:
    """A setting as it stands in a policy document.

    >>> setting_in_words({"low_effort": 5.0, "high_effort": 3.25})
    'low_effort 5, high_effort 3.25'
    """
    return ", ".join(f"{key} {value:g}" for key, value in setting.items())


def _suggestions(session: Session, row: Installation) -> list[Suggestion]:
    return suggestions(session, row.id, rules().policy(row))
