"""Conversations: the list with its verdicts, and one conversation with the proof of every verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.card_document import card_from_document
from service.conversation import Conversation
from service.document import from_document
from service.reports.naming import labels
from service.scoring.corrected import own_verdict
from service.scoring.definitions import age
from service.scoring.score import Scorecard
from service.scoring.scorecard import judged_episodes
from service.store import conversations as store
from service.store import disputes, installations, overview, queries
from service.store.models import Scorecard as StoredCard
from service.store.models import State, WriteState
from service.web.audited import audited
from service.web.chips import chips
from service.web.leading import leading
from service.web.list_filters import Asked, verdict_of
from service.web.opening_words import opening_words, topic
from service.web.opinions import rules, saw
from service.web.parts import parts
from service.web.rights import Right, needs, visible_ids
from service.web.said import judgements
from service.web.transcript import transcript
from service.web.vocabulary import SCORES, Described, Verdict, verdict
from service.web.writing import shown_plan

blueprint = Blueprint("conversations", __name__)

STATES = {
    State.NEW: "Waiting to be read",
    State.OPEN: "Not ended yet",
    State.SCORED: "Scored",
    State.OPTED_OUT: "Opted out",
    State.GONE: "Removed on the helpdesk",
    State.MERGED: "Merged into another one",
    State.ERASED: "Erased on request",
    State.DEAD: "Given up",
    State.DROPPED: "Put aside",
}
WRITES = {
    WriteState.NONE: "Nothing to write",
    WriteState.OFF: "Not written",
    WriteState.PENDING: "Waiting to be written",
    WriteState.WRITTEN: "Written",
    WriteState.NOT_WRITABLE: "Not writable now",
    WriteState.DEAD: "Writing given up",
    WriteState.DROPPED: "Writing put aside",
}


@blueprint.get("/conversations")
@needs(Right.SEE)
def listing() -> str:
    """All conversations, filtered."""
    p = parts()
    known: dict[str, list[str]] = {"helpdesk": sorted(p.connectors), "state": list(STATES), "written": list(WRITES)}
    given = Asked.of(request.args, known)
    asked = given.values
    with p.database.read() as session:
        page = queries.conversations(
            session,
            verdict=verdict_of(asked["verdict"]) if asked["verdict"] else None,
            connector=asked["helpdesk"],
            state=asked["state"],
            write_state=asked["written"],
            search=asked["q"],
            within=visible_ids(),
            page=given.page,
        )
        connected = len(installations.all_of(session, within=visible_ids()))
    begun = opening_words("conversations", {(row.conversation.id, 1): row.installation.id for row in page.rows})
    return render_template(
        "conversations.html",
        page=page,
        rows=[(row, chips(row.card), begun.get((row.conversation.id, 1), ""), topic(row.card)) for row in page.rows],
        asked=asked,
        faults=given.faults,
        filters={name: value for name, value in asked.items() if value},
        scores=SCORES,
        states=STATES,
        writes=WRITES,
        helpdesks=[(name, name.title()) for name in known["helpdesk"]],
        connected=connected,
        looked_at=queries.LOOKED_AT,
    )


@blueprint.get("/c/<row_id>")
@needs(Right.READ)
def conversation(row_id: str) -> str:
    """One conversation: transcript, scores, proof, and what was written where."""
    p = parts()
    with p.database.read() as session:
        dossier = overview.dossier(session, row_id)
        if dossier is None:
            abort(404)
        related = queries.related(session, row_id, within=visible_ids())
        plan = shown_plan(session, dossier.conversation)
        current = _current([card_from_document(card.stands) for card in dossier.cards])
        said = judgements(session, dossier.installation.id, row_id, current)
        disputed = disputes.of_conversation(session, row_id)
        named = labels(session, [dossier.installation.id])
    read = from_document(dossier.conversation.document) if dossier.conversation.document else None
    pieces = judged_episodes(read, rules().policy(dossier.installation)) if read else ()
    with p.database.begin() as session:
        audited(session, "look at transcript", row_id, dossier.installation.id)
        saw(session, row_id)
    empty = Conversation(id=dossier.conversation.external_id, messages=())
    shown = transcript(named.conversation(read) if read else empty, current, pieces)
    return render_template(
        "conversation.html",
        dossier=dossier,
        row=dossier.conversation,
        read=read,
        about=list(named.about(read)) if read else [],
        page=shown if read or current else None,
        lead=leading(shown.episodes[0].judged) if shown.episodes else (),
        leading=leading,
        judgements=said,
        disputes=disputed,
        versions=_older(dossier.cards, current),
        next_review="reviewed" in request.args,
        related=related,
        others={other.external_id: other for other in related},
        scored_at=max((card.scored_at for card in dossier.cards), default=None),
        states=STATES,
        writes=WRITES,
        plan=plan,
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A score that older definitions judged otherwise; `None`: no verdict."""

    words: Described
    then: Verdict | None
    now: Verdict | None


@dataclass(frozen=True, slots=True)
class Older:
    """A card that no longer speaks, and where Deskmark's verdicts then and now differ."""

    definitions: str
    episode: int
    scored_at: datetime
    differences: tuple[Difference, ...]


def _older(cards: Sequence[StoredCard], current: Sequence[Scorecard]) -> list[Older]:
    """The cards of older definitions, the newest version first."""
    newest = {card.episode: card for card in current}
    old = [card for card in cards if card.episode in newest and card.definitions != newest[card.episode].definitions]
    return [
        Older(card.definitions, card.episode, card.scored_at, tuple(_differences(card, newest[card.episode])))
        for card in sorted(old, key=lambda card: (age(card.definitions), card.episode), reverse=True)
    ]


def _differences(card: StoredCard, now: Scorecard) -> Iterator[Difference]:
    for name, words in SCORES.items():
        then_said = (card.card["scores"].get(name) or {}).get("verdict")
        now_said = own_verdict(now.scores[name]) if name in now.scores else None
        if then_said != now_said:
            yield Difference(
                words,
                verdict(name, then_said) if then_said else None,
                verdict(name, now_said) if now_said else None,
            )


def _current(cards: list[Scorecard]) -> list[Scorecard]:
    """The card of each episode under the newest definitions: older ones are kept but no longer speak."""
    newest: dict[int, Scorecard] = {}
    for card in sorted(cards, key=lambda card: (len(card.definitions), card.definitions)):
        newest[card.episode] = card
    return list(newest.values())


@blueprint.post("/c/<row_id>/again")
@needs(Right.MANAGE)
def again(row_id: str) -> AnyResponse:
    """Read the conversation from the helpdesk again and score it anew, also when it had been given up."""
    p = parts()
    with p.database.begin() as session:
        row = store.get(session, row_id)
        if row is None:
            abort(404)
        installation = installations.get(session, row.installation_id)
        assert installation is not None, "a conversation goes with its installation"
        store.announce(session, installation, row.external_id, at=p.now(), now=p.now())
        audited(session, "score again", row_id, installation.id)
    p.queue.score([row_id])
    flash("It is read and scored again; reload the page in a moment.", "good")
    return redirect(url_for("conversations.conversation", row_id=row_id))
