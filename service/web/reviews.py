"""The review queue: what to look at next and why, one conversation at a time, second reviews blind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from service.card_document import card_from_document
from service.document import from_document
from service.scoring.corrected import NOT_TO_JUDGE, own_verdict
from service.scoring.definitions import VERDICTS
from service.scoring.doubt import Doubt, doubts
from service.scoring.score import Policy, Scorecard
from service.scoring.scorecard import judged_episodes
from service.store import conversations, disputes, intents, queries, results, review_queue
from service.store.models import Conversation, Installation
from service.store.opinion_models import Dispute, Drawn, SeenVerdict, Source
from service.store.opinions import monday
from service.store.review_queue import Asked, Kind, Waiting
from service.store.reviews import Said
from service.web.audited import audited
from service.web.opening_words import opening_words
from service.web.opinions import LONGEST_WHY, announce, changed, is_too_long, opinion, rules, saw
from service.web.parts import parts
from service.web.rights import Right, needs, visible_ids
from service.web.said import Choice, offered, reviewer
from service.web.transcript import Judged, plain, transcript
from service.web.vocabulary import SCORES, Described, described, verdict
from tasks import opinions as work

blueprint = Blueprint("reviews", __name__, url_prefix="/reviews")

SHOWN = 10
"""Conversations of each kind that the queue's page names."""

