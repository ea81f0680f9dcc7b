"""What may be written to a helpdesk, and what would be: switch, rules with a preview, plans as differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from connectors.registry import bulk_kinds
from service.conversation import Channel
from service.reports.naming import NO_LABELS, Labels, labels
from service.store import dimension_names, errands, plans
from service.store.errand_models import ErrandKind
from service.store.models import Conversation, Installation
from service.web.asked import helpdesk
from service.web.audited import audited
from service.web.parts import known, parts
from service.web.rights import Right, acting, needs
from service.write_rules import (
    Part,
    RulesError,
    WriteRules,
    rules_document,
    rules_from_document,
    rules_given,
    with_names,
)
from tasks.writing_planned import GATHER

blueprint = Blueprint("writing", __name__, url_prefix="/installations")

LISTS = (
    ("groups", "Groups or teams", "The inbox of a conversation, or the team of an agent who wrote in it."),
    ("brands", "Brands", "By name or number, as Zendesk has them; an Intercom conversation is of no brand."),
    ("channels", "Channels", f"{', '.join(Channel)}."),
    ("forms", "Ticket forms", "As Zendesk numbers them; Intercom has none."),
)
"""What rules can name, with its label and a hint. An empty list leaves nothing out."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A plan as it is shown: tags to add and to remove, fields as (name, old, new), the note's text."""

    add_tags: Sequence[str]
    remove_tags: Sequence[str]
    fields: Sequence[tuple[str, object, object]]
    note: str | None
    reason: str


def difference(plan: Mapping[str, Any] | None, words: Labels = NO_LABELS) -> Difference | None:
    """A stored plan as it is shown, with the names of its brand and teams as they are now.

    The time of scoring goes along with everything and is left out.
    """
    if not plan:
        return None
    fields = [(name, plan["was"].get(name), new) for name, new in plan["fields"].items() if name != "dm_scored_at"]
    note = plan["note"]["text"] if plan["note"] else None
    return Difference(plan["add_tags"], plan["remove_tags"], fields, note, with_names(plan["reason"], words.of))


def writing_facts(session: Session, row: Installation) -> Mapping[str, Any]:
    """What the section on the installation's page shows."""
    return {"rules": _stored_rules(row), "parts": list(Part), "counts": plans.counts(session, row.id), "lists": LISTS}


@blueprint.post("/<installation_id>/writing")
@needs(Right.ADMINISTER)
def switch(installation_id: str) -> AnyResponse | str:
    """Switch writing to the helpdesk on, once somebody is sure, or off. What was planned is not written by that."""
    on, sure = request.form.get("writing") == "on", request.form.get("sure") == "yes"
    with parts().database.begin() as session:
        row = helpdesk(session, installation_id)
        if on and row.disconnected_at is not None:
            abort(409)
        if on and not sure:
            return render_template("writing_on.html", row=row, facts=writing_facts(session, row))
        row.writing = on
        audited(session, f"switch writing {'on' if on else 'off'}", row.id, row.id)
    known().forget()
    flash("Verdicts are written to the helpdesk from now on." if on else "Nothing is written any more.", "good")
    return redirect(url_for("installation.page", installation_id=installation_id, _anchor="writing"))


@blueprint.get("/<installation_id>/writing")
@needs(Right.ADMINISTER)
def page(installation_id: str) -> str:
    """The rules, and what would be written: counts, then plans as differences."""
    with parts().database.begin() as session:
        row = helpdesk(session, installation_id)
        audited(session, "look at plans", row.id, row.id)
        return _page(session, row, _stored_rules(row), previewed=False)


@blueprint.post("/<installation_id>/writing/rules")
@needs(Right.ADMINISTER)
def rules(installation_id: str) -> AnyResponse | str | tuple[str, int]:
    """Save the rules, or show what they would let through."""
    with parts().database.begin() as session:
        row = helpdesk(session, installation_id)
        try:
            given = rules_given(_given(session, row.id))
        except RulesError as error:
            flash(f"Not saved: {error}.", "error")
            return _page(session, row, _stored_rules(row), previewed=False), 422
        for line in plans.known(session, row.id).unseen(given, labels(session, [row.id]).of):
            flash(f"Note: {line}.", "warn")
        if request.form.get("what") == "preview":
            return _page(session, row, given, previewed=True)
        row.write_rules = rules_document(given)
        details = {name: str(value) for name, value in row.write_rules.items()}
        audited(session, "change write rules", row.id, row.id, **details)
    flash("The rules are saved and hold from the next conversation on.", "good")
    return redirect(url_for("writing.page", installation_id=installation_id))


