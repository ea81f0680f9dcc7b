"""What the people of the demo's shop did in those months: deployed, took note of gaps, reviewed, disputed.

What they did is told; what follows from it (states of gaps, effects, figures, agreement) is worked out as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.card_document import card_from_document
from service.demo.storyline import DEPLOYED, first_day
from service.figures.beside import Prices
from service.scoring.corrected import can_be_said
from service.scoring.definitions import VERDICTS
from service.scoring.score import Scorecard
from service.store import (
    conversations,
    disputes,
    figure_alerts,
    gaps,
    goals,
    improvements,
    installations,
    results,
    review_queue,
)
from service.store.gap_facts import Gap
from service.store.gap_models import Audience
from service.store.goals import Costs
from service.store.models import Conversation, State
from service.store.opinion_models import Drawn, Source
from service.store.report_models import AlertState, FigureAlert
from service.store.reviews import Said
from tasks import opinions
from tasks.runtime import Runtime

REVIEWERS = ("reviewer-lea", "reviewer-omar")
JUDGED = ("containment", "escalation", "context_repeat", "knowledge_gap")
WRONG = (0.09, 0.12)
"""How often each reviewer says something else than Deskmark."""

COSTS = Costs(Prices(bot_conversation=0.6, human_conversation=4.2, agent_message=0.9, currency="EUR"), agent_minutes=9)
"""What the shop says its work costs."""

SECOND = 0.5
"""Share of what was reviewed that was reviewed blind by the second one."""

NOT_YET = timedelta(days=8)
"""What ended so lately waits in the queue, for whoever looks at the demo."""

DISPUTES = (
    ("escalation", "avoidable", "The page that the bot named was down that day, so I had to help."),
    ("containment", "unresolved", "The customer wrote to me that it works now."),
)
"""Which verdicts agents dispute: score, verdict, why."""


@dataclass(frozen=True, slots=True)
class Noted:
    """Somebody took note of the gap that is about one of these words."""

    words: frozenset[str]
    audience: Audience
    reference: str | None
    said: str
    days_ago: int


NOTED = (
    Noted(frozenset({"carbon paddle"}), Audience.CONTENT, "article:131",
          "The workshop says which brands they take; I write an article.", 4),
    Noted(frozenset({"e-1043", "e-2210"}), Audience.ENGINEERING, None, "E-1043 again: the tile server.", 9),
    Noted(frozenset({"solvo"}), Audience.CONTENT, "article:118", "Nobody told us of the panel. On it.", 43),
)  # fmt: skip


def work(runtime: Runtime) -> None:
    """Everything that people did, once questions are grouped."""
    now = runtime.clock()
    with runtime.database.begin() as session:
        _deploy(session, now)
        _take_note(session, now)
        goals.set_costs(session, COSTS, now=now)
    _review(runtime)
    with runtime.database.begin() as session:
        _dispute(session, now)


def answer_alerts(runtime: Runtime) -> None:
    """Somebody looks after the earliest open alarm of each helpdesk; the newest of all waits for whoever looks at the
    demo."""
    open_ones = (FigureAlert.kind == figure_alerts.ALARM, FigureAlert.state == AlertState.OPEN)
    with runtime.database.begin() as session:
        earliest: dict[str, FigureAlert] = {}
        rows = session.scalars(select(FigureAlert).where(*open_ones).order_by(FigureAlert.first_day, FigureAlert.id))
        for row in rows.all()[:-1]:
            earliest.setdefault(row.installation_id, row)
        for row in earliest.values():
            figure_alerts.answer(session, row, AlertState.ACKNOWLEDGED, by=REVIEWERS[0], now=runtime.clock())


def _deploy(session: Session, now: datetime) -> None:
    first = first_day(now.date())
    for row in installations.all_of(session):
        known = gaps.listed(session, installation_ids=[row.id])
        for each in DEPLOYED:
            at = datetime.combine(first + timedelta(days=each.day), time(9, 30), UTC)
            answered = [gap.row.id for gap in known if _is_about(session, gap, each.words)]
            improvements.improved(
                session, row.id, each.kind, each.reference, at=at, now=at, title=each.title, gaps=answered
            )


def _take_note(session: Session, now: datetime) -> None:
    for gap in gaps.listed(session):
        for each in NOTED:
            if _is_about(session, gap, each.words):
                at = now - timedelta(days=each.days_ago)
                gaps.acknowledge(session, gap.row.id, at=at, words=each.said)
                gaps.change(session, gap.row.id, reference=each.reference, audience=each.audience, now=at)


def _is_about(session: Session, gap: Gap, words: Iterable[str]) -> bool:
    """Whether most of the gap's examples have one of the words."""
    rows = (conversations.get(session, row_id) for row_id in gap.examples)
    texts = [" ".join(m["text"] for m in row.document["messages"]).lower() for row in rows if row and row.document]
    return 2 * sum(any(word in text for word in words) for text in texts) > len(texts)


def _review(runtime: Runtime) -> None:
    """Two people review the random sample of each week, the second one blind and not everything."""
    rules = opinions.Rules(runtime.settings, runtime.clock)
    until, share = runtime.clock() - NOT_YET, runtime.settings.review_share
    with runtime.database.read() as session:
        ended = select(Conversation.id, Conversation.ended_at).where(
            Conversation.state == State.SCORED, Conversation.ended_at < until, Conversation.backfilled
        )
        drawn = [row.id for row in session.execute(ended) if review_queue.is_drawn(row.id, row.ended_at, share)]
    for row_id in sorted(drawn):
        with runtime.database.begin() as session:
            row = session.get_one(Conversation, row_id)
            stored = results.latest_card(session, row_id)
            if stored is not None:
                opinions.express(rules, session, _said(row, card_from_document(stored)))


def _said(row: Conversation, card: Scorecard) -> Sequence[Said]:
    rng, found = Random(row.id), []  # noqa: S311 - a story, not a secret
    ended = row.ended_at or row.created_at
    for reviewer, wrong in list(zip(REVIEWERS, WRONG, strict=True))[: 2 if rng.random() < SECOND else 1]:
        for score in JUDGED:
            own, words = card.scores[score].verdict, VERDICTS[score] or ()
            if own is None:
                continue
            others = [word for word in words if word != own and can_be_said(score, own, word)]
            verdict = rng.choice(others) if rng.random() < wrong and others else own
            at = ended + timedelta(days=rng.uniform(1, 4))
            blind = reviewer != REVIEWERS[0]
            found.append(
                Said(row.installation_id, row.id, card.episode, score, verdict, reviewer, at,
                     source=Source.QUEUE, blind=blind, drawn=Drawn.RANDOM)
            )  # fmt: skip
    return found


def _dispute(session: Session, now: datetime) -> None:
    """Agents disagree on the ticket with some verdicts of the last days."""
    latest = select(Conversation).where(Conversation.state == State.SCORED, Conversation.backfilled)
    rows = session.scalars(latest.order_by(Conversation.ended_at.desc(), Conversation.id).limit(200)).all()
    for score, verdict, why in DISPUTES:
        for row in rows:
            card = results.latest_card(session, row.id)
            if card is not None and card["scores"][score]["verdict"] == verdict:
                disputes.raise_one(session, row, Source.PANEL, now=now, by="agent-2", why=why)
                break
