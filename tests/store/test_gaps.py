"""Knowledge gaps and improvements in the store: told twice is once, merged groups keep everything."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from alembic import command
from sqlalchemy import select
from sqlalchemy.orm import Session

from service.figures.fact import Fact
from service.scoring.score import DEFINITIONS
from service.store import conversations, facts, forgetting, gaps, improvements
from service.store.database import Database, alembic_config, migrate
from service.store.gap_central import Central, central
from service.store.gap_models import Audience, GapMessage, ImprovementKind
from service.store.gaps import Assignment, Question
from service.store.models import Conversation, Installation

HOUR = timedelta(hours=1)


@pytest.fixture
def stored(database: Database, installation: Installation, now: datetime) -> list[str]:
    """Three conversations that were read."""
    with database.begin() as session:
        ids = [conversations.announce(session, installation, name, at=now, now=now) for name in ("1", "2", "3")]
        for row_id in ids:
            session.get_one(Conversation, row_id).document = {"id": row_id}
    return ids


def question(at: datetime, message: str = "m0", *, negative: bool = False, episode: int = 1) -> Question:
    return Question(episode, message, "negative_feedback" if negative else "no_answer", negative, at)


def grouped(session: Session, ids: list[str], now: datetime, names: tuple[int, ...] = (7, 7, 7)) -> None:
    for number, row_id in enumerate(ids):
        gaps.keep_questions(session, "i1", row_id, [question(now + number * HOUR, negative=number == 0)])
    assigned = [Assignment(row_id, 1, name) for row_id, name in zip(ids, names, strict=True)]
    labels = {name: f"group {name}" for name in names}
    gaps.save_groups(session, "i1", "{}", labels=labels, merged={}, assigned=assigned, now=now)


def test_questions_wait_for_a_group_and_keep_it(database: Database, stored: list[str], now: datetime) -> None:
    with database.begin() as session:
        for row_id in stored:
            gaps.keep_questions(session, "i1", row_id, [question(now)])
            gaps.keep_questions(session, "i1", row_id, [question(now)])
        assert len(gaps.ungrouped(session, "i1", limit=10)) == 3
        assert len(gaps.ungrouped(session, "i1", limit=2)) == 2
        assert gaps.groups(session, "i1", lock=True) is None
        grouped(session, stored, now)
        assert gaps.ungrouped(session, "i1", limit=10) == []
        assert gaps.groups(session, "i1") == "{}"
        gaps.keep_questions(session, "i1", stored[0], [question(now, negative=True)])
        assert gaps.ungrouped(session, "i1", limit=10) == []
        (gap,) = gaps.listed(session, installation_ids=["i1"])
        assert (gap.messages, gap.facts.asked.negative if gap.facts.asked else None) == (3, now)
        assert gap.examples == [stored[2], stored[1], stored[0]]
        assert gap.reasons == {"no_answer": 2, "negative_feedback": 1}


def test_another_question_is_grouped_anew(database: Database, stored: list[str], now: datetime) -> None:
    with database.begin() as session:
        grouped(session, stored, now)
        gaps.keep_questions(session, "i1", stored[0], [question(now, "m4"), question(now, "m9", episode=2)])
        assert [(each.message, each.episode) for each in gaps.ungrouped(session, "i1", limit=10)] == [
            ("m4", 1),
            ("m9", 2),
        ]
        gaps.keep_questions(session, "i1", stored[0], [])
        assert gaps.ungrouped(session, "i1", limit=10) == []
        assert gaps.listed(session)[0].messages == 2


def test_forgetting_keeps_what_is_counted(database: Database, stored: list[str], now: datetime) -> None:
    with database.begin() as session:
        grouped(session, stored[:2], now, (7, 7))
        gaps.keep_questions(session, "i1", stored[2], [question(now)])
        for row_id in stored:
            gaps.forget_questions(session, [row_id])
        assert gaps.listed(session)[0].messages == 2
        assert session.query(GapMessage).count() == 2


def test_a_conversation_without_its_text_cannot_be_grouped(
    database: Database, stored: list[str], now: datetime
) -> None:
    with database.begin() as session:
        gaps.keep_questions(session, "i1", stored[0], [question(now)])
        forgetting.drop_texts(session, stored[0], now=now)
        assert gaps.ungrouped(session, "i1", limit=10) == []


def test_merged_groups_keep_everything(database: Database, stored: list[str], now: datetime) -> None:
    with database.begin() as session:
        grouped(session, stored, now, (7, 7, 8))
        first, second = gaps.listed(session)
        assert [gap.row.label for gap in (first, second)] == ["group 7", "group 8"]
        gaps.acknowledge(session, second.row.id, at=now, words="on it")
        other, answers = ImprovementKind.OTHER, [second.row.id]
        number = improvements.improved(session, "i1", other, "a hint", at=now, now=now, gaps=answers)
        gaps.save_groups(session, "i1", "{}", labels={}, merged={8: 7, 9: 7}, assigned=[], now=now)
        (only,) = gaps.listed(session)
        assert (only.messages, only.facts.acknowledged, only.facts.fixes) == (3, [now], [now])
        led = gaps.get(session, second.row.id)
        assert led is not None
        assert led.row.id == first.row.id
        assert improvements.listed(session)[0][1] == [first.row.id]
        assert improvements.listed(session, "other") == []
        assert number == improvements.listed(session, "i1")[0][0].id
        assert gaps.get(session, 999) is None


def test_an_improvement_fixes_the_gaps_that_wait_for_it(database: Database, stored: list[str], now: datetime) -> None:
    with database.begin() as session:
        grouped(session, stored, now, (7, 7, 8))
        first, second = (gap.row.id for gap in gaps.listed(session))
        gaps.change(session, first, reference="article:77", audience=Audience.CONTENT)
        gaps.change(session, second, reference=None, audience=None)
        later = now + HOUR
        updated = ImprovementKind.ARTICLE_UPDATED
        told = {
            improvements.improved(session, "i1", updated, "article:77", at=later, now=later, title=title)
            for title in ("", "Late parcels", "")
        }
        assert len(told) == 1
        ((row, answered),) = improvements.listed(session, "i1")
        assert (row.title, answered) == ("Late parcels", [first])
        assert [gap.facts.fixes for gap in gaps.listed(session)] == [[later], []]
        gaps.change(session, second, reference="article:77", audience=None)
        assert [gap.facts.fixes for gap in gaps.listed(session)] == [[later], [later]]
        assert gaps.listed(session)[0].row.audience == "content"


def test_questions_know_the_dimensions_of_their_facts_also_of_before(
    database: Database, stored: list[str], now: datetime
) -> None:
    def dimensions() -> list[tuple[str | None, str | None]]:
        with database.read() as session:
            rows = session.scalars(select(GapMessage).order_by(GapMessage.at)).all()
            return [(row.channel, row.group) for row in rows]

    with database.begin() as session:
        grouped(session, stored[:2], now, (7, 7))
        for row_id, gap in zip(stored, ("gap", "none", "gap"), strict=True):
            fact = Fact(helpdesk="zendesk", account="acme", conversation=row_id, episode=1, definitions=DEFINITIONS,
                        day=now.date().isoformat(), bot_took_part=True, gap=gap, channel="web",
                        group="Care")  # fmt: skip
            facts.save(session, [facts.Judged(row_id, "i1", DEFINITIONS, [fact], now.date())], now=now)
    assert dimensions() == [("web", "Care"), (None, None)], "only of what is a gap"
    with database.engine.begin() as connection:
        command.downgrade(alembic_config(connection), "0023")
    migrate(database.url)
    assert dimensions() == [("web", "Care"), ("web", "Care")]


def test_the_best_fitting_question_that_is_stored_speaks_for_a_gap(
    database: Database, stored: list[str], now: datetime
) -> None:
    with database.begin() as session:
        grouped(session, stored, now)
        (gap,) = gaps.listed(session)
        for row_id, fit in zip(stored, (0.2, 0.9, 0.0), strict=True):
            session.get_one(GapMessage, (row_id, 1)).fit = fit
        session.flush()
        assert central(session, []) == {}
        assert central(session, [gap.row.id, 999]) == {
            gap.row.id: Central(gap.row.id, stored[1], "m0", {"id": stored[1]})
        }
        for row_id, following in ((stored[1], stored[0]), (stored[0], stored[2])):
            session.get_one(Conversation, row_id).document = None
            session.flush()
            assert central(session, [gap.row.id])[gap.row.id].conversation == following
        session.get_one(Conversation, stored[2]).document = None
        session.flush()
        assert central(session, [gap.row.id]) == {}
