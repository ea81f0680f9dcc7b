"""The overview and the definitions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, render_template

from service.store import installations, overview, queries
from service.store.models import State, WriteState
from service.web.parts import parts
from service.web.rights import Right, needs, visible_ids
from service.web.vocabulary import SCORES, Verdict, verdict

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


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: a verdict, how many conversations have it, and its length in percent of the chart."""

    name: str
    words: Verdict
    count: int
    percent: float


@blueprint.get("/")
@needs(Right.SEE)
def home() -> str:
    """What came in, what was made of it, and what needs a look."""
    p, seen = parts(), visible_ids()
    with p.database.read() as session:
        counts = overview.counts(session, seen)
        said = queries.verdicts(session, SCORES, within=seen)
        return render_template(
            "home.html",
            connected=len(installations.all_of(session, within=seen)),
            counts=counts,
            total=sum(counts.conversations.values()),
            waiting=counts.conversations.get(State.NEW, 0) + counts.writes.get(WriteState.PENDING, 0),
            dead=counts.conversations.get(State.DEAD, 0) + counts.writes.get(WriteState.DEAD, 0),
            charts=[(name, SCORES[name], _bars(name, said[name])) for name in SCORES],
            charted=min(queries.LATEST, counts.conversations.get(State.SCORED, 0)),
            troubled=queries.troubled(session, within=seen),
        )


def _bars(score: str, counts: Mapping[str, int]) -> list[Bar]:
    total = sum(counts.values())
    order = [*SCORES[score].verdicts, *(name for name in counts if name not in SCORES[score].verdicts)]
    return [
        Bar(name, verdict(score, name), counts[name], 100 * counts[name] / total) for name in order if name in counts
    ]


@blueprint.get("/definitions")
@needs(Right.SEE)
def definitions() -> str:
    """What every score and tag means."""
    return render_template("definitions.html", scores=SCORES, tags=TAGS, prefix=parts().settings.prefix)