KINDS = {
    Kind.DISPUTED: ("Disputed by agents", "An agent says on the ticket that a verdict is wrong."),
    Kind.RANDOM: ("Random sample", "Drawn by lot: only these tell how often Deskmark is right in general."),
    Kind.SECOND: ("Second review, blind", "Somebody has reviewed it. You see neither their verdicts nor Deskmark's."),
    Kind.RISKY: ("Doubtful", "Deskmark is unsure, or two verdicts can hardly both be right."),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the queue: the conversation, how it begins, why it is there; no word gives a verdict away."""

    waiting: Waiting
    why: tuple[str, ...]
    begins: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """One score to be judged: `judged` is what stands, `None` when the review is blind."""

    name: str
    words: Described
    choices: tuple[Choice, ...]
    judged: Judged | None
    doubts: tuple[Doubt, ...] = ()


@blueprint.get("")
@needs(Right.REVIEW)
def page() -> str:
    """What waits for a review, why, and how far this week's sample has come."""
    p, asked = parts(), asking()
    week = monday(asked.now)
    with p.database.read() as session:
        groups = [
            (kind, [_item(session, each) for each in find(session, asked, limit=SHOWN)])
            for kind, find in (
                (Kind.DISPUTED, review_queue.disputed),
                (Kind.RANDOM, review_queue.sampled),
                (Kind.SECOND, review_queue.second),
                (Kind.RISKY, review_queue.risky),
            )
        ]
        weeks = [review_queue.progress(session, asked, day) for day in (week, week - review_queue.WEEK)]
    listed = {(i.waiting.conversation.id, 1): i.waiting.installation.id for _, items in groups for i in items}
    begun = opening_words("review queue", listed)
    groups = [
        (kind, [replace(item, begins=begun.get((item.waiting.conversation.id, 1), "")) for item in items])
        for kind, items in groups
    ]
    return render_template(
        "reviews.html", groups=groups, weeks=weeks, share=asked.share, kinds=KINDS, shown=SHOWN,
        any=any(items for _, items in groups),
    )  # fmt: skip


@blueprint.get("/next")
@needs(Right.REVIEW)
def following() -> AnyResponse:
    """The next conversation of the queue."""
    with parts().database.read() as session:
        found = review_queue.following(session, asking())
    if found is None:
        flash("Nothing waits for a review of yours.", "good")
        return redirect(url_for("reviews.page"))
    return redirect(url_for("reviews.one", row_id=found.conversation.id))


@blueprint.get("/<row_id>")
@needs(Right.REVIEW)
def one(row_id: str) -> str:
    """One conversation with a form for every verdict; blind for a second review, or where that is asked for."""
    return _form(row_id, MultiDict())


def _form(row_id: str, given: MultiDict[str, str]) -> str:
    """The form, with what was `given` before."""
    p = parts()
    with p.database.begin() as session:
        row, installation, card = _found(session, row_id)
        kind = review_queue.kind_of(session, asking(), row)
        blind = _may_be_blind(session, row_id) and (kind is Kind.SECOND or "blind" in request.values)
        if not blind:
            saw(session, row_id)
        audited(session, "review blind" if blind else "look at transcript", row_id, row.installation_id)
        policy = rules().policy(installation)
        names = tuple(intents.counts(session, installation.id))
        dispute = _dispute(session, row_id)
        related = queries.related(session, row_id, within=visible_ids())
    read = from_document(row.document or {})
    shown = plain(read) if blind else transcript(read, [card], judged_episodes(read, policy))
    return render_template(
        "review.html",
        row=row,
        installation=installation,
        read=read,
        page=shown,
        blind=blind,
        kind=kind,
        kinds=KINDS,
        asked=_asked(card, policy, names, shown.episodes[0].judged if shown.episodes else None),
        episode=card.episode,
        dispute=None if blind else dispute,
        related=related,
        can_be_blind=kind in (Kind.RANDOM, Kind.RISKY),
        given=given,
        longest=LONGEST_WHY,
    )


@blueprint.post("/<row_id>")
@needs(Right.REVIEW)
def answer(row_id: str) -> AnyResponse:
    """Keep the verdicts that were chosen, or pass the conversation over; then the next one."""
    p, form, asked = parts(), request.form, asking()
    with p.database.begin() as session:
        row, _, card = _found(session, row_id)
        if form.get("what") == "skip":
            review_queue.skip(session, row_id, asked.reviewer, now=asked.now)
            audited(session, "skip review", row_id, row.installation_id)
            return redirect(url_for("reviews.following"))
        blind = "blind" in form and _may_be_blind(session, row_id)
        said = _said(session, form, row, card, blind=blind)
        if not said:
            flash("Choose at least one verdict, or skip the conversation.", "error")
            return redirect(url_for("reviews.one", row_id=row_id, blind="1" if blind else None))
        too_long = any(is_too_long(each.why) for each in said)
    if too_long:
        return make_response(_form(row_id, form), 422)
    with p.database.begin() as session:
        changes = changed(session, said)
        pending = work.express(rules(), session, said)
        details = {"blind": "yes" if blind else "no", "scores": " ".join(each.score for each in said)}
        audited(session, "give opinion", row_id, row.installation_id, **details)
    announce(row_id, pending=pending)
    for told in changes or ([] if blind else ["Kept."]):
        flash(told, "good")
    if blind:
        return redirect(url_for("conversations.conversation", row_id=row_id, reviewed=1))
    return redirect(url_for("reviews.following"))


def asking() -> Asked:
    """Who asks the queue, and for what."""
    p = parts()
    return Asked(reviewer(), p.now(), p.settings.review_share, visible_ids())


def _found(session: Session, row_id: str) -> tuple[Conversation, Installation, Scorecard]:
    """The conversation with the card that stands; 404 where there is none, or its text is gone."""
    row, stored = conversations.get(session, row_id), results.latest_card(session, row_id)
    if row is None or row.document is None or stored is None:
        abort(404)
    return row, session.get_one(Installation, row.installation_id), card_from_document(stored)


def _may_be_blind(session: Session, row_id: str) -> bool:
    """Whether the reviewer has seen none of the verdicts yet."""
    return session.get(SeenVerdict, (row_id, reviewer())) is None


def _said(
    session: Session, form: MultiDict[str, str], row: Conversation, card: Scorecard, *, blind: bool
) -> list[Said]:
    """The opinions of the form: `v.SCORE` and `why.SCORE`."""
    kind = review_queue.kind_of(session, asking(), row)
    drawn = None if kind is None else Drawn.RANDOM if kind in (Kind.RANDOM, Kind.SECOND) else Drawn.RISKY
    return [
        opinion(
            session, row.id, (name, given, card.episode), why=form.get(f"why.{name}", ""), source=Source.QUEUE,
            blind=blind, drawn=drawn,
        )
        for name in VERDICTS
        if (given := form.get(f"v.{name}", ""))
    ]  # fmt: skip


def _asked(card: Scorecard, policy: Policy, names: Sequence[str], judged: Sequence[Judged] | None) -> list[Asking]:
    """Every score that can be judged; what is doubted first, unless the review is blind."""
    shown = {each.name: each for each in judged or ()}
    found = doubts(card, review_confidence=policy.review_confidence) if judged is not None else ()
    order = {name: place for place, name in enumerate(dict.fromkeys([*(d.score for d in found), *SCORES]))}
    can = [n for n, s in card.scores.items() if s.verdict is not None and n in VERDICTS and n not in NOT_TO_JUDGE]
    return [
        Asking(
            name,
            described(name),
            tuple(
                Choice(each, verdict(name, each), judged is not None and each == card.scores[name].verdict)
                for each in offered(name, own_verdict(card.scores[name]), names)
            ),
            shown.get(name),
            tuple(doubt for doubt in found if doubt.score == name),
        )
        for name in sorted(can, key=lambda name: order.get(name, len(order)))
    ]


def _item(session: Session, waiting: Waiting) -> Item:
    stored = results.latest_card(session, waiting.conversation.id) if waiting.kind is Kind.RISKY else None
    if stored is None:
        return Item(waiting, (KINDS[waiting.kind][1],))
    confidence = rules().policy(waiting.installation).review_confidence
    found = doubts(card_from_document(stored), review_confidence=confidence)
    why = tuple(f"{described(each.score).title}: {each.says}" for each in found[:3])
    return Item(waiting, why or (KINDS[waiting.kind][1],))


def _dispute(session: Session, row_id: str) -> Dispute | None:
    return next((each for each in disputes.of_conversation(session, row_id) if each.settled_at is None), None)
