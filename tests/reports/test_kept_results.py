"""What came out of the same counts is not computed again, and a change of the counts shows at once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from fact_samples import fact
from kept_facts import Kept

from service.figures.catalogue import figure
from service.figures.results import Value
from service.reports.figures import Question, answers
from service.reports.sources import Stored
from service.scoring.score import DEFINITIONS
from service.store.database import Database

DAY = date(2026, 3, 2)


def containment(kept: Kept) -> tuple[Value, ...]:
    """The figure of one day, asked for anew."""
    with kept.database.read() as session:
        source = Stored(session, DEFINITIONS, kept.ids, datetime(2026, 3, 3, tzinfo=UTC), least=1)
        question = Question(DAY, DAY + timedelta(days=1), figures=(figure("containment"),))
        return answers(question, source)[0].cells[0].values


def test_results_are_those_of_the_counts(database: Database) -> None:
    kept = Kept(database)
    kept.save(kept.judged(0, [fact(0, day=DAY.isoformat(), containment="likely")]))
    once, again = containment(kept), containment(kept)
    assert once == again
    kept.save(kept.judged(1, [fact(1, day=DAY.isoformat(), containment="returned")]))
    more = containment(kept)
    assert more[0].n == once[0].n + 1
    kept.recount()
    assert containment(kept) == more
