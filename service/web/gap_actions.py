"""What can be done about a knowledge gap: take note, assign, name what was done, take any of it back, merge.

Whether a fix worked is not among it: the data says that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time

from flask import Blueprint, abort, flash, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from service.store import gap_topics, improvements
from service.store import gaps as store
from service.store.gap_facts import Gap
from service.store.gap_models import Audience, ImprovementKind
from service.web.asked import pressed
from service.web.audited import audited
from service.web.gap_page import found
from service.web.parts import parts
from service.web.rights import Right, needs, visible_ids

blueprint = Blueprint("gap_actions", __name__, url_prefix="/gaps")

LONGEST_WORDS = 2000
ARTICLES = frozenset({ImprovementKind.ARTICLE_PUBLISHED, ImprovementKind.ARTICLE_UPDATED})


class NotDone(ValueError):
    """What the form asks for cannot be done; the message says what to do."""


@blueprint.post("/<int:gap_id>")
@needs(Right.MANAGE)
def act(gap_id: int) -> AnyResponse:
    """Do what the pressed button says."""
    what = pressed(ACTIONS)
    with parts().database.begin() as session:
        gap = found(session, gap_id)
        try:
            said, leads_to = ACTIONS[what](session, gap), gap.row.id
        except NotDone as error:
            flash(str(error), "error")
            return redirect(url_for("gap.page", gap_id=gap.row.id))
        if what == "merge":
            leads_to = _number("into")
        audited(session, f"{what.replace('_', ' ')} gap", str(gap.row.id), gap.row.installation_id)
        refused = list(_elsewhere(session, gap, what))
    flash(said, "good")
    for why in refused:
        flash(f"Not on the other helpdesk: {why}", "error")
    return redirect(url_for("gap.page", gap_id=leads_to))


def _elsewhere(session: Session, gap: Gap, what: str) -> Iterator[str]:
    """Do the same for the same question on the helpdesks that are ticked; what cannot be done there, in words."""
    ticked = set(request.form.getlist("also")) if what in TOGETHER else set()
    for other in gap_topics.others(session, gap.row, visible_ids()) if ticked else ():
        if str(other.row.id) not in ticked:
            continue
        try:
            ACTIONS[what](session, other)
        except NotDone as error:
            yield str(error)
        else:
            audited(session, f"{what} gap", str(other.row.id), other.row.installation_id)


def _acknowledge(session: Session, gap: Gap) -> str:
    words = " ".join(request.form.get("words", "").split())
    if len(words) > LONGEST_WORDS:
        raise NotDone(f"The note has {len(words):,} characters; {LONGEST_WORDS:,} are kept. Nothing was noted.")
    store.acknowledge(session, gap.row.id, at=parts().now(), words=words)
    return "Noted. Others see that somebody looks after it."


def _assign(session: Session, gap: Gap) -> str:
    audience = request.form.get("audience", "")
    if audience not in set(Audience):
        abort(400)
    reference = _reference(request.form.get("reference", ""), ImprovementKind.ARTICLE_PUBLISHED)
    store.change(session, gap.row.id, reference=reference or None, audience=Audience(audience), now=parts().now())
    waits = f" Once Deskmark hears that {reference} is published, it counts as its fix." if reference else ""
    return f"It is the work of {audience} now.{waits}"


def _withdraw_assignment(session: Session, gap: Gap) -> str:
    store.unassign(session, gap.row.id)
    return "It is nobody's work any more."


def _withdraw_note(session: Session, gap: Gap) -> str:
    if not store.withdraw_note(session, gap.row.id, _number("note")):
        raise NotDone("That note is gone already.")
    return "The note is taken back."


def _fix(session: Session, gap: Gap) -> str:
    form, now = request.form, parts().now()
    kind = form.get("kind", "")
    if kind not in set(ImprovementKind):
        abort(400)
    reference = _reference(form.get("reference", ""), ImprovementKind(kind))
    if not reference:
        raise NotDone("Say what was done: an article's number or address, the bot's version, or a name.")
    at = _deployed(form.get("day", ""), now)
    if gap.facts.asked is not None and at.date() < gap.facts.asked.first.date():
        first = f"{gap.facts.asked.first:%-d %b %Y}"
        raise NotDone(f"The question was first asked on {first}: what was done before then cannot have answered it.")
    title = " ".join(form.get("title", "").split())
    improvements.improved(
        session, gap.row.installation_id, ImprovementKind(kind), reference, at=at, now=now, title=title,
        gaps=[gap.row.id],
    )  # fmt: skip
    return "Linked. Deskmark compares how often the question comes before and after, and says whether it worked."


def _withdraw_fix(session: Session, gap: Gap) -> str:
    if not improvements.unlink(session, _number("fix"), gap.row.id):
        raise NotDone("That was no fix of this gap any more.")
    return "It is no fix of this gap any more. That it was deployed stays known."


def _merge(session: Session, gap: Gap) -> str:
    into = store.get(session, _number("into"))
    if into is None or into.row.installation_id != gap.row.installation_id or into.row.id == gap.row.id:
        raise NotDone("Choose another gap of the same account.")
    store.merge(session, gap.row.id, into.row.id)
    return f"Gap {gap.row.id} is part of this one now, with its questions, notes and fixes."


TOGETHER = frozenset({"acknowledge", "assign", "fix"})
"""What can be done for the same question on several helpdesks at once."""

ACTIONS: Mapping[str, Callable[[Session, Gap], str]] = {
    "acknowledge": _acknowledge,
    "assign": _assign,
    "withdraw_assignment": _withdraw_assignment,
    "withdraw_note": _withdraw_note,
    "fix": _fix,
    "withdraw_fix": _withdraw_fix,
    "merge": _merge,
}


def _number(name: str) -> int:
    """A number of the form; 0, which nothing has, for what is none that a database holds."""
    given = request.form.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= 18 else 0


def _reference(given: str, kind: ImprovementKind) -> str:
    """What names it. An article's number alone is written as everywhere else: `article:77`."""
    words = " ".join(given.split())[:255]
    return f"article:{words}" if kind in ARTICLES and words.isascii() and words.isdigit() else words


def _deployed(given: str, now: datetime) -> datetime:
    """Noon of the given day, or now for today and where none is given."""
    if not given:
        return now
    try:
        day = date.fromisoformat(given)
    except ValueError:
        raise NotDone(f"“{given[:20]}” is no day; write it as 2026-03-31.") from None
    if day > now.date():
        raise NotDone("The day lies ahead: link the fix once it is deployed, or name the article under “Assign”.")
    return min(now, datetime.combine(day, time(12), UTC))
