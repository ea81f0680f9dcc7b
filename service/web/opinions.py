"""What people say of the verdicts on a conversation's page: agree, disagree and why, take it back."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, flash, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.scoring.corrected import NOT_TO_JUDGE
from service.scoring.definitions import VERDICTS
from service.store import conversations, intents, reviews
from service.store.opinion_models import Drawn, SeenVerdict, Source
from service.store.reviews import Said
from service.store.statements import insert
from service.web.audited import audited
from service.web.errors import Refused
from service.web.parts import parts
from service.web.rights import Right, needs
from service.web.said import offered, reviewer
from service.web.vocabulary import described, verdict
from tasks import opinions as work
from tasks.opinions import Rules

blueprint = Blueprint("opinions", __name__)

LONGEST_WHY = 2000
"""Characters of a reviewer's own words that are kept."""


def rules() -> Rules:
    """What tasks need of this application to let opinions take effect."""
    p = parts()
    return Rules(p.settings, p.now, p.names)


def saw(session: Session, row_id: str) -> None:
    """Remember that the visitor has seen the verdicts of a conversation: what they say from now on is not blind."""
    values = {"conversation_id": row_id, "reviewer": reviewer(), "at": parts().now()}
    session.execute(insert(session, SeenVerdict).values(values).on_conflict_do_nothing())


@blueprint.post("/c/<row_id>/opinion")
@needs(Right.REVIEW)
def give(row_id: str) -> AnyResponse:
    """Agree or disagree with one verdict of the conversation."""
    p, form = parts(), request.form
    said_of = (form.get("score", ""), form.get("verdict", ""), form.get("episode", 0, type=int))
    with p.database.begin() as session:
        said = opinion(session, row_id, said_of, why=form.get("why", ""), source=Source.PAGE)
        if is_too_long(said.why):
            return _asked_again(session, said)
        changes = changed(session, [said])
        pending = work.express(rules(), session, [said])
        audited(session, "give opinion", row_id, said.installation_id, score=said.score, verdict=said.verdict)
    announce(row_id, pending=pending)
    kept = changes[0] if changes else f"{described(said.score).title}: your opinion is kept."
    flash(f"{kept} {_follows(pending=pending)}", "good")
    return _back(row_id, said.score)


def is_too_long(why: str | None) -> bool:
    """Whether a reviewer's words are more than are kept: they are asked to shorten them, nothing is cut off."""
    return why is not None and len(why) > LONGEST_WHY


def changed(session: Session, said: Sequence[Said]) -> list[str]:
    """Which opinions of the visitor's own these replace, in words; the earlier ones stay in the history."""
    found = []
    for each in said:
        known = reviews.given(session, each)
        if known is None or not reviews.differs(known, each):
            continue
        then, now = verdict(each.score, known.verdict).label, verdict(each.score, each.verdict).label
        what = f"from “{then}” to “{now}”" if then != now else f"“{now}”: only its reason"
        when = f"{known.at:%H:%M}" if known.at.date() == each.at.date() else f"{known.at:%-d %b %Y, %H:%M}"
        found.append(f"{described(each.score).title}: you changed your opinion of {when} {what}.")
    return found


def _asked_again(session: Session, said: Said) -> AnyResponse:
    """The opinion with every word of it, to be shortened and sent again; the verdict can still be changed."""
    known = [each for each in _offered(session, said) if each != said.verdict]
    choices = [(each, verdict(said.score, each)) for each in (said.verdict, *known)]
    page = render_template("opinion_too_long.html", row_id=said.conversation_id, said=said, choices=choices,
                           title=described(said.score).title, longest=LONGEST_WHY)  # fmt: skip
    return make_response(page, 422)


@blueprint.post("/c/<row_id>/opinion/take-back")
@needs(Right.REVIEW)
def take_back(row_id: str) -> AnyResponse:
    """Take one's own opinion back."""
    p, form = parts(), request.form
    score, episode = form.get("score", ""), form.get("episode", 0, type=int)
    with p.database.begin() as session:
        row = conversations.get(session, row_id)
        if row is None:
            abort(404)
        pending = work.take_back(rules(), session, row_id, episode=episode, score=score, reviewer=reviewer())
        if pending is not None:
            audited(session, "take back opinion", row_id, row.installation_id, score=score)
    announce(row_id, pending=bool(pending))
    flash("You had no opinion on it." if pending is None else "Your opinion is taken back.", "good")
    return _back(row_id, score)


def opinion(
    session: Session,
    row_id: str,
    said: tuple[str, str, int],
    *,
    why: str,
    source: Source,
    blind: bool = False,
    drawn: Drawn | None = None,
) -> Said:
    """The opinion that a form gives as (score, verdict, episode); its words may be `is_too_long`.

    404 without the conversation, `Refused` for what no form offers.
    """
    row = conversations.get(session, row_id)
    latest = reviews.latest_episode(session, row_id)
    if row is None or latest is None:
        abort(404)
    score, given, episode = said
    if score not in VERDICTS or score in NOT_TO_JUDGE:
        raise Refused("Nothing is saved", "People judge no such score. Go back and choose one that the page shows.")
    if not 1 <= episode <= latest:
        raise Refused("Nothing is saved", f"This conversation has no episode {episode}. Go back and reload the page.")
    words = " ".join(why.replace("\0", " ").split()) or None
    at = parts().now()
    made = Said(row.installation_id, row_id, episode, score, given, reviewer(), at, words, source, blind, drawn)
    if given not in _offered(session, made):
        raise Refused("Nothing is saved", _not_offered(made))
    return made


def _offered(session: Session, said: Said) -> Sequence[str]:
    """What can be said of the score of the episode: also the intent that its card names, though the catalog may have
    dropped it since."""
    own = reviews.own_verdict(session, said.conversation_id, said.episode, said.score)
    known = offered(said.score, own, tuple(intents.counts(session, said.installation_id)))
    return (*known, own) if said.score == "intent" and own and own not in known else known


def _not_offered(said: Said) -> str:
    """Why a verdict is not taken, and what to do."""
    title, words = described(said.score).title, VERDICTS[said.score]
    if words is None or said.verdict not in words:
        return f"{title} knows no such verdict. Go back and choose one that the page offers."
    label = verdict(said.score, said.verdict).label
    if said.score == "containment":
        why = "that a bot wrote, or none, is seen in the conversation and is no matter of opinion"
        return f"{title} cannot be “{label}” here: {why}. Go back and choose one of the verdicts that the page offers."
    return f"{title} cannot be judged “{label}” by a person. Go back and choose one that the page offers."


def announce(row_id: str, *, pending: bool) -> None:
    """Tell the workers that a write-back is due; a lost message costs time only."""
    if pending:
        parts().queue.write_back([row_id])


def _follows(*, pending: bool) -> str:
    return "The figures count it; the ticket is brought in line." if pending else "The figures count it."


def _back(row_id: str, score: str) -> AnyResponse:
    anchor = f"score-of-{score}" if score in VERDICTS else None
    return redirect(url_for("conversations.conversation", row_id=row_id, _anchor=anchor))
