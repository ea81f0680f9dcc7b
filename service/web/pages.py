"""The overview and the definitions."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from service.figures.catalogue import Maturity
from service.store import queries
from service.web.goals import may_state
from service.web.levels import in_words, step_of
from service.web.next_steps import next_steps
from service.web.overview import overview
from service.web.parts import parts
from service.web.rights import Right, needs, visible_ids
from service.web.view import View
from service.web.vocabulary import SCORES

blueprint = Blueprint("pages", __name__)

TAGS = (
    ("resolution__…", "a bot took part and no human answered; the ending is the outcome"),
    ("escalation__avoidable, __missed, __late", "something is wrong with the escalation"),
    ("context__repeated", "an agent asked again for what had been given"),
    ("gap", "holds a question that the bot could not serve"),
    ("effort__high", "the automated part was hard work for the customer"),
    ("repeat__of", "this conversation is the return of an earlier one"),
    ("review", "a verdict that was written is not sure; a human look is welcome"),
    ("ignore", "set by you: Deskmark does not read this conversation, customer or organisation"),
    ("dispute", "set by an agent who disagrees with the verdict"),
)
"""What each tag means, without its prefix."""


@blueprint.get("/")
@needs(Right.SEE)
def home() -> str:
    """How it goes: the figures of the account's level against its own beginning; and what needs a look."""
    p, seen = parts(), visible_ids()
    with p.database.read() as session:
        view = View.of(request.args, session)
        told = overview(session, view)
        return render_template(
            "overview.html",
            view=view,
            choices=view.choices(session),
            overview=told,
            next_steps=next_steps(session, view, told.short),
            words=in_words,
            step_of=step_of,
            levels=list(Maturity),
            may_change=may_state(),
            connected=bool(view.installations),
            scored=view.latest is not None or queries.any_scored(session, within=seen),
            pressing=queries.pressing(session, within=seen),
            troubled=queries.troubled(session, within=seen),
        )


@blueprint.get("/definitions")
@needs(Right.SEE)
def definitions() -> str:
    """What every score and tag means."""
    return render_template("definitions.html", scores=SCORES, tags=TAGS, prefix=parts().settings.prefix)
