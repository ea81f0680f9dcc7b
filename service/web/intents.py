"""An account's intents, possible new ones, and what people made of those."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.figures.results import Value
from service.figures.wording import interval, number
from service.language.labels import UNNAMED
from service.language.question import plainness, question
from service.language.redaction import redact
from service.reports.intent_catalog import Catalog, catalog
from service.reports.proposed_intents import stated
from service.reports.sources import Stored
from service.scoring.score import short
from service.store import installations, proposals
from service.store.models import Installation
from service.store.proposal_models import IntentProposal, IntentSearch, ProposalState
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, may, needs, sees
from service.web.view import View

blueprint = Blueprint("intents", __name__, url_prefix="/intents")

QUOTED = 3
"""Messages of a proposal that the list shows."""
LONGEST = 160
DECIDED = (ProposalState.ACCEPTED, ProposalState.MERGED, ProposalState.DISMISSED)


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal with some of its messages, masked, for those who may read them."""

    row: IntentProposal
    quotes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What it is called: the plainest of its messages, for those who may read them; else its terms."""
        best = max(self.quotes, key=lambda quote: (plainness(quote), -len(quote)), default="")
        return question(best, self.terms.split(", ")) or self.terms or f"Group {self.row.id}"

    @property
    def terms(self) -> str:
        """Its telling words; empty where there are none."""
        return "" if self.row.label == UNNAMED else self.row.label


@blueprint.get("")
@needs(Right.SEE)
def page() -> str:
    """The intents of one account with what is proposed beside them."""
    p = parts()
    with p.database.read() as session:
        view = View.of(request.args, session)
        chosen = _chosen(view)
        if chosen is None:
            return render_template("intents.html", view=view, chosen=None, accounts=())
        known, waiting, decided, search = _looked_up(session, view, chosen)
    quoted = sum(len(one.quotes) for one in waiting)
    if quoted:
        with p.database.begin() as session:
            audited(session, "look at texts", "intents", chosen.id, conversations=str(quoted))
    return render_template(
        "intents.html", view=view, chosen=chosen, accounts=view.installations, names=view.names(), catalog=known,
        proposed=waiting, decided=decided, search=search, shown=shown, interval=interval, grows=proposals.GROWS,
        least=p.settings.fewest_cases,
    )  # fmt: skip


def _chosen(view: View) -> Installation | None:
    """The account that is looked at: the chosen one, else the first that the visitor sees."""
    wanted = view.filters.get("installation")
    return next((row for row in view.installations if wanted in (None, row.id)), None)


def _looked_up(
    session: Session, view: View, chosen: Installation
) -> tuple[Catalog, list[Proposed], Sequence[IntentProposal], IntentSearch | None]:
    p = parts()
    source = Stored(session, view.definitions, (chosen.id,), p.now(), least=p.settings.fewest_cases)
    known = catalog(source, chosen.id, since=view.since, until=view.until)
    waiting = [Proposed(row, _quotes(session, row)) for row in proposals.listed(session, chosen.id, ProposalState.OPEN)]
    return known, waiting, proposals.listed(session, chosen.id, *DECIDED), proposals.search(session, chosen.id)


def _quotes(session: Session, row: IntentProposal) -> tuple[str, ...]:
    if not may(Right.READ):
        return ()
    names = parts().names
    found = proposals.members(session, row.id, limit=3 * QUOTED)
    texts = (short(redact(stated(each.document or {}), names=names), LONGEST) for each in found)
    return tuple(dict.fromkeys(filter(None, texts)))[:QUOTED]


def shown(value: Value) -> str:
    """A share in words, or what is missing for it."""
    return value.note if value.value is None else number(value.value, value.unit)


@blueprint.post("/<installation_id>/look")
@needs(Right.MANAGE)
def look(installation_id: str) -> AnyResponse:
    """Have new intents looked for now."""
    p = parts()
    with p.database.begin() as session:
        row = installations.get(session, installation_id)
        if row is None or not sees(row.id):
            abort(404)
        proposals.ask_search(session, row.id, now=p.now())
        audited(session, "look for intents", row.id, row.id)
    flash("A worker looks within a minute; reload the page then.", "good")
    return redirect(url_for("intents.page", installation=installation_id))
