"""What reviews suggest for each threshold, over a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from service.card_document import card_document
from service.reports.thresholds import TUNABLES, Suggestion, suggestions
from service.scoring.definitions import VERDICTS
from service.scoring.score import Policy, Score, Scorecard
from service.store import conversations, reviews
from service.store.database import Database
from service.store.installations import NewInstallation, add
from service.store.models import Installation
from service.store.results import save_cards

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def installation(database: Database) -> Iterator[Installation]:
    new = NewInstallation(
        connector="zendesk", account="acme", base_url="https://x", secrets=b"", prefix="dm__", id="i1"
    )
    with database.begin() as session:
        row = add(session, new, now=NOW)
        session.expunge(row)
    yield row


def store(database: Database, installation: Installation, name: str, score: Score, said: str, **more: Any) -> None:
    """A conversation whose `name` is `score`, and what a reviewer says of it."""
    number = more.pop("number")
    blank = {each: Score(None) for each in VERDICTS}
    card = Scorecard("zendesk", "acme", str(number), 1, {**blank, name: score})
    with database.begin() as session:
        row_id = conversations.announce(session, installation, str(number), at=NOW, now=NOW)
        save_cards(session, row_id, [card_document(card)], now=NOW)
        given = reviews.Said("i1", row_id, 1, name, said, "r1", NOW, **{"drawn": "random", "source": "queue", **more})
        reviews.save(session, [given])


def asked(database: Database, key: str) -> Suggestion:
    with database.read() as session:
        found = suggestions(session, "i1", Policy())
    return next(each for each in found if key in each.present)


@pytest.mark.parametrize(
    ("name", "key", "scores", "suggested"),
    [
        # A same issue at 0.5 that Deskmark does not see as a return.
        ("repeat_contact", "same_issue_threshold",
         [(Score("not_returned", 0.5, details={}), "returned"), (Score("not_returned", 0.3), "not_returned")],
         {"same_issue_threshold": 0.5}),
        # Questions at 0.5 are re-asks here; at 0.2 they are none.
        ("context_repeat", "repeated_context_threshold",
         [(Score("unclear", details={"candidates": [{"message": "m", "probability": 0.48}]}), "repeated"),
          (Score("preserved", details={"candidates": [{"message": "m", "probability": 0.2}]}), "preserved")],
         {"repeated_context_threshold": 0.45}),
        ("resolution_confidence", "high_confidence",
         [(Score("medium", 0.75), "high"), (Score("medium", 0.6), "medium")],
         {"low_confidence": 0.5, "high_confidence": 0.7}),
        # What is wrong has a confidence of 0.75, what is right of 0.95.
        ("containment", "review_confidence",
         [(Score("likely", 0.5, 0.75), "unresolved"), (Score("likely", 0.5, 0.95), "likely")],
         {"review_confidence": 0.8}),
    ],
)  # fmt: skip
def test_each_threshold(
    database: Database, installation: Installation, name: str, key: str, scores: Any, suggested: dict[str, float]
) -> None:
    for number in range(44):
        score, said = scores[number % len(scores)]
        store(database, installation, name, score, said, number=number)
    found = asked(database, key)
    assert found.is_better
    assert dict(found.suggested) == suggested
    assert found.fit is not None
    assert (found.fit.n, found.fit.present.hits, found.fit.would.hits) == (44, 22, 44)
    assert found.recent == 44
    assert found.change == (0 if name == "resolution_confidence" else 22 if name != "repeat_contact" else 0)


def test_what_was_picked_for_a_reason_does_not_count(database: Database, installation: Installation) -> None:
    for number in range(44):
        drawn = "risky" if number % 2 else None
        store(database, installation, "effort", Score("low", 6.0), "high", number=number, drawn=drawn)
    found = asked(database, "high_effort")
    assert (found.n, found.fit, found.is_better) == (0, None, False)
    store(database, installation, "effort", Score("low", 6.0), "high", number=99, drawn=None, source="import")
    assert asked(database, "high_effort").n == 1


def test_scores_without_anything_to_decide_are_left_out(database: Database, installation: Installation) -> None:
    undecided = {
        "effort": Score("low"), "repeat_contact": Score("pending", 0.5), "context_repeat": Score("preserved"),
        "resolution_confidence": Score("low"),
    }  # fmt: skip
    for number, (name, score) in enumerate(undecided.items()):
        store(database, installation, name, score, (VERDICTS[name] or ("",))[-1], number=number)
    with database.read() as session:
        found = suggestions(session, "i1", Policy())
    assert [each.n for each in found[: len(TUNABLES)]] == [0, 0, 0, 0]