@blueprint.post("/<installation_id>/writing/planned")
@needs(Right.ADMINISTER)
def write_planned(installation_id: str) -> AnyResponse:
    """Write what is planned and allowed, because somebody asks for it; workers do it."""
    with parts().database.begin() as session:
        row = helpdesk(session, installation_id)
        if not row.writing:
            flash("Writing is off: switch it on first.", "error")
            return redirect(url_for("writing.page", installation_id=installation_id))
        options = {"bulk": request.form.get("bulk") == "yes" and row.connector in bulk_kinds()}
        try:
            errand = errands.begin(
                session, row, ErrandKind.WRITE, actor=acting(), stage=GATHER, options=options, now=parts().now()
            )
        except errands.AlreadyUnderWay as error:
            flash(f"Nothing was begun: {error}.", "error")
            return redirect(url_for("writing.page", installation_id=installation_id))
        audited(session, "write what was planned", row.id, row.id, bulk=str(options["bulk"]))
        return redirect(url_for("errands.page", errand_id=errand.id))


def _page(session: Session, row: Installation, shown: WriteRules, *, previewed: bool) -> str:
    latest = plans.known(session, row.id)
    lately = WriteRules(groups=tuple(latest.groups()), brands=tuple(latest.brands()),
                        channels=tuple(latest.channels()), forms=tuple(latest.forms()))  # fmt: skip
    words = labels(session, [row.id])
    called = _called(words, lately)
    through = latest.let_through(shown)
    found = plans.listed(session, row.id, page=request.args.get("page", 1, type=int))
    return render_template(
        "installation_writing.html",
        row=row,
        rules=_called(words, shown),
        all_parts=list(Part),
        lists=[(name, label, hint, _seen(called, name)) for name, label, hint in LISTS],
        previewed=previewed,
        looked_at=len(latest.facts),
        through=through,
        counts=plans.counts(session, row.id),
        page=found,
        planned=[(each, difference(each.plan, words)) for each in found.rows],
        errand=next(iter(errands.of_installation(session, row.id, limit=1)), None),
        bulk=row.connector in bulk_kinds(),
    )


def _called(words: Labels, rules: WriteRules) -> WriteRules:
    """The rules as people read them: brands by name, unless a comma in it would make two of it."""
    names = {brand: words.of("brand", brand) for brand in rules.brands}
    return replace(rules, brands=tuple(brand if "," in name else name for brand, name in names.items()))


def _seen(seen: WriteRules, name: str) -> list[str]:
    """What a list could name. A group whose name the helpdesk did not tell is a bare number, which says nobody anything
    and is left out; forms are known by their numbers."""
    found: tuple[str, ...] = getattr(seen, name)
    return [word for word in found if not word.isdecimal()] if name == "groups" else list(found)


def shown_plan(session: Session, row: Conversation) -> Difference | None:
    """The plan of one conversation, for its page."""
    plan = session.scalar(plans.plan_of(row.id))
    return difference(plan, labels(session, [row.installation_id])) if plan else None


def _given(session: Session, installation_id: str) -> dict[str, Any]:
    """The form as a document of rules: words with commas between; a number that is none stays as it was typed."""
    form = request.form
    words = {name: [word.strip() for word in form.get(name, "").split(",") if word.strip()] for name, _, _ in LISTS}
    words["brands"] = dimension_names.values_called(session, installation_id, "brand", words["brands"])
    switched = {part.value: form.get(part.value) == "on" for part in Part}
    return {**switched, **words, "sample": form.get("sample", "").strip() or 100}


def _stored_rules(row: Installation) -> WriteRules:
    return rules_from_document(row.write_rules)
