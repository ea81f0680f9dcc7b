"""Knowledge gaps with their lives, and the improvements that answer them."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, Field

from service.reports.gaps import report
from service.store import gaps as store
from service.store import improvements as kept
from service.store import installations
from service.store.gap_models import Audience, Improvement, ImprovementKind
from service.web.api.keys import shows_texts
from service.web.api.routes import Answer, Body, Query, get, post
from service.web.audited import audited
from service.web.parts import parts
from service.web.problems import Problem
from service.web.rights import sees


class StepShape(Answer):
    """A change of state."""

    state: str
    at: datetime


class EffectShape(Answer):
    """Questions of the gap among the bot's conversations before and after its last fix."""

    fixed_at: datetime
    messages_before: int
    bot_conversations_before: int
    messages_after: int
    bot_conversations_after: int
    rate_ratio: float | None = Field(description="Rate after divided by rate before.")
    p: float = Field(description="Chance of so few after the fix if nothing had changed.")


class GapShape(Answer):
    """One group of questions that the bot could not serve."""

    id: int
    installation: str
    label: str | None = Field(
        description="Its most telling words, masked: customers' own; null for a key without the scope texts."
    )
    state: str
    steps: list[StepShape]
    messages: int
    last_asked_at: datetime
    reasons: dict[str, int]
    article: str | None = Field(description="The article that is to answer it.")
    audience: Audience | None
    examples: list[str] = Field(description="Our ids of conversations, the latest first.")
    effect: EffectShape | None


class GapList(Answer):
    """Gaps, the one with most questions first."""

    items: list[GapShape]


class GapQuery(Query):
    """Which gaps."""

    installation: str | None = Field(default=None, description="Of one helpdesk only, by its id.")


@get("/knowledge-gaps", GapList, query=GapQuery)
def knowledge_gaps(query: GapQuery) -> Answer:
    """Groups of questions that the bot could not serve, with their lives and the effect of what was done."""
    p = parts()
    with p.database.read() as session:
        found = report(session, query.installation, as_of=p.now())
    seen = [each for each in found if sees(each["installation"])]
    if not shows_texts():
        seen = [{**each, "label": None} for each in seen]
    return GapList(items=[GapShape.model_validate(each) for each in seen])


class ImprovementShape(Answer):
    """Something that was deployed to serve customers better."""

    id: int
    installation: str
    kind: ImprovementKind
    reference: str
    title: str
    at: datetime
    gaps: list[int] = Field(description="The gaps that it answers.")


class ImprovementList(Answer):
    """Improvements, the latest first."""

    items: list[ImprovementShape]


@get("/improvements", ImprovementList, query=GapQuery)
def improvements(query: GapQuery) -> Answer:
    """What was done for customers: articles published or updated, bots released."""
    with parts().database.read() as session:
        found = kept.listed(session, query.installation)
    return ImprovementList(items=[_shape(row, answered) for row, answered in found if sees(row.installation_id)])


def _shape(row: Improvement, answered: list[int]) -> ImprovementShape:
    return ImprovementShape(
        id=row.id,
        installation=row.installation_id,
        kind=ImprovementKind(row.kind),
        reference=row.reference,
        title=row.title,
        at=row.at,
        gaps=answered,
    )


class NewImprovement(Body):
    """An improvement to tell of. Told again with the same kind, reference and time it is the same one."""

    installation: str = Field(description="Id of the connected helpdesk.")
    kind: ImprovementKind
    reference: str = Field(min_length=1, max_length=255, description="What names it: article:77, bot 2.3.")
    title: str = Field(default="", max_length=255)
    at: AwareDatetime | None = Field(default=None, description="When it was deployed; now when absent.")
    gaps: list[int] = Field(default=[], description="The gaps that it answers.")


@post("/improvements", ImprovementShape, body=NewImprovement)
def tell_improvement(told: NewImprovement) -> Answer:
    """Tell of an improvement, so that its effect is measured.

    Gaps that wait for an article of this reference are answered by it without being named.
    """
    p = parts()
    now = p.now()
    if told.at is not None and told.at > now:
        raise _unusable("at", "lies ahead: tell of an improvement once it is deployed")
    with p.database.begin() as session:
        if installations.get(session, told.installation) is None or not sees(told.installation):
            raise _unusable("installation", "is no connected helpdesk; /api/v1/installations lists them")
        answered = []
        for number in told.gaps:
            gap = store.get(session, number)
            if gap is None or gap.row.installation_id != told.installation:
                raise _unusable("gaps", f"{number} is no knowledge gap of this helpdesk")
            answered.append(gap.row.id)
        at = told.at or now
        number = kept.improved(
            session, told.installation, told.kind, told.reference, at=at, now=now, title=told.title, gaps=answered
        )
        audited(session, "tell improvement", told.reference, told.installation)
        return next(_shape(row, links) for row, links in kept.listed(session) if row.id == number)


def _unusable(name: str, detail: str) -> Problem:
    return Problem(400, "the body cannot be used", faults=[{"parameter": name, "detail": detail}])
