"""Opinions of reviewers: kept once, set against Deskmark's verdicts and against one another."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from service.figures.agreement import agreement
from service.store import conversations, results, reviews
from service.store.database import Database
from service.store.models import Installation
from service.store.reviews import Said

MINUTE = timedelta(minutes=1)


def card(verdict: str | None, definitions: str = "2", episode: int = 1) -> dict[str, Any]:
    return {"episode": episode, "definitions": definitions, "scores": {"effort": {"verdict": verdict}}}


@pytest.fixture
def said(database: Database, installation: Installation, now: datetime) -> Said:
    """An opinion on a conversation whose effort was scored as high."""
    with database.begin() as session:
        key = conversations.announce(session, installation, "4711", at=now, now=now)
        results.save_cards(session, key, [card("medium"), card("high", episode=2)], now=now)
        results.save_cards(session, key, [card("low", "1")], now=now)
    return Said("i1", key, 2, "effort", "high", "r1", now)


def found(database: Database, now: datetime, **more: Any) -> tuple[Any, Any]:
    with database.read() as session:
        asked = {"since": now - MINUTE, "until": now + MINUTE}
        theirs = reviews.between_reviewers(session, **asked)
        return dict(reviews.against_deskmark(session, **asked, **more)), dict(theirs)


def test_opinions_are_set_against_the_verdict_of_the_same_episode_and_version(
    database: Database, said: Said, now: datetime
) -> None:
    first = replace(said, episode=1)
    with database.begin() as session:
        reviews.save(session, [said, first, replace(said, reviewer="r2", verdict="low"), replace(said, score="intent")])
    ours, theirs = found(database, now)
    assert ours == {("effort", "high", "high"): 1, ("effort", "medium", "high"): 1, ("effort", "high", "low"): 1}
    assert theirs == {("effort", "high", "low"): 1}
    assert found(database, now, definitions="1")[0] == {("effort", "low", "high"): 1}
    assert found(database, now, installation_ids=["i2"])[0] == {}
    assert found(database, now + 2 * MINUTE) == ({}, {})
    assert agreement({(one, other): n for (_, one, other), n in ours.items()}).rate.hits == 1


def test_a_later_opinion_replaces_an_earlier_one_and_never_the_other_way(
    database: Database, said: Said, now: datetime
) -> None:
    for verdict, at in (("low", now), ("high", now - MINUTE / 2), ("medium", now + MINUTE / 2)):
        with database.begin() as session:
            reviews.save(session, [replace(said, verdict=verdict, at=at)])
        kept = {"low": "low", "high": "low", "medium": "medium"}[verdict]
        assert found(database, now)[0] == {("effort", "high", kept): 1}


def test_the_latest_episode(database: Database, said: Said) -> None:
    with database.read() as session:
        assert reviews.latest_episode(session, said.conversation_id) == 2
        assert reviews.latest_episode(session, "unknown") is None


def test_dropped_opinions_are_gone(database: Database, said: Said, now: datetime) -> None:
    with database.begin() as session:
        reviews.save(session, [said])
        reviews.drop(session, said.conversation_id)
    assert found(database, now) == ({}, {})
