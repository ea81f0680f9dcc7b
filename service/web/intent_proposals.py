"""One possible new intent: its messages, and accepting it, putting it into another intent, dismissing it; and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.files.intents import LONGEST_NAME, NOVEL_NAME
from service.language.intents import Example
from service.language.redaction import redact
from service.reports.proposed_intents import FEWEST, stated
from service.scoring.score import short
from service.store import installations, intents, proposals
from service.store.intents import Learned
from service.store.models import Conversation
from service.store.proposal_models import IntentProposal, ProposalState
from service.web.asked import pressed
from service.web.audited import audited
from service.web.parts import parts
from service.web.rights import Right, needs, sees

blueprint = Blueprint("intent_proposals", __name__, url_prefix="/intents/proposals")

SHOWN = 20
"""Messages that can be chosen as examples."""
LOOKED_AT = 60
"""Conversations that these are chosen from, the latest: what was said in the same words is shown once."""
LONGEST = 300
"""Characters of a message that are shown; the example is the whole of it."""


class NotDone(ValueError):
    """What the form asks for cannot be done; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, in words; `scored`: conversations that are judged again because of it."""

    says: str
    scored: Sequence[str] = field(default=())


@dataclass(frozen=True, slots=True)
class Said:
    """What customers wrote, masked; `times`: in how many of the conversations, `row` the latest of them."""

    row: Conversation
    text: str
    times: int


@blueprint.get("/<int:proposal_id>")
@needs(Right.READ)
def page(proposal_id: int) -> str:
    """Messages that fit no intent and are near each other; what can be made of them."""
    p = parts()
    with p.database.begin() as session:
        row = _found(session, proposal_id)
        messages = [Said(each.row, short(each.text, LONGEST), each.times) for each in _said(session, row)]
        names = tuple(intents.counts(session, row.installation_id))
        installation = installations.get(session, row.installation_id)
        if messages:
            told = {"conversations": str(len(messages))}
            audited(session, "look at texts", f"proposal {row.id}", row.installation_id, **told)
        return render_template(
            "intent_proposal.html", row=row, messages=messages, names=names, installation=installation,
            grows=proposals.GROWS, fewest=FEWEST,
        )  # fmt: skip


@blueprint.post("/<int:proposal_id>")
@needs(Right.MANAGE)
def act(proposal_id: int) -> AnyResponse:
    """Do what the pressed button says."""
    p, what = parts(), pressed(ACTIONS)
    with p.database.begin() as session:
        row = _found(session, proposal_id, lock=True)
        try:
            done = ACTIONS[what](session, row)
        except NotDone as error:
            flash(str(error), "error")
            return redirect(url_for("intent_proposals.page", proposal_id=proposal_id))
        audited(session, f"{what} intent proposal", str(row.id), row.installation_id, intent=row.intent or "")
        installation_id = row.installation_id
    if done.scored:
        p.queue.score(done.scored)
    flash(done.says, "good")
    return redirect(url_for("intents.page", installation=installation_id))


def _found(session: Session, proposal_id: int, *, lock: bool = False) -> IntentProposal:
    row = proposals.get(session, proposal_id, lock=lock)
    if row is None or not sees(row.installation_id):
        abort(404)
    return row


def _said(session: Session, row: IntentProposal) -> list[Said]:
    """The messages of the proposal, each wording once, the latest first."""
    names = parts().names
    by_text: dict[str, list[Conversation]] = {}
    for each in proposals.members(session, row.id, limit=LOOKED_AT):
        if text := redact(stated(each.document or {}), names=names):
            by_text.setdefault(text, []).append(each)
    return [Said(rows[0], text, len(rows)) for text, rows in by_text.items()][:SHOWN]


def _accept(session: Session, row: IntentProposal) -> Done:
    """Take it over as a new intent."""
    name = " ".join(request.form.get("name", "").split())
    if not name or len(name) > LONGEST_NAME or name.casefold() == NOVEL_NAME:
        raise NotDone(f"Give it a name of at most {LONGEST_NAME} characters, and not “{NOVEL_NAME}”.")
    known = {each.casefold() for each in intents.counts(session, row.installation_id)}
    if name.casefold() in known:
        raise NotDone(f"There is an intent “{name}” already: put the messages into it with “Merge” instead.")
    return _take_over(session, row, ProposalState.ACCEPTED, name)


def _merge(session: Session, row: IntentProposal) -> Done:
    """Make its messages examples of an intent that there is."""
    name = request.form.get("into", "")
    if name not in intents.counts(session, row.installation_id):
        raise NotDone("Choose an intent that there is.")
    return _take_over(session, row, ProposalState.MERGED, name)


def _take_over(session: Session, row: IntentProposal, state: ProposalState, name: str) -> Done:
    _refuse_second(row)
    said, chosen = _said(session, row), set(request.form.getlist("example"))
    learned = [Learned(Example(name, each.text), each.row.id) for each in said if each.row.id in chosen]
    least = min(FEWEST, len(said)) if state == ProposalState.ACCEPTED else 1
    if len(learned) < max(1, least):
        raise NotDone(f"Choose at least {max(1, least)} of the messages as examples.")
    now = parts().now()
    proposals.decide(row, state, intent=name, now=now)
    intents.learn(session, row.installation_id, learned, now=now)
    scored = proposals.score_anew(session, row.id, now=now)
    return Done(f"{len(learned)} examples are in the catalog as “{name}”. {_follows(len(scored))}", scored)


def _dismiss(session: Session, row: IntentProposal) -> Done:  # noqa: ARG001 - every action has this shape
    """Remember that it is no intent."""
    _refuse_second(row)
    proposals.decide(row, ProposalState.DISMISSED, intent=None, now=parts().now())
    return Done(f"Dismissed. It comes back only if it grows {proposals.GROWS} times as large.")


def _undo(session: Session, row: IntentProposal) -> Done:
    """Take the decision back, with the examples that came of it."""
    if row.state == ProposalState.OPEN:
        raise NotDone("Nobody has decided on it.")
    removed, scored, now = 0, [], parts().now()
    if row.state != ProposalState.DISMISSED:
        removed = intents.remove_some(session, row.installation_id, proposals.taken_over(row), now=now)
        scored = proposals.score_anew(session, row.id, now=now)
    proposals.undo(row)
    gone = f" {removed} examples are out of the catalog again. {_follows(len(scored))}" if removed else ""
    return Done(f"Taken back.{gone}", scored)


ACTIONS: Mapping[str, Callable[[Session, IntentProposal], Done]] = {
    "accept": _accept,
    "merge": _merge,
    "dismiss": _dismiss,
    "undo": _undo,
}


def _refuse_second(row: IntentProposal) -> None:
    if row.state != ProposalState.OPEN:
        raise NotDone("Somebody has decided on it already. Take that back first.")


def _follows(count: int) -> str:
    return (
        f"Its {count} conversations are judged against the catalog again now; figures follow within minutes, as they "
        "are scored. Older ones follow with “deskmark rescore”."
    )
